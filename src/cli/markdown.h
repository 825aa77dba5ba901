// docs/COMMANDS.md, made from the commands.
#pragma once

#include "cli/command.h"

namespace tasuki::cli {

std::string markdown(const Command& program);

}  // namespace tasuki::cli
