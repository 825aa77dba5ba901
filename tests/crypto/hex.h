// Hexadecimal to bytes, for vectors and expectations.
#pragma once

#include "wire/bytes.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace tasuki::crypto {

inline ByteString from_hex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  if (text.size() % 2 != 0) throw std::invalid_argument("half a byte");
  ByteString bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    bytes.push_back(std::uint8_t(digit(text[i]) << 4 | digit(text[i + 1])));
  }
  return bytes;
}

// An array (of OPAQUE's, say) from as many bytes.
template <typename Array>
Array array_from(Bytes bytes) {
  Array array;
  if (bytes.size() != array.size()) throw std::invalid_argument("another size");
  std::ranges::copy(bytes, array.begin());
  return array;
}

template <typename Array>
Array array_from_hex(std::string_view text) {
  return array_from<Array>(from_hex(text));
}

}  // namespace tasuki::crypto
