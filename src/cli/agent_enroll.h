// tasuki agent enroll: profile, Computer ID, password, and the gateway's consent.
#pragma once

#include "cli/console.h"
#include "cli/exit.h"
#include "control/names.h"

#include <filesystem>
#include <optional>

namespace tasuki::cli {

struct Enrolment {
  std::string profile;  // a file, a link, or "-"
  control::ComputerId computer;
  std::filesystem::path state;  // absolute
  std::optional<int> password_fd;
  bool weak_password = false;
  std::string proxy;
};

Exit enroll(const Enrolment& asked, Console& console);

}  // namespace tasuki::cli
