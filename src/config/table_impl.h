// The templates of config/table.h. Include that one.
#pragma once

#include "config/table.h"

#include <algorithm>
#include <utility>

namespace tasuki::config {

template <typename T>
template <typename M>
Table<T>& Table<T>::field(std::string name, M T::*member, Form<M> form, Words about, bool needed) {
  Slot slot;
  slot.name = std::move(name);
  slot.explained = {about.en + " " + table::sentence(form.type.en), about.ja + form.type.ja + "。"};
  slot.needed = needed;
  slot.read = [member, read = form.read](const Value& from, T& to, Report& report) {
    read(from, to.*member, report);
  };
  slot.print = [member, print = form.print](const T& value) { return print(value.*member); };
  slot.document = [member, form, about, needed](const std::string& key, const T& defaults) {
    return std::vector<Row>{
        {key, form.type, needed ? std::string() : form.print(defaults.*member), about}};
  };
  slots_.push_back(std::move(slot));
  return *this;
}

template <typename T>
template <typename S>
Table<T>& Table<T>::section(std::string name, S T::*member, Table<S> fields, Words about) {
  Slot slot;
  slot.name = std::move(name);
  slot.below = fields.names();
  slot.read = [member, fields](const Value& from, T& to, Report& report) {
    fields.read(from, to.*member, report);
  };
  slot.document = [member, fields](const std::string& key, const T& defaults) {
    return fields.document(defaults.*member, key);
  };
  slot.print_section = [member, fields, about](std::string& out, const std::string& key,
                                               const T& value, const T& defaults,
                                               Language language) {
    out += "\n" + table::comment(about.in(language)) + "[" + key + "]\n";
    fields.print_into(out, key, value.*member, defaults.*member, language);
  };
  slots_.push_back(std::move(slot));
  return *this;
}

template <typename T>
template <typename S>
Table<T>& Table<T>::each(std::string name, std::map<std::string, S> T::*member, Table<S> fields,
                         Words about) {
  Slot slot;
  slot.name = std::move(name);
  slot.read = [member, fields](const Value& from, T& to, Report& report) {
    const Value::Entries* const entries = table::section_entries(from, report);
    if (!entries) return;
    for (const Entry& entry : *entries) {
      if (!table::acceptable_name(entry.name)) table::bad_name(entry, report);
      fields.read(entry.value, (to.*member)[entry.name], report);
    }
  };
  slot.document = [fields](const std::string& key, const T&) {
    return fields.document(S{}, key + ".NAME");
  };
  slot.print_section = [member, fields, about](std::string& out, const std::string& key,
                                               const T& value, const T&, Language language) {
    out += "\n" + table::comment(about.in(language));
    out += table::example(key + ".NAME", fields.document(S{}), language);
    for (const auto& [chosen, each] : value.*member) {
      const std::string section = table::join(key, chosen);
      out += "\n[" + section + "]\n";
      fields.print_into(out, section, each, S{}, language);
    }
  };
  slots_.push_back(std::move(slot));
  return *this;
}

template <typename T>
Loaded<T> Table<T>::parse(std::string_view text, const std::filesystem::path& file,
                          const T& defaults) const {
  Report report(file, names());
  Loaded<T> loaded{.value = defaults, .mistakes = {}, .warnings = {}};
  Value whole;
  if (auto entries = parse_toml(text, report)) {
    if (!role_.empty()) table::check_role(*entries, role_, report);
    whole.content = std::move(*entries);
    read(whole, loaded.value, report);
  }
  loaded.mistakes = std::move(report).take();
  return loaded;
}

template <typename T>
Loaded<T> Table<T>::load(const std::filesystem::path& file, const T& defaults) const {
  Report report(file);
  const std::optional<std::string> text = table::read_config(file, report);
  if (!text) return {.value = defaults, .mistakes = std::move(report).take(), .warnings = {}};
  return parse(*text, file, defaults);
}

template <typename T>
void Table<T>::read(const Value& section, T& to, Report& report) const {
  const Value::Entries* const entries = table::section_entries(section, report);
  if (!entries) return;
  std::vector<bool> seen(slots_.size(), false);
  for (const Entry& entry : *entries) {
    const auto slot = std::find_if(slots_.begin(), slots_.end(),
                                   [&](const Slot& each) { return each.name == entry.name; });
    if (slot != slots_.end()) {
      seen[std::size_t(slot - slots_.begin())] = true;
      slot->read(entry.value, to, report);
    } else if (role_.empty() || entry.name != "role") {
      std::vector<table::Known> known;
      for (const Slot& each : slots_) known.push_back({each.name, each.below});
      table::unknown_key(entry, known, report);
    }
  }
  for (std::size_t i = 0; i < slots_.size(); ++i)
    if (slots_[i].needed && !seen[i]) table::missing_key(section, slots_[i].name, report);
}

template <typename T>
std::vector<Row> Table<T>::document(const T& defaults, const std::string& section) const {
  std::vector<Row> rows;
  if (!role_.empty()) rows.push_back(table::role_row(role_));
  for (const Slot& slot : slots_) {
    std::vector<Row> more = slot.document(table::join(section, slot.name), defaults);
    std::move(more.begin(), more.end(), std::back_inserter(rows));
  }
  return rows;
}

template <typename T>
std::string Table<T>::print(const T& value, Language language, const T& defaults) const {
  std::string out;
  if (!role_.empty()) out += "role = " + toml_string(role_) + "\n";
  print_into(out, "", value, defaults, language);
  return out;
}

template <typename T>
void Table<T>::print_into(std::string& out, const std::string& section, const T& value,
                          const T& defaults, Language language) const {
  // Plain keys first: in TOML, what follows a [section] belongs to it.
  for (const Slot& slot : slots_) {
    if (!slot.print) continue;
    const std::string text = slot.print(value);
    const bool standard = !slot.needed && text == slot.print(defaults);
    out += "\n" + table::comment(slot.explained.in(language));
    out += (standard ? "# " : "") + slot.name + " = " + text + "\n";
  }
  for (const Slot& slot : slots_)
    if (slot.print_section)
      slot.print_section(out, table::join(section, slot.name), value, defaults, language);
}

template <typename T>
std::vector<std::string> Table<T>::names() const {
  std::vector<std::string> names;
  for (const Slot& slot : slots_) names.push_back(slot.name);
  return names;
}

}  // namespace tasuki::config
