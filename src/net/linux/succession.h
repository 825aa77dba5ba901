// A program that another one takes the place of, without closing its listening sockets:
// they go from one process to the next, in the manner of systemd's socket activation
// (sd_listen_fds(3)), and newcomers wait in the kernel meanwhile.
//
//   predecessor                            successor
//   how_we_were_started()
//   start_successor(…)  ─── descriptors ──▶  take_inherited()
//         ◀──────────── channel ────────────▶
#pragma once

#include "net/descriptor.h"

#include <sys/types.h>
#include <optional>
#include <string>
#include <vector>

namespace tasuki::net {

// What whoever started us hands over: systemd, or our predecessor. To be taken once, at the
// start; no program that we start sees any of it.
struct Inherited {
  std::vector<Descriptor> listeners;
  std::optional<Descriptor> channel;  // to the predecessor
};
Inherited take_inherited();

// A command line that starts this program again, by the path that it was started by: there
// may be another program by then. To be asked at the start, before anybody replaces it.
struct CommandLine {
  std::string program;  // an absolute path
  std::vector<std::string> words;
};
CommandLine how_we_were_started();

// A process that we started in our place. It outlives us.
class Successor {
public:
  // Its standard streams, environment and directory are ours; of our descriptors it has
  // the listeners, and one end of the channel, and nothing else. Throws
  // std::system_error when the program cannot be started.
  Successor(const CommandLine& command, const std::vector<int>& listeners);

  // A socket that keeps messages apart (SOCK_SEQPACKET).
  Descriptor take_channel() { return std::move(channel_); }
  pid_t pid() const { return pid_; }

  // Its exit status, or 128 and the number of the signal that ended it; nullopt: it runs.
  std::optional<int> ended();
  int end();  // at once, if it still runs

  struct Pair {
    Descriptor ours, theirs;
  };

private:
  Successor(const CommandLine& command, const std::vector<int>& listeners, Pair channel);
  std::optional<int> reap(bool wait);

  Descriptor channel_;
  pid_t pid_ = -1;
  std::optional<int> status_;
};

}  // namespace tasuki::net
