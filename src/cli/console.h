// Where a command speaks to a person: results on standard output, everything else
// on standard error, in the person's language.
#pragma once

#include "cli/message.h"
#include "cli/table.h"

#include <functional>
#include <iosfwd>

namespace tasuki::cli {

// The language that the environment asks for: LC_ALL, else LC_MESSAGES, else LANG.
// Japanese in an encoding other than UTF-8 could not be read: English then.
Language choose_language(const std::function<const char*(const char*)>& variable);

// What a command is about, for the words of whatever goes wrong. Filled in on the way.
struct Circumstances {
  std::string computer;  // the Computer ID
  std::string profile;   // as --profile would name it; empty: not needed
  std::string target;
  std::string state;        // directory
  bool at_agent = false;    // we are the agent, not the client
  bool in_session = false;  // the gateway has let us through to the computer
};

class Console {
public:
  struct Terminals {
    bool in = false, out = false, err = false;
    std::size_t columns = 80;
  };
  Console(Language language, Terminals terminals, std::ostream& out, std::ostream& err)
      : language_(language), terminals_(terminals), out_(out), err_(err) {}
  // This process's own.
  static Console standard();

  Language language() const { return language_; }
  const Terminals& terminals() const { return terminals_; }
  Circumstances about;

  void say(const Words& line);        // a result
  void print(std::string_view text);  // the same, as it is
  void show(const Table& table);
  void note(const Words& line);  // beside the result
  void warn(const Words& line);  // "tasuki: warning: …"
  void fail(const Words& line);  // "tasuki: …"

  void ask(const Words& prompt);  // no line end; the answer follows

  // A line that stays until the next call of anything here. Terminals only.
  void progress(const Words& line);
  void progress_over();

private:
  void err_line(const std::string& line);

  Language language_;
  Terminals terminals_;
  std::ostream& out_;
  std::ostream& err_;
  bool progress_shown_ = false;
};

}  // namespace tasuki::cli
