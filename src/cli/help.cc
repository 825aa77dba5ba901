#include "cli/help.h"

#include "cli/catalogue.h"
#include "cli/parse.h"
#include "cli/table.h"

#include <algorithm>

namespace tasuki::cli {
namespace {

const Words usage_title{"Usage:", "使い方:"};
const Words commands_title{"Commands:", "コマンド:"};
const Words operands_title{"Arguments:", "引数:"};
const Words options_title{"Options:", "オプション:"};
const Words examples_title{"Examples:", "例:"};
const Words exits_title{"Exit status:", "終了コード:"};
const Words help_about{"Show this help.", "この説明を表示します。"};
const Words version_about{"Show the version.", "バージョンを表示します。"};

using Line = std::pair<std::string, std::string>;  // what to type, what it is

std::string list(const std::string& title, const std::vector<Line>& lines, std::size_t columns) {
  if (lines.empty()) return {};
  std::size_t width = 0;
  for (const Line& line : lines) width = std::max(width, display_width(line.first));
  width = std::min<std::size_t>(width, 24);
  std::string out = "\n" + title + "\n";
  for (const auto& [typed, about] : lines) {
    out += "  " + typed;
    const std::size_t used = display_width(typed);
    if (used > width)
      out += "\n" + std::string(width + 4, ' ');
    else
      out.append(width - used + 2, ' ');
    out += wrap(about, columns, width + 4) + "\n";
  }
  return out;
}

std::vector<Line> commands(const std::vector<const Command*>& path, Language language) {
  std::vector<Line> lines;
  for (const Command& each : path.back()->commands)
    if (!each.hidden) lines.emplace_back(each.name, each.about.in(language));
  return lines;
}

std::string options(const std::vector<const Command*>& path, Language language,
                    std::size_t columns) {
  std::vector<Line> lines;
  for (auto each = path.rbegin(); each != path.rend(); ++each)
    for (const Option& option : (*each)->options)
      lines.emplace_back(option.name + (option.is_switch() ? "" : " " + option.value),
                         option.about.in(language));
  lines.emplace_back("-h, --help", help_about.in(language));
  if (path.size() == 1) lines.emplace_back("-V, --version", version_about.in(language));
  return list(options_title.in(language), lines, columns);
}

}  // namespace

std::string brief_help(const std::vector<const Command*>& path, Language language,
                       std::size_t columns) {
  std::string out = usage_title.in(language) + " " + usage(path, language) + "\n";
  out += list(commands_title.in(language), commands(path, language), columns);
  return out + "\n" +
         fill(say::usage_hint, {place("help", full_name(path) + " --help")}).in(language);
}

std::string help(const std::vector<const Command*>& path, Language language, std::size_t columns) {
  const Command& command = *path.back();
  std::string out = usage_title.in(language) + " " + usage(path, language) + "\n\n";
  out += wrap(command.about.in(language), columns, 0) + "\n";
  if (!command.more.en.empty()) out += "\n" + wrap(command.more.in(language), columns, 0) + "\n";

  out += list(commands_title.in(language), commands(path, language), columns);

  std::vector<Line> lines;
  for (const Option& operand : command.operands)
    lines.emplace_back(operand.name + (operand.many ? "..." : ""), operand.about.in(language));
  out += list(operands_title.in(language), lines, columns);
  out += options(path, language, columns);

  if (path.size() == 1) {
    lines.clear();
    for (const ExitRow& row : exit_rows())
      lines.emplace_back(std::to_string(int(row.exit)), row.meaning.in(language));
    out += list(exits_title.in(language), lines, columns);
  }
  if (!command.examples.empty()) out += "\n" + examples_title.in(language) + "\n";
  for (const Example& example : command.examples)
    out += "  " + example.line + "\n      " + wrap(example.about.in(language), columns, 6) + "\n";
  return out;
}

}  // namespace tasuki::cli
