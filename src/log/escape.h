// How a value is written into a line of the log, so that whoever chose the value can
// neither end the line, nor add a field, nor move a terminal's cursor.
#pragma once

#include <string>
#include <string_view>

namespace tasuki::log {

// The value as it is when that is safe: visible characters without space, quote,
// equals sign or backslash. Else in double quotes, with \" \\ \n \r \t, and \xHH or
// \u{HHHH} for what is not text or would disturb a terminal. A very long value is cut,
// and says so by its last character, "…".
std::string escaped(std::string_view value);

// A field's key or an event's name: what is not [A-Za-z0-9_.-] becomes "_".
std::string word(std::string_view name);

}  // namespace tasuki::log
