// A pseudorandom function that two parties compute together, RFC 9497: mode OPRF
// (0x00), ristretto255-SHA512. The client holds the input, the server the key;
// neither learns the other's.
//
//   client  blind(input, scalar) ----- element ----->  server
//           finalize(...)        <---- element ------  multiply(key, element)
//
// Also the group itself, which OPAQUE's key exchange uses as well. All functions
// take the same time for any secret of the same length. Elements come from the
// peer: whatever is not the one canonical encoding of an element other than the
// identity is refused with nullopt.
#pragma once

#include "crypto/kdf.h"

#include <array>
#include <optional>
#include <string_view>

namespace tasuki::crypto::oprf {

using Element = std::array<std::uint8_t, 32>;  // ristretto255, RFC 9496

struct KeyPair {
  Secret private_key;  // 32 bytes, a scalar
  Element public_key{};
};

bool is_element(const Element& element);  // canonical, and not the identity
bool is_scalar(Bytes scalar);             // canonical: 1 to the group's order less one
Secret random_scalar();

std::optional<Element> multiply(Bytes scalar, const Element& element);
std::optional<Element> public_key(Bytes private_key);

// The element that no one knows a logarithm of: from 64 uniform bytes.
Element element_from_uniform(Bytes uniform);

// DeriveKeyPair. std::invalid_argument when seed or info are beyond 65,535 bytes.
KeyPair derive_key_pair(Bytes seed, std::string_view info);

// nullopt: not a scalar. std::invalid_argument: input beyond 65,535 bytes.
std::optional<Element> blind(Bytes input, Bytes scalar);

// I2OSP(length, 2), in front of whatever has no fixed length. Throws
// std::invalid_argument beyond 65,535.
std::array<std::uint8_t, 2> length_prefix(std::size_t length);

// The function's value: 64 bytes. `evaluated` is the server's answer to blind().
std::optional<Secret> finalize(Bytes input, Bytes scalar, const Element& evaluated);

}  // namespace tasuki::crypto::oprf
