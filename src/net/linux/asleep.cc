#include "net/linux/asleep.h"

#include <ctime>

namespace tasuki::net {

std::chrono::seconds time_asleep() noexcept {
  timespec with{}, without{};
  ::clock_gettime(CLOCK_MONOTONIC, &without);
  ::clock_gettime(CLOCK_BOOTTIME, &with);
  return std::chrono::seconds(with.tv_sec - without.tv_sec);
}

}  // namespace tasuki::net
