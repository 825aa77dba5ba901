#include "cli/markdown.h"

#include "cli/parse.h"

namespace tasuki::cli {
namespace {

using Path = std::vector<const Command*>;

void arguments(std::string& out, const std::vector<Option>& list) {
  for (const Option& each : list)
    out += "- `" + each.name +
           (each.name.starts_with("--") && !each.is_switch() ? " " + each.value : "") +
           (each.many ? "...`" : "`") + ": " + each.about.en + "\n";
}

void section(std::string& out, const Path& path) {
  const Command& command = *path.back();
  if (command.hidden) return;
  out += "\n" + std::string(path.size(), '#') + " " + full_name(path) + "\n\n";
  out += command.about.en + (command.more.en.empty() ? "" : " " + command.more.en) + "\n";
  if (command.commands.empty()) out += "\n    " + usage(path, Language::english) + "\n";
  if (!command.operands.empty() || !command.options.empty()) out += "\n";
  arguments(out, command.operands);
  arguments(out, command.options);
  if (!command.examples.empty()) out += "\n";
  for (const Example& each : command.examples)
    out += "    # " + each.about.en + "\n    " + each.line + "\n";
  for (const Command& each : command.commands) {
    Path below = path;
    below.push_back(&each);
    section(out, below);
  }
}

}  // namespace

std::string markdown(const Command& program) {
  std::string out =
      "# The commands\n\n"
      "Made by `tasuki docs markdown`; not for editing.\n\n"
      "Secrets never stand on the command line. `--password-fd N` and `--key-fd N` read "
      "one line from a file descriptor; `TASUKI_PROXY_PASSWORD` holds a proxy's "
      "password.\n\n"
      "| Exit status | Meaning |\n|---|---|\n";
  for (const ExitRow& row : exit_rows())
    out += "| " + std::to_string(int(row.exit)) + " | " + row.meaning.en + " |\n";
  for (const Command& each : program.commands) section(out, Path{&program, &each});
  return out;
}

}  // namespace tasuki::cli
