#include "cli/parse.h"

#include "cli/catalogue.h"

// CLI11 wants its parts in this order.
// clang-format off
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
// clang-format on
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <map>

namespace tasuki::cli {
namespace {

using Path = std::vector<const Command*>;

// CLI11 splits the words into commands, options and operands. What is allowed, and
// what to say when something is not, is decided here: CLI11 speaks English only.
struct Level {
  CLI::App* app = nullptr;
  std::vector<std::pair<const Option*, CLI::Option*>> options, operands;
  CLI::Option* help = nullptr;
  CLI::Option* version = nullptr;
};
using Levels = std::map<const Command*, Level>;

CLI::Option* declare(CLI::App& app, const Option& option) {
  if (option.is_switch()) return app.add_flag(option.name);
  CLI::Option* const declared = app.add_option_function<std::vector<std::string>>(
      option.name, [](const std::vector<std::string>&) {});
  declared->type_size(1)->expected(1)->allow_extra_args(false)->multi_option_policy(
      CLI::MultiOptionPolicy::TakeAll);
  return declared;
}

void declare(CLI::App& app, const Path& path, Levels& levels) {
  const Command& command = *path.back();
  Level& level = levels[&command];
  level.app = &app;
  app.set_help_flag();
  app.allow_extras();
  app.require_subcommand(0,
                         1);  // or an operand that is called like a command would be taken for one
  level.help = app.add_flag("-h,--help");
  if (path.size() == 1) level.version = app.add_flag("-V,--version");
  // An option of a group is understood before and after the command's own name.
  for (const Command* each : path)
    for (const Option& option : each->options)
      level.options.emplace_back(&option, declare(app, option));
  for (const Command& each : command.commands) {
    Path below = path;
    below.push_back(&each);
    declare(*app.add_subcommand(each.name), below, levels);
  }
}

std::vector<std::string> option_names(const Path& path) {
  std::vector<std::string> names{"--help"};
  if (path.size() == 1) names.push_back("--version");
  for (const Command* each : path)
    for (const Option& option : each->options) names.push_back(option.name);
  return names;
}

Filling help_place(const Path& path) {
  return place("help", full_name(path) + " --help");
}

[[noreturn]] void refuse_option(const Path& path, const std::string& typed) {
  const std::string name = typed.substr(0, typed.find('='));
  const auto names = option_names(path);
  const std::string meant = nearest(name, names);
  if (meant.empty())
    throw UsageError(fill(say::unknown_option_at_all, {place("option", name), help_place(path)}));
  throw UsageError(
      fill(say::unknown_option, {place("option", name), place("meant", meant), help_place(path)}));
}

[[noreturn]] void refuse_command(const Path& path, const std::string& typed) {
  std::vector<std::string> names;
  for (const Command& each : path.back()->commands)
    if (!each.hidden) names.push_back(each.name);
  const std::string meant = nearest(typed, names);
  if (meant.empty())
    throw UsageError(fill(say::unknown_command_at_all, {place("word", typed), help_place(path)}));
  throw UsageError(
      fill(say::unknown_command, {place("word", typed), place("meant", meant), help_place(path)}));
}

void take(const Path& path, const Option& option, const std::string& typed) {
  const auto fault = option.take(typed);
  if (!fault) return;
  // A proxy's URL may hold a password: it is not repeated.
  const bool secret = option.name == "--proxy";
  throw UsageError(fill(say::bad_value, {place("option", option.name),
                                         place("typed", secret ? "…" : typed),
                                         {"fault", *fault},
                                         help_place(path)}));
}

void take_option(const Path& path, const Option& option, const std::vector<std::string>& typed,
                 const std::vector<std::string>& words) {
  if (option.is_switch()) {
    // CLI11 would take --json=no for --json.
    for (const std::string& word : words)
      if (word.starts_with(option.name + "="))
        throw UsageError(fill(say::switch_with_value, {place("option", option.name)}));
    take(path, option, {});
    return;
  }
  if (typed.size() > 1 && !option.many)
    throw UsageError(fill(say::given_twice, {place("option", option.name)}));
  const auto names = option_names(path);
  for (const std::string& each : typed) {
    if (std::find(names.begin(), names.end(), each) != names.end())
      throw UsageError(
          fill(say::missing_value, {place("option", option.name), place("value", option.value)}));
    take(path, option, each);
  }
}

void take_operands(const Path& path, const std::vector<std::string>& typed) {
  const Command& command = *path.back();
  std::size_t next = 0;
  for (const Option& operand : command.operands) {
    if (next == typed.size() && operand.needed)
      throw UsageError(
          fill(say::missing_operand,
               {place("operand", operand.name),
                {"usage", {usage(path, Language::english), usage(path, Language::japanese)}},
                help_place(path)}));
    const std::size_t end = operand.many ? typed.size() : std::min(next + 1, typed.size());
    for (; next < end; ++next) take(path, operand, typed[next]);
  }
  if (next < typed.size())
    throw UsageError(fill(say::too_many_operands, {place("word", typed[next]), help_place(path)}));
}

bool is_option(const std::string& word) {
  return word.size() > 1 && word.front() == '-';
}

// The option at the end of the line that still wants a value.
[[noreturn]] void refuse_end(const Path& path, const std::vector<std::string>& words) {
  for (const Command* each : path)
    for (const Option& option : each->options)
      if (!words.empty() && option.name == words.back() && !option.is_switch())
        throw UsageError(
            fill(say::missing_value, {place("option", option.name), place("value", option.value)}));
  throw UsageError(fill(say::bad_command_line, {help_place(path)}));
}

Path parsed_path(const Command& program, const Levels& levels) {
  Path path{&program};
  while (true) {
    const auto below = levels.at(path.back()).app->get_subcommands();
    if (below.empty()) return path;
    for (const Command& each : path.back()->commands)
      if (levels.at(&each).app == below.front()) {
        path.push_back(&each);
        break;
      }
  }
}

}  // namespace

Parsed parse(const Command& program, const std::vector<std::string>& given) {
  CLI::App app(program.name);
  Levels levels;
  declare(app, {&program}, levels);

  // What follows "--" is nobody's option.
  const auto bar = std::find(given.begin(), given.end(), "--");
  std::vector<std::string> words(given.begin(), bar);
  std::vector<std::string> rest(bar == given.end() ? bar : bar + 1, given.end());

  bool cut_short = false;
  try {
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    app.parse(reversed);
  } catch (const CLI::ParseError&) {
    cut_short = true;  // an option at the end without its value
  }

  Parsed parsed;
  parsed.path = parsed_path(program, levels);
  const Path& path = parsed.path;
  const Level& level = levels.at(path.back());
  for (const Command* each : path) parsed.wants_help |= levels.at(each).help->count() > 0;
  parsed.wants_version = level.version && level.version->count() > 0;
  if (parsed.wants_help || parsed.wants_version) return parsed;
  if (cut_short) refuse_end(path, words);

  std::vector<std::string> operands;
  for (const std::string& word : app.remaining(true)) {
    if (is_option(word)) refuse_option(path, word);
    operands.push_back(word);
  }
  if (!path.back()->commands.empty() && !operands.empty()) refuse_command(path, operands.front());
  if (!path.back()->run) return parsed;

  if (path.back()->take_rest)
    path.back()->take_rest(std::move(rest));
  else
    operands.insert(operands.end(), rest.begin(), rest.end());
  take_operands(path, operands);
  for (const Command* each : path)
    for (const Option& option : each->options) {
      std::vector<std::string> typed;
      bool seen = false;
      for (const Command* at : path)
        for (const auto& [declared, found] : levels.at(at).options)
          if (declared == &option && found->count() > 0) {
            seen = true;
            typed.insert(typed.end(), found->results().begin(), found->results().end());
          }
      if (seen)
        take_option(path, option, typed, words);
      else if (option.needed)
        throw UsageError(
            fill(say::missing_option,
                 {place("option", option.name + " " + option.value), help_place(path)}));
    }
  return parsed;
}

std::string full_name(const std::vector<const Command*>& path) {
  std::string name;
  for (const Command* each : path) name += (name.empty() ? "" : " ") + each->name;
  return name;
}

std::string usage(const std::vector<const Command*>& path, Language language) {
  const Command& command = *path.back();
  std::string line = full_name(path);
  if (!command.commands.empty())
    return line + (language == Language::japanese ? " コマンド …" : " COMMAND …");
  for (const Option& operand : command.operands) {
    const std::string name = operand.name + (operand.many ? "..." : "");
    line += operand.needed ? " " + name : " [" + name + "]";
  }
  bool more = false;
  for (const Command* each : path)
    for (const Option& option : each->options) {
      if (option.needed)
        line += " " + option.name + " " + option.value;
      else
        more = true;
    }
  if (more) line += language == Language::japanese ? " [オプション]" : " [options]";
  if (!command.rest.empty()) line += " [-- " + command.rest + "]";
  return line;
}

std::string nearest(const std::string& typed, const std::vector<std::string>& known) {
  if (typed.size() > 64) return {};
  // Edits between the typed word and a known one, a swap of two neighbours being one.
  const auto edits = [&](const std::string& other) {
    std::vector<std::vector<std::size_t>> cost(typed.size() + 1,
                                               std::vector<std::size_t>(other.size() + 1));
    for (std::size_t i = 0; i <= typed.size(); ++i)
      for (std::size_t j = 0; j <= other.size(); ++j) {
        std::size_t& here = cost[i][j];
        if (i == 0 || j == 0) {
          here = i + j;
          continue;
        }
        here = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                         cost[i - 1][j - 1] + (typed[i - 1] == other[j - 1] ? 0 : 1)});
        if (i > 1 && j > 1 && typed[i - 1] == other[j - 2] && typed[i - 2] == other[j - 1])
          here = std::min(here, cost[i - 2][j - 2] + 1);
      }
    return cost[typed.size()][other.size()];
  };
  std::string best;
  std::size_t least = std::max<std::size_t>(2, typed.size() / 3) + 1;
  for (const std::string& each : known) {
    // "--pass" for "--password-fd": begun, not finished
    const bool begun = typed.size() >= 3 && each.starts_with(typed);
    const std::size_t distance = begun ? 1 : edits(each);
    if (distance >= least) continue;
    least = distance;
    best = each;
  }
  return best;
}

}  // namespace tasuki::cli
