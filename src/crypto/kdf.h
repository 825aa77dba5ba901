// Keyed hashes and keys made from keys: HMAC-SHA-512 (RFC 2104) and HKDF-SHA-512
// (RFC 5869). What comes out is secret, so it comes out as a Secret.
#pragma once

#include "crypto/secret.h"

#include <initializer_list>

namespace tasuki::crypto {

// Bytes one after the other, without a copy that somebody would have to wipe.
using Parts = std::initializer_list<Bytes>;

Secret sha512_secret(Parts message);           // 64 bytes: a hash of something secret
Secret hmac_sha512(Bytes key, Parts message);  // 64 bytes

Secret hkdf_extract(Bytes salt, Parts key_material);  // 64 bytes
// 1 to 255 * 64 bytes; std::invalid_argument beyond.
Secret hkdf_expand(Bytes key, Parts label, std::size_t size);

// Argon2id (RFC 9106), one lane: 64 bytes of something that a person may have chosen.
// std::bad_alloc without the memory.
inline constexpr std::size_t argon2id_salt = 16;
Secret argon2id(Bytes input, std::span<const std::uint8_t, argon2id_salt> salt,
                std::uint32_t passes, std::uint32_t kib);

}  // namespace tasuki::crypto
