#include "wire/utf8.h"

namespace tasuki::wire {
namespace {

// What a first byte announces: how many bytes follow, and the least character that
// needs so many.
struct Lead {
  int following;
  char32_t bits;
  char32_t least;
};

std::optional<Lead> lead(unsigned char byte) {
  if (byte < 0x80) return Lead{0, byte, 0};
  if (byte >= 0xc2 && byte <= 0xdf) return Lead{1, byte & 0x1fu, 0x80};
  if (byte >= 0xe0 && byte <= 0xef) return Lead{2, byte & 0x0fu, 0x800};
  if (byte >= 0xf0 && byte <= 0xf4) return Lead{3, byte & 0x07u, 0x10000};
  return std::nullopt;
}

}  // namespace

std::optional<std::u32string> characters(std::string_view utf8) {
  std::u32string out;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto first = lead(static_cast<unsigned char>(utf8[i++]));
    if (!first || utf8.size() - i < std::size_t(first->following)) return std::nullopt;
    char32_t character = first->bits;
    for (int n = 0; n < first->following; ++n) {
      const auto byte = static_cast<unsigned char>(utf8[i++]);
      if ((byte & 0xc0) != 0x80) return std::nullopt;
      character = character << 6 | (byte & 0x3fu);
    }
    const bool surrogate = character >= 0xd800 && character <= 0xdfff;
    if (character < first->least || character > 0x10ffff || surrogate) return std::nullopt;
    out += character;
  }
  return out;
}

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 || c == 0x200e ||
         c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

bool is_plain_text(std::string_view utf8, std::size_t least, std::size_t most) {
  if (utf8.size() > 4 * most) return false;
  const auto text = characters(utf8);
  if (!text || text->size() < least || text->size() > most) return false;
  for (const char32_t character : *text)
    if (is_control(character)) return false;
  return true;
}

}  // namespace tasuki::wire
