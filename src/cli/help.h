// What --help says, and the short reminder for who says nothing.
#pragma once

#include "cli/command.h"

namespace tasuki::cli {

// For who has said only half a command: what could follow.
std::string brief_help(const std::vector<const Command*>& path, Language language,
                       std::size_t columns);

std::string help(const std::vector<const Command*>& path, Language language, std::size_t columns);

}  // namespace tasuki::cli
