// Text as a person counts it: in characters (Unicode code points), not bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tasuki::wire {

// The code points of well-formed UTF-8. nullopt: malformed (overlong, surrogate,
// beyond U+10FFFF, cut short).
std::optional<std::u32string> characters(std::string_view utf8);

// Control characters of ASCII and Latin-1, line and paragraph separators, and the
// marks that reorder text: nothing that a name or a secret should hold.
bool is_control(char32_t character);

// True if the text is well-formed, without control characters, and from `least` to
// `most` characters long.
bool is_plain_text(std::string_view utf8, std::size_t least, std::size_t most);

}  // namespace tasuki::wire
