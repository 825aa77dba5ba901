// The program as a whole: from main's words to its exit status.
#pragma once

#include "cli/command.h"
#include "cli/console.h"

namespace tasuki::cli {

// Runs what the words say; whatever goes wrong has been told when this returns.
Exit run(const std::vector<std::string>& words, Console& console);

// What a process has to be before any of it: no SIGPIPE, files for this user alone.
void prepare_process();

}  // namespace tasuki::cli
