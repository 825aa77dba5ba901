// A connection through an HTTP or SOCKS5 proxy. A part of reach.
#pragma once

#include "net/reach.h"

namespace tasuki::net {

// Throws ReachError. When it is cancelled or destroyed, nothing is left running.
asio::awaitable<tcp::socket> connect_through(const Proxy& proxy, const Address& to,
                                             std::chrono::steady_clock::time_point until);

}  // namespace tasuki::net
