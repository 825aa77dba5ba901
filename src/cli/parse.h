// From the words of a command line to the command that is meant, with its options
// taken. The only file that knows CLI11 is parse.cc.
#pragma once

#include "cli/command.h"

namespace tasuki::cli {

// The command line is wrong; the words name the cause and the cure.
struct UsageError : std::runtime_error {
  explicit UsageError(Words why) : std::runtime_error(why.en), words(std::move(why)) {}
  Words words;
};

struct Parsed {
  std::vector<const Command*> path;  // from the program to the command that is meant
  bool wants_help = false;
  bool wants_version = false;

  const Command& command() const { return *path.back(); }
};

// The tree must outlive the answer.
Parsed parse(const Command& program, const std::vector<std::string>& words);

// "tasuki admin key add"
std::string full_name(const std::vector<const Command*>& path);

// "tasuki connect ID [options] [-- VIEWER ARGUMENTS]"
std::string usage(const std::vector<const Command*>& path, Language language);

// The one that was most likely meant; empty: none comes near.
std::string nearest(const std::string& typed, const std::vector<std::string>& known);

}  // namespace tasuki::cli
