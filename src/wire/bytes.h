// The words for raw bytes that every room uses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tasuki {

using Bytes = std::span<const std::uint8_t>;   // somebody else's bytes, to be read
using Buffer = std::span<std::uint8_t>;        // somebody else's room, to be filled
using ByteString = std::vector<std::uint8_t>;  // bytes one owns

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline void append(ByteString& to, Bytes bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

}  // namespace tasuki
