// Secrets from a person or another program: never from the command line.
#pragma once

#include "cli/console.h"
#include "cli/exit.h"
#include "crypto/secret.h"

#include <functional>
#include <optional>

namespace tasuki::cli {

// One line, from the terminal, without showing it. The terminal is as before when this
// returns or throws. nullopt: nothing but Ctrl-D. Throws Interrupted on Ctrl-C, SIGTERM
// and SIGHUP; Trouble when standard input is not a terminal.
std::optional<crypto::Secret> ask_secret(Console& console, const Words& prompt);

// The same, shown while it is typed: a user's name.
std::optional<std::string> ask_line(Console& console, const Words& prompt);

// The first line that a file descriptor gives. `option` is how the person named it.
crypto::Secret read_secret_line(int descriptor, const std::string& option);

// A new password: from the descriptor if one is given, else asked for twice. `fault`
// says what is wrong with one; a person may then try another.
using PasswordFault = std::function<std::optional<Words>(const crypto::Secret&)>;
crypto::Secret new_password(Console& console, const std::optional<int>& descriptor,
                            const std::string& computer, const PasswordFault& fault);

}  // namespace tasuki::cli
