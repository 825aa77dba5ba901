// The templates of config/forms.h. Include that one.
#pragma once

#include "config/forms.h"

namespace tasuki::config {

namespace forms {
// Report that the value is not of its form, and quote what stands there.
void refuse(const Value& value, const Words& type, Report& report);
const std::string* text_of(const Value& value);  // nullptr: not text
Words one_of(const std::vector<std::string>& words);
Words list_type(const Words& each, std::size_t least, std::size_t most);
}  // namespace forms

template <typename T>
Form<T> parsed(Words type) {
  return {.type = type,
          .read =
              [type](const Value& from, T& to, Report& report) {
                const std::string* const text = forms::text_of(from);
                std::optional<T> value = text ? T::parse(*text) : std::nullopt;
                if (value)
                  to = std::move(*value);
                else
                  forms::refuse(from, type, report);
              },
          .print = [](const T& value) { return toml_string(value.text()); }};
}

template <typename E>
Form<E> choice(std::initializer_list<std::pair<std::string, E>> words) {
  const std::vector<std::pair<std::string, E>> table(words);
  std::vector<std::string> names;
  for (const auto& [name, value] : table) names.push_back(name);
  const Words type = forms::one_of(names);
  return {.type = type,
          .read =
              [table, type](const Value& from, E& to, Report& report) {
                const std::string* const text = forms::text_of(from);
                for (const auto& [name, value] : table) {
                  if (!text || *text != name) continue;
                  to = value;
                  return;
                }
                forms::refuse(from, type, report);
              },
          .print =
              [table](const E& value) {
                for (const auto& [name, each] : table)
                  if (each == value) return toml_string(name);
                return toml_string("");
              }};
}

template <typename T>
Form<std::vector<T>> list_of(Form<T> each, std::size_t most, std::size_t least) {
  const Words type = forms::list_type(each.type, least, most);
  return {.type = type,
          .read =
              [=](const Value& from, std::vector<T>& to, Report& report) {
                const auto* const list = std::get_if<Value::List>(&from.content);
                if (!list || list->size() > most || list->size() < least)
                  return forms::refuse(from, type, report);
                to.clear();
                for (const Value& value : *list) each.read(value, to.emplace_back(), report);
              },
          .print =
              [each](const std::vector<T>& values) {
                std::string text;
                for (const T& value : values)
                  text += (text.empty() ? "" : ", ") + each.print(value);
                return "[" + text + "]";
              }};
}

}  // namespace tasuki::config
