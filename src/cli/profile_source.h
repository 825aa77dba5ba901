// A profile as a person names it: a file, a link, or "-" for standard input, since a
// link on the command line can be seen by others on this machine.
#pragma once

#include "config/profile.h"

namespace tasuki::cli {

// "-" becomes what standard input says; anything else stays as it is.
std::string profile_source(const std::string& named);

// The text behind it, and what it says. Throws Trouble when it is not a sound profile.
struct ProfileText {
  std::string text;
  config::Profile profile;
};
ProfileText read_profile(const std::string& named);

}  // namespace tasuki::cli
