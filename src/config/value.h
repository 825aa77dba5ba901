// A TOML file as plain values that know where in the file they stand. Keeps the
// parser in use (toml++, slow to compile) out of every header.
#pragma once

#include "config/words.h"

#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tasuki::config {

// Lines and columns count from 1; 0 is the file as a whole.
struct Place {
  unsigned line = 0;
  unsigned column = 0;
  auto operator<=>(const Place&) const = default;
};

struct Entry;

struct Value {
  struct Other {};  // dates and times: nothing of ours has that type
  using List = std::vector<Value>;
  using Entries = std::vector<Entry>;

  std::string key;  // the way to it: "limits.allow[2]"
  Place place;
  std::variant<Other, bool, std::int64_t, double, std::string, List, Entries> content;
};

struct Entry {
  std::string name;
  Place place;  // of the name; the value has its own
  Value value;
};

// One thing that is wrong in a file, for the person who wrote it.
struct Mistake {
  std::filesystem::path file;
  Place place;
  std::string key;  // empty: none in particular
  Words message;    // what is wrong and what would be right

  // "gateway.toml:12:5: limits.frame_seconds: must be from 1 to 60, not 900"
  std::string text(Language language) const;
};

// Collects mistakes, so that a person sees all of them at once.
class Report {
public:
  // `top_level`: the names that belong above the first [section] of this file.
  explicit Report(std::filesystem::path file, std::vector<std::string> top_level = {})
      : file_(std::move(file)), top_level_(std::move(top_level)) {}

  void mistake(const Value& at, Words message) { add(at.place, at.key, std::move(message)); }
  void add(Place place, std::string key, Words message);
  bool at_top_level(const std::string& name) const;
  std::vector<Mistake> take() &&;  // in the file's order

private:
  std::filesystem::path file_;
  std::vector<std::string> top_level_;
  std::vector<Mistake> mistakes_;
};

// The file's entries. A syntax error is reported, and there are then no entries:
// TOML's grammar does not allow to go on behind one.
std::optional<Value::Entries> parse_toml(std::string_view text, Report& report);

std::string toml_string(std::string_view text);  // quoted and escaped

}  // namespace tasuki::config
