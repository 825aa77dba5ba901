// The whole tree of commands, and what a person who types something gets to see.
#pragma once

#include "cli/program.h"

#include <sstream>

namespace tasuki::cli::test {

using Path = std::vector<const Command*>;

inline void walk(const Path& path, const std::function<void(const Path&)>& visit) {
  visit(path);
  for (const Command& each : path.back()->commands) {
    Path below = path;
    below.push_back(&each);
    walk(below, visit);
  }
}

struct Seen {
  Exit exit = Exit::done;
  std::string out, err;
};

inline Seen type(const std::vector<std::string>& words, Language language = Language::english) {
  std::ostringstream out, err;
  Console console(language, {}, out, err);
  const Exit exit = run(words, console);
  return {exit, out.str(), err.str()};
}

}  // namespace tasuki::cli::test
