#include "config/check.h"

namespace tasuki::config {
namespace {

// `"gateway", "agent" or "client"`
std::string roles_of(std::span<const Kind> kinds, const std::string& last_joint) {
  std::string text;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (i > 0) text += i + 1 < kinds.size() ? ", " : last_joint;
    text += "\"" + kinds[i].role + "\"";
  }
  return text;
}

}  // namespace

Findings check_file(const std::filesystem::path& file, std::span<const Kind> kinds) {
  Report report(file);
  Findings findings;
  const auto text = table::read_config(file, report);
  const auto entries = text ? parse_toml(*text, report) : std::nullopt;
  if (!entries) {
    findings.mistakes = std::move(report).take();
    return findings;
  }

  const Words cure{"make role = " + roles_of(kinds, " or ") + " the first line",
                   "最初の行に role = " + roles_of(kinds, " または ") + " と書いてください"};
  const Entry* role = nullptr;
  for (const Entry& entry : *entries)
    if (entry.name == "role") role = &entry;
  if (!role) {
    report.add({1, 1}, "role", {"is missing; " + cure.en, "がありません。" + cure.ja});
  } else {
    const auto* const name = std::get_if<std::string>(&role->value.content);
    for (const Kind& kind : kinds)
      if (name && *name == kind.role) return kind.check(file);
    report.mistake(role->value, {"there is no such role; " + cure.en,
                                 "そのような role はありません。" + cure.ja});
  }
  findings.mistakes = std::move(report).take();
  return findings;
}

}  // namespace tasuki::config
