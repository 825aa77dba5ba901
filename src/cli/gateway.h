// The commands of "tasuki gateway" that have a file of their own.
#pragma once

#include "cli/command.h"

namespace tasuki::cli {

Command gateway_run_command();
Command gateway_upgrade_command();

}  // namespace tasuki::cli
