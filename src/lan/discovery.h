// The client's side of multicast DNS: asks every link once for one name, from a port of
// its own, and listens to nothing else.
#pragma once

#include "net/asio.h"

#include <chrono>
#include <string>
#include <vector>

namespace tasuki::lan {

// Where the service of that name seems to be: addresses of neighbours only, the first
// answer's first, those of several answers in turn. Empty: nobody answered in time. Takes
// a moment longer than the first answer, at most `limit`. Anybody on the link can answer:
// this is where to knock, never who is there. Does not throw; can be cancelled.
asio::awaitable<std::vector<tcp::endpoint>> discover(std::string name,
                                                     std::chrono::milliseconds limit);

}  // namespace tasuki::lan
