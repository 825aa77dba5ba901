// One way to an agent, as far as the first byte that the agent itself reads.
#pragma once

#include "control/names.h"
#include "net/stream.h"
#include "peer/door.h"

namespace tasuki::client {

struct Approach {
  net::StreamPtr stream;
  ByteString arrived;  // read already, behind the gateway's last word
  std::string way;     // the gateway's address
};

// Through this gateway. Throws what peer::enter() throws, control::RefusedByGateway
// among it: Refusal::unavailable when the agent is not to be had there.
// The gateway gives the agent 15 seconds to come; `pairing` is a little more.
asio::awaitable<Approach> approach(const peer::Door& door, net::Address gateway,
                                   control::ComputerId computer, peer::Patience patience = {},
                                   std::chrono::seconds pairing = std::chrono::seconds(20));

// Through the first of the profile's gateways where the agent is. Throws the failure
// that says most: that it is nowhere available, rather than that a gateway refused us,
// rather than that one was not reached.
asio::awaitable<Approach> approach(const peer::Door& door, control::ComputerId computer);

}  // namespace tasuki::client
