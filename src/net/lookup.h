// The addresses of a host. A part of reach.
#pragma once

#include "net/address.h"
#include "net/asio.h"

#include <chrono>
#include <vector>

namespace tasuki::net {

// In the order in which the system would try them (RFC 6724); at least one.
// Throws ReachError.
asio::awaitable<std::vector<tcp::endpoint>> look_up(const Address& address,
                                                    std::chrono::steady_clock::time_point until);

}  // namespace tasuki::net
