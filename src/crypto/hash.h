// Hashes, random bytes and text forms of bytes. Over libsodium and OpenSSL.
#pragma once

#include "wire/bytes.h"

#include <array>
#include <optional>
#include <string>

namespace tasuki::crypto {

using Sha256 = std::array<std::uint8_t, 32>;
using Sha512 = std::array<std::uint8_t, 64>;

Sha256 sha256(Bytes bytes);
Sha512 sha512(Bytes bytes);

// A running SHA-512: the transcript of a conversation.
class Transcript {
public:
  Transcript();
  void add(Bytes bytes);
  Sha512 digest() const;  // of all so far; adding may go on

private:
  alignas(64) std::array<std::uint8_t, 256> state_;  // crypto_hash_sha512_state
};

void fill_random(Buffer buffer);

template <std::size_t N>
std::array<std::uint8_t, N> random_array() {
  std::array<std::uint8_t, N> bytes;
  fill_random(bytes);
  return bytes;
}

std::string to_hex(Bytes bytes);
std::string to_base64url(Bytes bytes);  // RFC 4648 section 5, no padding
std::optional<ByteString> from_base64url(std::string_view text);
std::string to_base32(Bytes bytes);  // RFC 4648 section 6, lower case, no padding
std::optional<ByteString> from_base32(std::string_view text);  // either case

}  // namespace tasuki::crypto
