#include "log/escape.h"

namespace tasuki::log {
namespace {

constexpr std::size_t longest_value = 2048;  // bytes that are looked at

struct Character {
  char32_t code = 0;
  std::size_t size = 1;  // bytes
  bool text = false;     // well-formed UTF-8
};

// The character at the start of the bytes, which are not empty.
Character first(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t size = lead >= 0xc2 && lead <= 0xdf   ? 2
                           : lead >= 0xe0 && lead <= 0xef ? 3
                           : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                          : 0;
  if (size == 0 || bytes.size() < size) return {};
  char32_t code = lead & (0x7fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3fu);
  }
  // Overlong forms, surrogates, beyond Unicode.
  if ((size == 3 && code < 0x800) || (size == 4 && code < 0x10000)) return {};
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) return {};
  return {code, size, true};
}

// Characters that move a cursor, break a line or reorder what is shown.
bool disturbs(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

std::string hex(char32_t value) {
  std::string text;
  for (; value || text.size() < 2; value >>= 4) text.insert(0, 1, "0123456789abcdef"[value & 0xf]);
  return text;
}

}  // namespace

std::string escaped(std::string_view value) {
  const bool cut = value.size() > longest_value;
  std::string out;
  bool plain = !value.empty() && !cut;
  for (std::size_t i = 0; i < value.size() && i < longest_value;) {
    const Character c = first(value.substr(i));
    if (!c.text) {
      out += "\\x" + hex(static_cast<unsigned char>(value[i]));
    } else if (c.code == '"' || c.code == '\\') {
      out += '\\';
      out += char(c.code);
    } else if (c.code == '\n') {
      out += "\\n";
    } else if (c.code == '\r') {
      out += "\\r";
    } else if (c.code == '\t') {
      out += "\\t";
    } else if (disturbs(c.code)) {
      out += c.code < 0x80 ? "\\x" + hex(c.code) : "\\u{" + hex(c.code) + "}";
    } else {
      out += value.substr(i, c.size);
      plain = plain && c.code != ' ' && c.code != '=';
      i += c.size;
      continue;
    }
    plain = false;
    i += c.size;
  }
  if (cut) out += "…";
  return plain ? out : "\"" + out + "\"";
}

std::string word(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '.' || c == '-';
    out += safe ? c : '_';
  }
  return out.empty() ? "_" : out;
}

}  // namespace tasuki::log
