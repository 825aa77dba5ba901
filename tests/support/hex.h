// Hexadecimal, both ways, for what a test says about bytes.
#pragma once

#include "wire/bytes.h"

#include <stdexcept>
#include <string>

namespace tasuki::test {

inline ByteString unhex(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    throw std::invalid_argument("not hexadecimal");
  };
  if (text.size() % 2 != 0) throw std::invalid_argument("half a byte");
  ByteString bytes;
  for (std::size_t i = 0; i < text.size(); i += 2)
    bytes.push_back(std::uint8_t(digit(text[i]) << 4 | digit(text[i + 1])));
  return bytes;
}

inline std::string hex(Bytes bytes) {
  std::string text;
  for (const std::uint8_t b : bytes) {
    text += "0123456789abcdef"[b >> 4];
    text += "0123456789abcdef"[b & 15];
  }
  return text;
}

}  // namespace tasuki::test
