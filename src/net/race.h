// One connection to a host that has several addresses. A part of reach.
#pragma once

#include "net/asio.h"

#include <chrono>
#include <vector>

namespace tasuki::net {

// Takes the families in turn, the first one's first, each in its own order.
std::vector<tcp::endpoint> alternate_families(const std::vector<tcp::endpoint>& endpoints);

// Connects to the endpoints in this order, each with a head start over the next
// (RFC 8305, section 5), and keeps the first that answers. Throws system_error:
// the most telling of the failures, or timed_out.
asio::awaitable<tcp::socket> race(std::vector<tcp::endpoint> endpoints,
                                  std::chrono::steady_clock::time_point until);

}  // namespace tasuki::net
