// How the program ends. Scripts rely on these numbers; docs/COMMANDS.md lists them.
#pragma once

#include "config/words.h"

#include <span>
#include <stdexcept>

namespace tasuki::cli {

using config::Language;
using config::Words;

enum class Exit : int {
  done = 0,
  failure = 1,        // something that nobody foresaw, or this machine's own trouble
  usage = 2,          // the command line is wrong
  configuration = 3,  // a configuration file, profile or state directory is wrong
  not_reached = 4,    // no way to the gateway: network, proxy
  refused = 5,        // the gateway does not want us
  unavailable = 6,    // the Computer ID is not there for us
  password = 7,       // wrong, missing, or locked out
  identity = 8,       // somebody is not who it was before
  viewer = 9,         // none, or it failed
  target = 10,        // the agent does not open it
  broken = 11,        // the session ended in a way that it should not
  interrupted = 130,  // Ctrl-C, or a signal to end
};

// Every one of them with what it means, for the documentation.
struct ExitRow {
  Exit exit;
  Words meaning;
};
std::span<const ExitRow> exit_rows();

// A command cannot go on: for what the commands themselves find out.
struct Trouble : std::runtime_error {
  Trouble(Exit how, Words why) : std::runtime_error(why.en), exit(how), words(std::move(why)) {}
  Exit exit;
  Words words;
};

// A person or the system asked us to stop.
struct Interrupted : std::runtime_error {
  explicit Interrupted(int number) : std::runtime_error("interrupted"), signal(number) {}
  int signal;
};

}  // namespace tasuki::cli
