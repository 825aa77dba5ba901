// A command as data: its name, what it takes, what it is good for, what it does.
// Everything that knows the command line is made from the one tree of these: the
// parser, --help, man pages, completions, docs/COMMANDS.md and their tests.
#pragma once

#include "cli/exit.h"
#include "config/words.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tasuki::cli {

class Console;

// What a shell may offer while an argument is typed.
enum class Offers { nothing, files, directories, profiles, computers, labels };

// "--state DIR", or an operand: "ID".
struct Option {
  std::string name{};   // "--state"; of an operand: "ID"
  std::string value{};  // "DIR"; empty: a switch
  Words about{};
  bool needed = false;
  bool many = false;  // may be given several times
  Offers offers = Offers::nothing;
  // Takes what was typed; says what is wrong with it. A switch is given nothing.
  std::function<std::optional<Words>(const std::string& typed)> take{};

  bool is_switch() const { return value.empty(); }
};

struct Example {
  std::string line;
  Words about;
};

struct Command {
  std::string name{};
  Words about{};  // one line
  Words more{};   // a paragraph or two, "\n\n" between them; may be empty
  std::vector<Option> operands{}, options{};
  std::vector<Example> examples{};
  std::vector<Command> commands{};  // of a command that only groups others
  std::function<Exit(Console& console)> run{};
  // What may follow "--", if anything.
  std::string rest{};
  std::function<void(std::vector<std::string>)> take_rest{};
  bool hidden = false;
};

// The whole program.
Command program();

// Its parts, one file each.
Command gateway_command();
Command agent_command();
Command admin_command();
Command connect_command();
Command forward_command();
Command list_command();
Command status_command();
Command profile_command();
Command pin_command();
Command check_command();
Command docs_command();

}  // namespace tasuki::cli
