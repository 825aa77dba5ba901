// What tables of all structs have in common: roles, unknown keys and what may have
// been meant by them, and the look of a printed file.
#include "config/table.h"

#include "config/files.h"

#include <numeric>

namespace tasuki::config::table {
namespace {

constexpr std::size_t largest_file = 1024 * 1024;  // bytes; ours have a few thousand
constexpr std::size_t columns = 80;

// How many slips of the finger (a letter too many, too few, wrong, or two swapped)
// lie between two names.
std::size_t slips(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before, last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t(0));
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t wrong = last[j - 1] + (a[i - 1] != b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, wrong});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[b.size()];
}

// The known key that was most likely meant; empty: none comes near.
std::string meant(const std::string& name, const std::vector<Known>& known) {
  if (name.size() > 64) return {};
  std::string best;
  std::size_t nearest = std::max<std::size_t>(1, name.size() / 3) + 1;
  const auto consider = [&](const std::string& candidate, const std::string& key) {
    const std::size_t distance = slips(name, candidate);
    if (distance >= nearest) return;
    nearest = distance;
    best = key;
  };
  for (const Known& each : known) {
    consider(each.name, each.name);
    for (const std::string& inner : each.below) consider(inner, each.name + "." + inner);
  }
  return best;
}

}  // namespace

void check_role(const Value::Entries& entries, const std::string& role, Report& report) {
  const auto entry = std::find_if(entries.begin(), entries.end(),
                                  [](const Entry& each) { return each.name == "role"; });
  const std::string right = "role = \"" + role + "\"";
  if (entry == entries.end())
    return report.add({1, 1}, "role",
                      {"is missing; make " + right + " the first line",
                       "がありません。最初の行に " + right + " と書いてください"});
  const auto* const text = std::get_if<std::string>(&entry->value.content);
  if (text && *text == role) return;
  report.mistake(entry->value, {"this file would have to say " + right,
                                "このファイルでは " + right + " でなければなりません"});
}

Row role_row(const std::string& role) {
  return {"role",
          {"\"" + role + "\"", "\"" + role + "\""},
          "",
          {"Says whose configuration this is.", "どのプログラムの設定かを示します。"}};
}

void unknown_key(const Entry& entry, const std::vector<Known>& known, Report& report) {
  Words message{"there is no such key", "そのような項目はありません"};
  if (entry.value.key != entry.name && report.at_top_level(entry.name)) {
    message.en += "; \"" + entry.name + "\" belongs above the first [section]";
    message.ja += "。" + entry.name + " は最初の [section] より上に書いてください";
  } else if (const std::string key = meant(entry.name, known); !key.empty()) {
    message.en += "; did you mean \"" + key + "\"?";
    message.ja += "。\"" + key + "\" の誤りではありませんか";
  }
  report.add(entry.place, entry.value.key, std::move(message));
}

void missing_key(const Value& section, const std::string& name, Report& report) {
  report.add(section.place, join(section.key, name), {"is missing", "がありません"});
}

const Value::Entries* section_entries(const Value& value, Report& report) {
  const auto* const entries = std::get_if<Value::Entries>(&value.content);
  if (!entries)
    report.mistake(value, {"must be a section: [" + value.key + "] on a line of its own",
                           "セクションでなければなりません: [" + value.key + "]"});
  return entries;
}

bool acceptable_name(const std::string& name) {
  return !name.empty() && name.size() <= 31 &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
             std::string::npos;
}

void bad_name(const Entry& entry, Report& report) {
  report.add(entry.place, entry.value.key,
             {"a name has 1 to 31 of the characters A-Z a-z 0-9 _ -",
              "名前は英数字と _ - の 1 ～ 31 文字です"});
}

std::string sentence(std::string phrase) {
  if (!phrase.empty() && phrase[0] >= 'a' && phrase[0] <= 'z')
    phrase[0] = char(phrase[0] - 'a' + 'A');
  return phrase + ".";
}

std::string comment(const std::string& sentences) {
  // Lines break at spaces, and beside any character that is not ASCII (Japanese
  // does not use spaces), but not before a mark that closes.
  std::string out, line = "#";
  std::size_t width = 1;
  const auto place = [&](const std::string& piece, std::size_t piece_width, bool spaced) {
    if (width > 1 && width + spaced + piece_width > columns) {
      out += line + "\n";
      line = "#";
      width = 1;
    }
    if (width == 1 || spaced) line += ' ', ++width;
    line += piece;
    width += piece_width;
  };
  bool spaced = false;
  for (std::size_t i = 0; i < sentences.size();) {
    if (sentences[i] == ' ') {
      spaced = true;
      ++i;
      continue;
    }
    const auto is_ascii = [&](std::size_t at) {
      return static_cast<unsigned char>(sentences[at]) < 0x80;
    };
    std::size_t end = i + 1;
    std::size_t piece_width = 1;
    if (is_ascii(i)) {
      while (end < sentences.size() && sentences[end] != ' ' && is_ascii(end)) ++end;
      piece_width = end - i;
    } else {
      const auto next = [&] {
        while (end < sentences.size() && (sentences[end] & 0xc0) == 0x80) ++end;
      };
      next();
      piece_width = 2;
      for (const std::string_view closing : {"。", "、", "）", "」"}) {
        if (sentences.compare(end, closing.size(), closing) != 0) continue;
        end += closing.size();
        piece_width += 2;
        break;
      }
    }
    place(sentences.substr(i, end - i), piece_width, spaced);
    spaced = false;
    i = end;
  }
  return out + line + "\n";
}

std::string example(const std::string& section, const std::vector<Row>& rows, Language language) {
  std::string out = "#\n#   [" + section + "]\n";
  for (const Row& row : rows) {
    out += "#   " + row.key + " = " + (row.standard.empty() ? "..." : row.standard);
    out += "   # " + row.type.in(language) + "\n";
  }
  return out;
}

std::string join(const std::string& section, const std::string& name) {
  return section.empty() ? name : section + "." + name;
}

std::optional<std::string> read_config(const std::filesystem::path& file, Report& report) {
  try {
    return read_file(file, largest_file);
  } catch (const FileError& error) {
    report.add({}, "", error.words);
    return std::nullopt;
  }
}

}  // namespace tasuki::config::table
