// All that the commands say when something happens, both languages side by side.
// (What commands and options are good for stands with them, in *_command.cc.)
//
// A message of trouble says what happened, and then what to do about it.
#pragma once

#include "cli/message.h"

#include <span>

namespace tasuki::cli {

namespace say {
#define SAY(name, en, ja) inline constexpr Message name{en, ja};
#include "cli/catalogue_network.inc"
#include "cli/catalogue_results.inc"
#include "cli/catalogue_trouble.inc"
#undef SAY
}  // namespace say

struct Named {
  std::string_view name;
  Message message;
};
std::span<const Named> all_messages();
std::span<const Named> trouble_messages();

}  // namespace tasuki::cli
