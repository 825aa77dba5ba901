// A configuration is one struct, and one table of its fields. The table parses a
// file, checks it, prints it, and is what the documentation is made from:
//
//   struct Limits { std::chrono::seconds frame{5}; unsigned sessions = 32; };
//
//   Table<Limits> limits_table() {
//     return Table<Limits>()
//         .field("frame_seconds", &Limits::frame, seconds(1, 60), {"a frame …", "…"})
//         .field("sessions", &Limits::sessions, whole(1, 1024), {"…", "…"});
//   }
//
// All mistakes in a file are found in one go; a key that no field has is one.
// What may stand for a field's value (whole, text, choice, …) is in config/forms.h.
#pragma once

#include "config/value.h"

#include <functional>
#include <map>
#include <optional>

namespace tasuki::config {

// How one kind of value is read, written and described.
template <typename M>
struct Form {
  Words type;  // for the documentation: "whole number, 5 to 3600"
  std::function<void(const Value& from, M& to, Report& report)> read;
  std::function<std::string(const M&)> print;  // as TOML
};

// A line of the documentation.
struct Row {
  std::string key;  // "limits.frame_seconds", "targets.NAME.address"
  Words type;
  std::string standard;  // the default as TOML; empty: the key is required
  Words about;
};

template <typename T>
struct Loaded {
  T value{};                      // to be used only if there are no mistakes
  std::vector<Mistake> mistakes;  // in the file's order
  std::vector<Mistake> warnings;  // worth saying, no reason to stop

  bool ok() const { return mistakes.empty(); }
};

// What tables of all structs have in common; see table.cc.
namespace table {
struct Known {
  std::string name;                // at this level
  std::vector<std::string> below;  // the names inside, if it is a section
};
void check_role(const Value::Entries& entries, const std::string& role, Report& report);
Row role_row(const std::string& role);
void unknown_key(const Entry& entry, const std::vector<Known>& known, Report& report);
void missing_key(const Value& section, const std::string& name, Report& report);
const Value::Entries* section_entries(const Value& value, Report& report);
bool acceptable_name(const std::string& name);  // 1 to 31 of [A-Za-z0-9_-]
void bad_name(const Entry& entry, Report& report);
std::string sentence(std::string phrase);           // "a path" becomes "A path."
std::string comment(const std::string& sentences);  // as lines of at most 80 columns
std::string example(const std::string& section, const std::vector<Row>& rows, Language language);
std::string join(const std::string& section, const std::string& name);
std::optional<std::string> read_config(const std::filesystem::path& file, Report& report);
}  // namespace table

template <typename T>
class Table {
public:
  // A file of its own says whose it is in its first key: role = "gateway". A table
  // without a role is a section of another.
  explicit Table(std::string role = {}) : role_(std::move(role)) {}

  template <typename M>
  Table& field(std::string name, M T::*member, Form<M> form, Words about, bool needed = false);

  template <typename M>
  Table& required(std::string name, M T::*member, Form<M> form, Words about) {
    return field(std::move(name), member, std::move(form), std::move(about), true);
  }

  // A [section] of the file that is a struct of its own.
  template <typename S>
  Table& section(std::string name, S T::*member, Table<S> fields, Words about);

  // Sections whose names the person chooses: [targets.NAME].
  template <typename S>
  Table& each(std::string name, std::map<std::string, S> T::*member, Table<S> fields, Words about);

  // `defaults` is what holds for keys that the file leaves out.
  Loaded<T> parse(std::string_view text, const std::filesystem::path& file,
                  const T& defaults = T{}) const;
  Loaded<T> load(const std::filesystem::path& file, const T& defaults = T{}) const;

  // One row a field, for man pages.
  std::vector<Row> document(const T& defaults = T{}, const std::string& section = {}) const;

  // The file that says `value`: what differs from the defaults is set, the rest is
  // there as a comment, each with its explanation.
  std::string print(const T& value, Language language, const T& defaults = T{}) const;

  // For tables of tables.
  void read(const Value& section, T& to, Report& report) const;
  void print_into(std::string& out, const std::string& section, const T& value, const T& defaults,
                  Language language) const;
  std::vector<std::string> names() const;

private:
  struct Slot {
    std::string name;
    Words explained;  // a plain field's comment: what it is about, and its type
    bool needed = false;
    std::vector<std::string> below;
    std::function<void(const Value&, T&, Report&)> read;
    std::function<std::vector<Row>(const std::string& key, const T& defaults)> document;
    std::function<std::string(const T&)> print;  // a plain field's value; unset for sections
    std::function<void(std::string& out, const std::string& key, const T& value, const T& defaults,
                       Language language)>
        print_section;
  };

  std::string role_;
  std::vector<Slot> slots_;
};

}  // namespace tasuki::config

#include "config/table_impl.h"
