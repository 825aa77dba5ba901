// What a client may reach through this agent, and how it is reached.
#pragma once

#include "agent/config.h"
#include "inner/messages.h"
#include "net/asio.h"
#include "net/stream.h"

#include <variant>

namespace tasuki::agent {

// An open connection to a target.
struct Reached {
  std::unique_ptr<net::PlainStream> stream;
  inner::TargetKind kind = inner::TargetKind::tcp;
};

// `asked` is a name of the configuration's, or `desktop` where it names no targets
// (the local VNC or RDP port, whichever is found first), or "host:port" that the
// forwarding rules allow. The reason for a refusal otherwise.
asio::awaitable<std::variant<Reached, inner::ChannelError>> reach_target(const AgentConfig& config,
                                                                         std::string asked);

}  // namespace tasuki::agent
