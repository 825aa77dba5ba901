// How long this machine has been suspended since it was started: what the monotonic
// clock, by which all time limits go, does not count.
#pragma once

#include <chrono>

namespace tasuki::net {

std::chrono::seconds time_asleep() noexcept;

}  // namespace tasuki::net
