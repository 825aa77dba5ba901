// A message in both languages, with places to be filled: "no answer from {host}".
// One whose languages differ in their places, or lack a language, does not compile.
#pragma once

#include "config/words.h"

#include <initializer_list>
#include <string_view>
#include <utility>

namespace tasuki::cli {

using config::Language;
using config::Words;

namespace places {

// The next "{name}" from `at` on, name only; moves `at` behind it. Empty: none left.
constexpr std::string_view next(std::string_view text, std::size_t& at) {
  const std::size_t open = text.find('{', at);
  const std::size_t close = open == text.npos ? text.npos : text.find('}', open);
  if (close == text.npos) {
    at = text.size();
    return {};
  }
  at = close + 1;
  return text.substr(open + 1, close - open - 1);
}

constexpr bool has(std::string_view text, std::string_view name) {
  for (std::size_t at = 0; at < text.size();)
    if (next(text, at) == name) return true;
  return false;
}

constexpr bool covers(std::string_view all, std::string_view some) {
  for (std::size_t at = 0; at < some.size();)
    if (const auto name = next(some, at); !name.empty() && !has(all, name)) return false;
  return true;
}

constexpr bool same(std::string_view en, std::string_view ja) {
  return covers(en, ja) && covers(ja, en);
}

}  // namespace places

struct Message {
  consteval Message(const char* english, const char* japanese) : en(english), ja(japanese) {
    if (en.empty() || ja.empty()) throw "a language is missing";
    if (!places::same(en, ja)) throw "the languages have different places";
  }
  std::string_view en, ja;
};

using Filling = std::pair<std::string_view, Words>;
inline Filling place(std::string_view name, std::string value) {
  return {name, {value, value}};
}

// Values are put in as they are: a brace in one is not a place.
Words fill(const Message& message, std::initializer_list<Filling> values = {});

}  // namespace tasuki::cli
