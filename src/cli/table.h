// Columns for people: aligned by what a terminal shows, where a Japanese character
// takes two places.
#pragma once

#include "config/words.h"

#include <string>
#include <string_view>
#include <vector>

namespace tasuki::cli {

using config::Language;
using config::Words;

// Places that a terminal uses for the text (UTF-8).
std::size_t display_width(std::string_view utf8);

// The beginning of the text that a line's end should not part: a word, or a Japanese
// character with the closing marks behind it. The text has no blank in front.
std::string_view first_piece(std::string_view utf8);

// Lines of at most `width` places, `indent` blanks before each but the first. Breaks
// at blanks, and beside Japanese characters except before a closing mark. "\n" stays.
std::string wrap(std::string_view utf8, std::size_t width, std::size_t indent);

class Table {
public:
  explicit Table(std::vector<Words> head) : head_(std::move(head)) {}

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  std::string text(Language language) const;  // with a line end after each row

private:
  std::vector<Words> head_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace tasuki::cli
