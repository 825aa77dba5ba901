// Which way to take to an agent at the start of a session: through a gateway or directly,
// both tried at once.
#pragma once

#include "client/direct.h"

namespace tasuki::client {

// The agent is known by its pin: whichever way is there first. It is not: the gateway
// decides who is meant, and a direct way is taken only when there is no way through a
// gateway, or none for three seconds: whoever answers on a LAN could otherwise make the
// right password look wrong. Throws what went wrong with the gateways (client.h).
asio::awaitable<Sealed> find_way(std::shared_ptr<const peer::Door> door,
                                 control::ComputerId computer, DirectWays direct,
                                 inner::ClientEnd::Whom whom, inner::ClientEnd::Self self);

}  // namespace tasuki::client
