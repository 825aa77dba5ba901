// `tasuki connect`: a desktop in the viewer that is found on this machine.
#pragma once

#include "client/client.h"
#include "client/config.h"

namespace tasuki::client {

// No program on this machine shows that kind of desktop.
struct NoViewer : std::runtime_error {
  NoViewer(inner::TargetKind what, std::vector<std::string> tried_programs);
  inner::TargetKind kind;
  std::vector<std::string> tried;
};
using peer::ChannelRefused;

struct DesktopRequest {
  std::string target = "desktop";
  std::string viewer;                  // a program's name or path; empty: the one that is found
  std::vector<std::string> arguments;  // for the viewer, in addition
  std::function<void(const std::string& command_line)> started;
};

// Opens the target, starts the viewer on a loopback port that only this user and one
// connection can use, and returns the viewer's exit status when it ends. Throws
// NoViewer, ChannelRefused, and what the session throws.
asio::awaitable<int> show_desktop(ClientSession& session, const Viewers& viewers,
                                  DesktopRequest request);

}  // namespace tasuki::client
