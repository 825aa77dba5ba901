// What --help says, and the short reminder for who says nothing.
#pragma once

#include "cli/command.h"

namespace tasuki::cli {

std::string help(const std::vector<const Command*>& path, Language language, std::size_t columns);


}  // namespace tasuki::cli
