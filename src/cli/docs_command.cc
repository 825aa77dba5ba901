#include "cli/command.h"
namespace tasuki::cli { Command docs_command() { return Command{.name="docs", .hidden=true}; } }
