// Completions for shells, made from the commands. What only this machine knows
// (profiles, Computer IDs, key labels) the shell asks of "tasuki docs words".
#pragma once

#include "cli/command.h"

namespace tasuki::cli {

std::string bash_completion(const Command& program);
std::string zsh_completion(const Command& program);
std::string fish_completion(const Command& program);

}  // namespace tasuki::cli
