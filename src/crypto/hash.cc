#include "crypto/hash.h"

#include "crypto/sodium.h"

#include <cstring>

namespace tasuki::crypto {

Sha256 sha256(Bytes bytes) {
  Sha256 digest;
  crypto_hash_sha256(digest.data(), bytes.data(), bytes.size());
  return digest;
}

Sha512 sha512(Bytes bytes) {
  Sha512 digest;
  crypto_hash_sha512(digest.data(), bytes.data(), bytes.size());
  return digest;
}

// The header shows no libsodium type, so the state lies in plain bytes and is
// copied out and in around each use: 200 bytes, next to hashing 128 at a time.
namespace {

using Room = std::array<std::uint8_t, 256>;
static_assert(sizeof(crypto_hash_sha512_state) <= sizeof(Room));

crypto_hash_sha512_state load(const Room& from) {
  crypto_hash_sha512_state state;
  std::memcpy(&state, from.data(), sizeof state);
  return state;
}

void save(const crypto_hash_sha512_state& state, Room& to) {
  std::memcpy(to.data(), &state, sizeof state);
}

}  // namespace

Transcript::Transcript() : state_{} {
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  save(state, state_);
}

void Transcript::add(Bytes bytes) {
  auto state = load(state_);
  crypto_hash_sha512_update(&state, bytes.data(), bytes.size());
  save(state, state_);
}

Sha512 Transcript::digest() const {
  auto state = load(state_);
  Sha512 digest;
  crypto_hash_sha512_final(&state, digest.data());
  return digest;
}

void fill_random(Buffer buffer) {
  sodium_ready();
  if (!buffer.empty()) randombytes_buf(buffer.data(), buffer.size());
}

std::string to_hex(Bytes bytes) {
  std::string text(bytes.size() * 2 + 1, '\0');  // libsodium ends it with a zero
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  text.pop_back();
  return text;
}

std::string to_base64url(Bytes bytes) {
  constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), variant);
  text.pop_back();
  return text;
}

std::optional<ByteString> from_base64url(std::string_view text) {
  ByteString bytes(text.size() / 4 * 3 + 3);
  std::size_t size = 0;
  const int failed =
      sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size,
                        nullptr, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  if (failed) return std::nullopt;
  bytes.resize(size);
  return bytes;
}

// Base32 by arithmetic instead of a table, since keys are written in it too and
// a table's cache lines would tell which of its letters were touched.
namespace {

char base32_letter(unsigned five_bits) {
  const int value = int(five_bits);
  const int past_z = (25 - value) >> 8;  // all ones from 26 on
  return char('a' + value + (past_z & ('2' - 26 - 'a')));
}

// 0..31, or -1: no letter of the alphabet.
int base32_value(char letter) {
  const int lower = letter | 0x20;  // 'A' becomes 'a'; the digits have that bit already
  const int as_letter = lower - 'a', as_digit = letter - '2';
  const int is_letter = ~(as_letter | (25 - as_letter)) >> 8;
  const int is_digit = ~(as_digit | (5 - as_digit)) >> 8;
  return (is_letter & as_letter) | (is_digit & (as_digit + 26)) | ~(is_letter | is_digit);
}

}  // namespace

std::string to_base32(Bytes bytes) {
  std::string text;
  text.reserve((bytes.size() * 8 + 4) / 5);
  unsigned held = 0, held_bits = 0;
  for (const auto byte : bytes) {
    held = (held << 8 | byte) & 0xfff;
    held_bits += 8;
    for (; held_bits >= 5; held_bits -= 5) text += base32_letter(held >> (held_bits - 5) & 31);
  }
  if (held_bits > 0) text += base32_letter(held << (5 - held_bits) & 31);
  return text;
}

std::optional<ByteString> from_base32(std::string_view text) {
  ByteString bytes;
  bytes.reserve(text.size() * 5 / 8);
  unsigned held = 0, held_bits = 0;
  for (const char letter : text) {
    const int value = base32_value(letter);
    if (value < 0) return std::nullopt;
    held = (held << 5 | unsigned(value)) & 0xfff;
    held_bits += 5;
    if (held_bits < 8) continue;
    held_bits -= 8;
    bytes.push_back(std::uint8_t(held >> held_bits));
  }
  // One text for one value: no letter more than needed, and no stray bits in the last.
  const bool spare_letter = held_bits >= 5;
  const bool stray_bits = (held & ((1u << held_bits) - 1)) != 0;
  if (spare_letter || stray_bits) return std::nullopt;
  return bytes;
}

}  // namespace tasuki::crypto
