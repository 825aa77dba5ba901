#include "cli/times.h"

#include <ctime>

namespace tasuki::cli {

std::int64_t unix_now() {
  return std::int64_t(std::time(nullptr));
}

std::string local_time(std::int64_t unix_seconds) {
  const std::time_t when = unix_seconds;
  std::tm parts{};
  if (!::localtime_r(&when, &parts)) return "?";
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts));
}

}  // namespace tasuki::cli
