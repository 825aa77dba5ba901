#include "config/value.h"

#include <toml++/toml.h>

#include <algorithm>

namespace tasuki::config {
namespace {

Place place_of(const toml::source_region& region) {
  return {unsigned(region.begin.line), unsigned(region.begin.column)};
}

bool is_bare(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

std::string below(const std::string& section, std::string_view name) {
  const std::string written = is_bare(name) ? std::string(name) : toml_string(name);
  return section.empty() ? written : section + "." + written;
}

Value::Entries entries_of(const toml::table& table, const std::string& key);

Value value_of(const toml::node& node, std::string key) {
  Value value;
  value.place = place_of(node.source());
  if (const auto* table = node.as_table()) {
    value.content = entries_of(*table, key);
  } else if (const auto* array = node.as_array()) {
    Value::List list;
    for (const toml::node& each : *array)
      list.push_back(value_of(each, key + "[" + std::to_string(list.size()) + "]"));
    value.content = std::move(list);
  } else if (const auto* text = node.as_string()) {
    value.content = text->get();
  } else if (const auto* whole = node.as_integer()) {
    value.content = whole->get();
  } else if (const auto* real = node.as_floating_point()) {
    value.content = real->get();
  } else if (const auto* truth = node.as_boolean()) {
    value.content = truth->get();
  }
  value.key = std::move(key);
  return value;
}

Value::Entries entries_of(const toml::table& table, const std::string& key) {
  Value::Entries entries;
  for (const auto& [name, node] : table)
    entries.push_back(
        {std::string(name.str()), place_of(name.source()), value_of(node, below(key, name.str()))});
  return entries;
}

}  // namespace

std::optional<Value::Entries> parse_toml(std::string_view text, Report& report) {
  try {
    return entries_of(toml::parse(text), "");
  } catch (const toml::parse_error& error) {
    const std::string why(error.description());
    report.add(place_of(error.source()), "",
               {"this is not TOML: " + why, "TOML として読めません: " + why});
    return std::nullopt;
  }
}

void Report::add(Place place, std::string key, Words message) {
  mistakes_.push_back({file_, place, std::move(key), std::move(message)});
}

bool Report::at_top_level(const std::string& name) const {
  return std::find(top_level_.begin(), top_level_.end(), name) != top_level_.end();
}

std::vector<Mistake> Report::take() && {
  std::stable_sort(mistakes_.begin(), mistakes_.end(),
                   [](const Mistake& a, const Mistake& b) { return a.place < b.place; });
  return std::move(mistakes_);
}

std::string Mistake::text(Language language) const {
  std::string out = file.string();
  if (place.line) out += ":" + std::to_string(place.line);
  if (place.line && place.column) out += ":" + std::to_string(place.column);
  if (!key.empty()) out += ": " + key;
  return out + ": " + message.in(language);
}

std::string toml_string(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 0xf];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace tasuki::config
