// `tasuki forward`: local ports whose connections come out at the agent's side.
#pragma once

#include "client/client.h"

namespace tasuki::client {

// "[bind:]port:target". Bind is an IP address of this machine, 127.0.0.1 if left out,
// in brackets if IPv6. Port 0: any free one. Target: a name of the agent's, or host:port.
struct ForwardSpec {
  net::Address bind{"127.0.0.1", 0};
  std::string target;
  inner::Priority priority = inner::Priority::interactive;
  static std::optional<ForwardSpec> parse(std::string_view text);
  std::string text() const;
};

struct ForwardState {
  enum class Kind { listening, failed, opened, closed, refused };
  std::size_t index = 0;  // of the forward
  Kind kind = Kind::listening;
  std::string detail;  // listening: the local address; failed: why; refused: the reason's name
};

// Listens for all of them, each on its own: one that cannot is reported as failed and
// the others go on. Returns when the session ends or when none could listen. `changed`
// hears of every change.
asio::awaitable<void> run_forwards(ClientSession& session, std::vector<ForwardSpec> forwards,
                                   std::function<void(const ForwardState&)> changed);

}  // namespace tasuki::client
