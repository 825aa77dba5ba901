#include "crypto/kdf.h"

#include "crypto/sodium.h"

#include <algorithm>
#include <new>
#include <stdexcept>

namespace tasuki::crypto {
namespace {

// A libsodium state, wiped on the way out: it holds what the key was mixed into.
template <typename State>
struct Wiped : State {
  Wiped() = default;
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  ~Wiped() { sodium_memzero(static_cast<State*>(this), sizeof(State)); }
};

// libsodium wants an address even for a key of no bytes.
const std::uint8_t* address_of(Bytes key) {
  static constexpr std::uint8_t none = 0;
  return key.empty() ? &none : key.data();
}

}  // namespace

Secret sha512_secret(Parts message) {
  Wiped<crypto_hash_sha512_state> state;
  crypto_hash_sha512_init(&state);
  for (const Bytes part : message) {
    crypto_hash_sha512_update(&state, part.data(), part.size());
  }
  Secret digest(crypto_hash_sha512_BYTES);
  crypto_hash_sha512_final(&state, digest.buffer().data());
  return digest;
}

Secret hmac_sha512(Bytes key, Parts message) {
  Wiped<crypto_auth_hmacsha512_state> state;
  crypto_auth_hmacsha512_init(&state, address_of(key), key.size());
  for (const Bytes part : message) {
    crypto_auth_hmacsha512_update(&state, part.data(), part.size());
  }
  Secret tag(crypto_auth_hmacsha512_BYTES);
  crypto_auth_hmacsha512_final(&state, tag.buffer().data());
  return tag;
}

Secret hkdf_extract(Bytes salt, Parts key_material) {
  return hmac_sha512(salt, key_material);
}

Secret hkdf_expand(Bytes key, Parts label, std::size_t size) {
  constexpr std::size_t block_size = crypto_auth_hmacsha512_BYTES;
  if (size == 0 || size > 255 * block_size) throw std::invalid_argument("HKDF gives no such size");

  Secret output(size), block;
  std::uint8_t counter = 0;
  for (std::size_t done = 0; done < size; done += block.size()) {
    ++counter;
    Wiped<crypto_auth_hmacsha512_state> state;
    crypto_auth_hmacsha512_init(&state, address_of(key), key.size());
    crypto_auth_hmacsha512_update(&state, block.bytes().data(), block.size());
    for (const Bytes part : label) {
      crypto_auth_hmacsha512_update(&state, part.data(), part.size());
    }
    crypto_auth_hmacsha512_update(&state, &counter, 1);
    block = Secret(block_size);
    crypto_auth_hmacsha512_final(&state, block.buffer().data());
    const auto take = std::min(block_size, size - done);
    std::copy_n(block.bytes().begin(), take, output.buffer().begin() + std::ptrdiff_t(done));
  }
  return output;
}

Secret argon2id(Bytes input, std::span<const std::uint8_t, argon2id_salt> salt,
                std::uint32_t passes, std::uint32_t kib) {
  static_assert(argon2id_salt == crypto_pwhash_argon2id_SALTBYTES);
  sodium_ready();
  Secret output(crypto_auth_hmacsha512_BYTES);
  const int failed = crypto_pwhash(
      output.buffer().data(), output.size(), reinterpret_cast<const char*>(input.data()),
      input.size(), salt.data(), passes, std::size_t(kib) * 1024, crypto_pwhash_ALG_ARGON2ID13);
  if (failed) throw std::bad_alloc();  // within sensible limits, memory is all it can lack
  return output;
}

}  // namespace tasuki::crypto
