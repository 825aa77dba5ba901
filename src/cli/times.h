// Points in time as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace tasuki::cli {

std::int64_t unix_now();  // seconds since 1970
std::string local_time(
    std::int64_t unix_seconds);  // "2026-01-31 12:34", as this machine's clock shows

}  // namespace tasuki::cli
