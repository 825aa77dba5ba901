#include "cli/completion.h"

#include "cli/parse.h"

namespace tasuki::cli {
namespace {

using Path = std::vector<const Command*>;

// Every command that may be completed, each with the way to it.
void walk(const Path& path, const std::function<void(const Path&)>& visit) {
  visit(path);
  for (const Command& each : path.back()->commands) {
    if (each.hidden) continue;
    Path below = path;
    below.push_back(&each);
    walk(below, visit);
  }
}

std::vector<const Option*> options_of(const Path& path) {
  std::vector<const Option*> all;
  for (const Command* each : path)
    for (const Option& option : each->options) all.push_back(&option);
  return all;
}

// What "tasuki docs words" calls it; empty: the shell itself knows, or nobody does.
std::string asked_words(Offers offers) {
  switch (offers) {
    case Offers::profiles: return "profiles";
    case Offers::computers: return "computers";
    case Offers::labels: return "labels";
    default: return {};
  }
}

Offers operand_offers(const Command& command) {
  for (const Option& each : command.operands)
    if (each.offers != Offers::nothing) return each.offers;
  return Offers::nothing;
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& each : words) out += (out.empty() ? "" : " ") + each;
  return out;
}

// The ways below the program, as patterns of a shell's "case".
std::string ways(const Command& program, const char* joint) {
  std::string out;
  walk({&program}, [&](const Path& path) {
    if (path.size() > 1) out += (out.empty() ? "" : joint) + ("\"" + full_name(path) + "\"");
  });
  return out;
}

std::vector<std::string> first_words(const Path& path) {
  std::vector<std::string> words;
  for (const Command& each : path.back()->commands)
    if (!each.hidden) words.push_back(each.name);
  return words;
}

std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

const char* const asking =
    "_tasuki_words() {\n"
    "  timeout 2 tasuki docs words \"$1\" 2>/dev/null\n"
    "}\n\n";

// ── bash ────────────────────────────────────────────────────────────────────

std::string bash_offer(Offers offers) {
  if (const auto words = asked_words(offers); !words.empty())
    return "COMPREPLY=($(compgen -W \"$(_tasuki_words " + words + ")\" -- \"$current\"))";
  if (offers == Offers::files) return "COMPREPLY=($(compgen -f -- \"$current\"))";
  if (offers == Offers::directories) return "COMPREPLY=($(compgen -d -- \"$current\"))";
  return {};
}

std::string bash_cases(const Path& path) {
  std::string values;  // of options that take one
  std::vector<std::string> words = first_words(path);
  for (const Option* each : options_of(path)) {
    words.push_back(each->name);
    if (each->is_switch()) continue;
    const std::string offer = bash_offer(each->offers);
    values += "        " + each->name + ") " + (offer.empty() ? "" : offer + "; ") + "return ;;\n";
  }
  words.push_back("--help");
  if (path.size() == 1) words.insert(words.end(), {"--version", "help"});

  std::string out = "    \"" + full_name(path) + "\")\n";
  if (!values.empty()) out += "      case \"$previous\" in\n" + values + "      esac\n";
  const std::string offer = bash_offer(operand_offers(*path.back()));
  if (!offer.empty()) out += "      [[ $current == -* ]] || { " + offer + "; return; }\n";
  return out + "      words=\"" + join(words) + "\" ;;\n";
}

// ── zsh ─────────────────────────────────────────────────────────────────────

std::string zsh_offer(Offers offers) {
  if (const auto words = asked_words(offers); !words.empty())
    return "compadd -- ${(f)\"$(_tasuki_words " + words + ")\"}";
  if (offers == Offers::files) return "_files";
  if (offers == Offers::directories) return "_files -/";
  return {};
}

// "name:what it is" for _describe, where a colon parts the two.
std::string zsh_described(const std::string& name, const Words& about) {
  std::string plain;
  for (const char c : about.en) plain += c == ':' ? std::string("\\:") : std::string(1, c);
  return shell_quoted(name + ":" + plain);
}

std::string zsh_cases(const Path& path) {
  std::string values, words, commands;
  for (const Command& each : path.back()->commands)
    if (!each.hidden) commands += " " + zsh_described(each.name, each.about);
  for (const Option* each : options_of(path)) {
    words += " " + zsh_described(each->name, each->about);
    if (each->is_switch()) continue;
    const std::string offer = zsh_offer(each->offers);
    values += "        " + each->name + ") " + (offer.empty() ? "" : offer + "; ") + "return ;;\n";
  }
  words += " '--help:Show help.'";
  if (path.size() == 1) words += " '--version:Show the version.'";

  std::string out = "    \"" + full_name(path) + "\")\n";
  if (!values.empty()) out += "      case $previous in\n" + values + "      esac\n";
  const std::string offer = zsh_offer(operand_offers(*path.back()));
  if (!offer.empty()) out += "      [[ $PREFIX == -* ]] || { " + offer + "; return }\n";
  if (!commands.empty())
    out += "      described=(" + commands + " )\n      _describe command described\n";
  return out + "      described=(" + words + " )\n      _describe -o option described ;;\n";
}

// ── fish ────────────────────────────────────────────────────────────────────

std::string fish_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string fish_offer(Offers offers) {
  if (const auto words = asked_words(offers); !words.empty())
    return " -xa '(__tasuki_words " + words + ")'";
  if (offers == Offers::files) return " -rF";
  if (offers == Offers::directories) return " -xa '(__fish_complete_directories)'";
  return " -x";
}

std::string fish_lines(const Path& path) {
  const std::string start = "complete -c tasuki -n '__tasuki_at \"" + full_name(path) + "\"'";
  std::string out;
  for (const Command& each : path.back()->commands)
    if (!each.hidden)
      out += start + " -a " + each.name + " -d " + fish_quoted(each.about.en) + "\n";
  for (const Option* each : options_of(path))
    out += start + " -l " + each->name.substr(2) +
           (each->is_switch() ? "" : fish_offer(each->offers)) + " -d " +
           fish_quoted(each->about.en) + "\n";
  out += start + " -s h -l help -d 'Show help.'\n";
  if (path.size() == 1) out += start + " -s V -l version -d 'Show the version.'\n";
  const Offers offers = operand_offers(*path.back());
  if (const auto words = asked_words(offers); !words.empty())
    out += start + " -a '(__tasuki_words " + words + ")'\n";
  if (offers == Offers::files) out += start + " -F\n";
  return out;
}

}  // namespace

std::string bash_completion(const Command& program) {
  std::string cases;
  walk({&program}, [&](const Path& path) { cases += bash_cases(path); });
  return "# bash completion for tasuki; made by: tasuki docs bash\n\n" + std::string(asking) +
         "_tasuki() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  local at=tasuki words= i\n"
         "  COMPREPLY=()\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case \"$at ${COMP_WORDS[i]}\" in\n"
         "      " +
         ways(program, "|\\\n      ") +
         ")\n"
         "        at=\"$at ${COMP_WORDS[i]}\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$at\" in\n" +
         cases +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n\n"
         "complete -o filenames -F _tasuki tasuki\n";
}

std::string zsh_completion(const Command& program) {
  std::string cases;
  walk({&program}, [&](const Path& path) { cases += zsh_cases(path); });
  return "#compdef tasuki\n# zsh completion for tasuki; made by: tasuki docs zsh\n\n" +
         std::string(asking) +
         "_tasuki() {\n"
         "  local at=tasuki previous=${words[CURRENT-1]}\n"
         "  local -a described\n"
         "  integer i\n"
         "  for ((i = 2; i < CURRENT; i++)); do\n"
         "    case \"$at ${words[i]}\" in\n"
         "      " +
         ways(program, "|\\\n      ") +
         ")\n"
         "        at=\"$at ${words[i]}\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case $at in\n" +
         cases +
         "  esac\n"
         "}\n\n"
         "_tasuki \"$@\"\n";
}

std::string fish_completion(const Command& program) {
  std::string lines;
  walk({&program}, [&](const Path& path) { lines += fish_lines(path); });
  return "# fish completion for tasuki; made by: tasuki docs fish\n\n"
         "function __tasuki_words\n"
         "  timeout 2 tasuki docs words $argv[1] 2>/dev/null\n"
         "end\n\n"
         "function __tasuki_at\n"
         "  set -l at tasuki\n"
         "  for word in (commandline -opc)[2..-1]\n"
         "    switch \"$at $word\"\n"
         "      case " +
         ways(program, " ") +
         "\n"
         "        set at \"$at $word\"\n"
         "    end\n"
         "  end\n"
         "  test \"$at\" = $argv[1]\n"
         "end\n\n"
         "complete -c tasuki -f\n" +
         lines;
}

}  // namespace tasuki::cli
