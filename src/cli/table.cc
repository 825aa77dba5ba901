#include "cli/table.h"

#include <algorithm>

namespace tasuki::cli {
namespace {

struct Character {
  char32_t code = 0;
  std::size_t bytes = 1;
};

// Malformed text shows as one replacement mark a byte.
Character first_of(std::string_view utf8) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(utf8[i]); };
  const unsigned lead = byte(0);
  const std::size_t length = lead < 0x80       ? 1
                             : lead >> 5 == 6  ? 2
                             : lead >> 4 == 14 ? 3
                             : lead >> 3 == 30 ? 4
                                               : 0;
  if (length == 0 || length > utf8.size()) return {U'\ufffd', 1};
  if (length == 1) return {lead, 1};
  char32_t code = lead & (0x7f >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {U'\ufffd', 1};
    code = code << 6 | (byte(i) & 0x3f);
  }
  return {code, length};
}

struct Range {
  char32_t first, last;
};

bool within(char32_t code, std::initializer_list<Range> ranges) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const Range& r) { return code >= r.first && code <= r.last; });
}

// Unicode's East Asian Width (UAX #11): W and F. Blocks rather than single
// characters: what is unassigned in them is to be wide as well.
bool is_wide(char32_t code) {
  return within(code, {{0x1100, 0x115f},
                       {0x2e80, 0x303e},
                       {0x3041, 0x33ff},
                       {0x3400, 0x4dbf},
                       {0x4e00, 0x9fff},
                       {0xa000, 0xa4cf},
                       {0xa960, 0xa97f},
                       {0xac00, 0xd7a3},
                       {0xf900, 0xfaff},
                       {0xfe30, 0xfe6f},
                       {0xff01, 0xff60},
                       {0xffe0, 0xffe6},
                       {0x1f300, 0x1f64f},
                       {0x1f900, 0x1f9ff},
                       {0x20000, 0x3fffd}});
}

// Marks that sit on the character before them, and those that cannot be seen.
bool takes_no_place(char32_t code) {
  return code < 0x20 || within(code, {{0x7f, 0x9f},
                                      {0x300, 0x36f},
                                      {0x200b, 0x200f},
                                      {0x202a, 0x202e},
                                      {0x2060, 0x2064},
                                      {0x3099, 0x309a},
                                      {0xfe00, 0xfe0f},
                                      {0xfe20, 0xfe2f},
                                      {0xfeff, 0xfeff}});
}

std::size_t places(char32_t code) {
  return takes_no_place(code) ? 0 : is_wide(code) ? 2 : 1;
}

// A line does not begin with one of these.
bool closes(char32_t code) {
  return std::u32string_view(
             U"。、．，）」』】〉》！？・ー…ぁぃぅぇぉっゃゅょァィゥェォッャュョ)]}.,;:!?")
             .find(code) != std::u32string_view::npos;
}

bool opens(char32_t code) {
  return std::u32string_view(U"（「『【〈《([{").find(code) != std::u32string_view::npos;
}

}  // namespace

std::string_view first_piece(std::string_view text) {
  const Character head = first_of(text);
  std::size_t end = head.bytes;
  char32_t last = head.code;
  while (end < text.size() && text[end] != ' ' && text[end] != '\n') {
    const Character next = first_of(text.substr(end));
    const bool may_break =
        (is_wide(next.code) || is_wide(last)) && !closes(next.code) && !opens(last);
    if (may_break) break;
    end += next.bytes;
    last = next.code;
  }
  return text.substr(0, end);
}

std::size_t display_width(std::string_view utf8) {
  std::size_t width = 0;
  while (!utf8.empty()) {
    const Character next = first_of(utf8);
    width += places(next.code);
    utf8.remove_prefix(next.bytes);
  }
  return width;
}

std::string wrap(std::string_view utf8, std::size_t width, std::size_t indent) {
  const std::string margin(indent, ' ');
  std::string out;
  std::size_t used = indent;
  bool fresh = true;
  std::size_t blanks = 0;
  while (!utf8.empty()) {
    if (utf8.front() == '\n') {
      out += '\n';
      used = indent;
      fresh = true;
      blanks = 0;
      utf8.remove_prefix(1);
      if (!utf8.empty() && utf8.front() != '\n') out += margin;
      continue;
    }
    if (utf8.front() == ' ') {
      ++blanks;
      utf8.remove_prefix(1);
      continue;
    }
    const std::string_view next = first_piece(utf8);
    const std::size_t needs = display_width(next);
    if (!fresh && used + blanks + needs > width) {
      out += '\n' + margin;
      used = indent;
      blanks = 0;
    }
    out.append(blanks, ' ').append(next);
    used += blanks + needs;
    blanks = 0;
    fresh = false;
    utf8.remove_prefix(next.size());
  }
  return out;
}

std::string Table::text(Language language) const {
  std::vector<std::vector<std::string>> lines;
  auto& head = lines.emplace_back();
  for (const Words& each : head_) head.push_back(each.in(language));
  lines.insert(lines.end(), rows_.begin(), rows_.end());

  std::vector<std::size_t> widths(head_.size(), 0);
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size() && i < widths.size(); ++i)
      widths[i] = std::max(widths[i], display_width(line[i]));

  std::string out;
  for (const auto& line : lines) {
    std::string row;
    for (std::size_t i = 0; i < line.size() && i < widths.size(); ++i) {
      row += line[i];
      if (i + 1 < line.size()) row.append(widths[i] - display_width(line[i]) + 2, ' ');
    }
    out += row + "\n";
  }
  return out;
}

}  // namespace tasuki::cli
