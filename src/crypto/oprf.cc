#include "crypto/oprf.h"

#include "crypto/sodium.h"

#include <algorithm>
#include <stdexcept>

namespace tasuki::crypto::oprf {
namespace {

constexpr std::size_t scalar_size = crypto_core_ristretto255_SCALARBYTES;
constexpr std::size_t uniform_size = crypto_core_ristretto255_HASHBYTES;
static_assert(sizeof(Element) == crypto_core_ristretto255_BYTES);
static_assert(uniform_size == crypto_core_ristretto255_NONREDUCEDSCALARBYTES);

// The suite's context string, "OPRFV1-" | mode | "-ristretto255-SHA512", behind
// the name of each use. The mode is a zero byte, hence the length from the array.
template <std::size_t N>
constexpr std::string_view tag(const char (&text)[N]) {
  return {text, N - 1};
}
constexpr auto hash_to_group_tag = tag("HashToGroup-OPRFV1-\0-ristretto255-SHA512");
constexpr auto derive_key_pair_tag = tag("DeriveKeyPairOPRFV1-\0-ristretto255-SHA512");

// expand_message_xmd with SHA-512 (RFC 9380, 5.3.1), for the only length that is
// needed here: 64 bytes, which is its first block of output.
Secret expand_message(Bytes message, std::string_view tag) {
  constexpr std::array<std::uint8_t, 128> zero_block{};  // SHA-512's input block
  constexpr std::array<std::uint8_t, 3> size_and_zero{0, uniform_size, 0};
  constexpr std::array<std::uint8_t, 1> one{1};
  const std::array<std::uint8_t, 1> tag_size{std::uint8_t(tag.size())};

  const Secret first = sha512_secret({zero_block, message, size_and_zero, as_bytes(tag), tag_size});
  return sha512_secret({first.bytes(), one, as_bytes(tag), tag_size});
}

std::optional<Element> hash_to_group(Bytes input) {
  const Element element = element_from_uniform(expand_message(input, hash_to_group_tag).bytes());
  if (!is_element(element)) return std::nullopt;  // the identity, for no input ever found
  return element;
}

Secret reduce(Bytes uniform) {
  Secret scalar(scalar_size);
  crypto_core_ristretto255_scalar_reduce(scalar.buffer().data(), uniform.data());
  return scalar;
}

}  // namespace

bool is_element(const Element& element) {
  const bool identity = sodium_is_zero(element.data(), element.size());
  return !identity && crypto_core_ristretto255_is_valid_point(element.data()) == 1;
}

bool is_scalar(Bytes scalar) {
  if (scalar.size() != scalar_size) return false;
  Secret wide(uniform_size);
  std::ranges::copy(scalar, wide.buffer().begin());
  return equal(reduce(wide.bytes()).bytes(), scalar) &&
         !sodium_is_zero(scalar.data(), scalar.size());
}

Secret random_scalar() {
  sodium_ready();
  Secret scalar(scalar_size);
  crypto_core_ristretto255_scalar_random(scalar.buffer().data());
  return scalar;
}

std::optional<Element> multiply(Bytes scalar, const Element& element) {
  if (!is_scalar(scalar)) return std::nullopt;
  Element product;
  // Refuses what is no canonical encoding, and a product that is the identity. The
  // order is prime: from a scalar as above, only the identity itself leads there.
  if (crypto_scalarmult_ristretto255(product.data(), scalar.data(), element.data()) != 0) {
    return std::nullopt;
  }
  return product;
}

std::optional<Element> public_key(Bytes private_key) {
  if (!is_scalar(private_key)) return std::nullopt;
  Element element;
  if (crypto_scalarmult_ristretto255_base(element.data(), private_key.data()) != 0) {
    return std::nullopt;
  }
  return element;
}

Element element_from_uniform(Bytes uniform) {
  if (uniform.size() != uniform_size) throw std::invalid_argument("an element is made of 64 bytes");
  Element element;
  crypto_core_ristretto255_from_hash(element.data(), uniform.data());
  return element;
}

std::array<std::uint8_t, 2> length_prefix(std::size_t length) {
  if (length > 0xffff) throw std::invalid_argument("more than 65,535 bytes");
  return {std::uint8_t(length >> 8), std::uint8_t(length)};
}

KeyPair derive_key_pair(Bytes seed, std::string_view info) {
  const auto info_size = length_prefix(info.size());
  Secret input(seed.size() + info_size.size() + info.size() + 1);
  auto end = std::ranges::copy(seed, input.buffer().begin()).out;
  end = std::ranges::copy(info_size, end).out;
  end = std::ranges::copy(as_bytes(info), end).out;

  // The counter moves on when a scalar of zero comes out: once in 2^252.
  for (unsigned counter = 0; counter < 256; ++counter) {
    *end = std::uint8_t(counter);
    Secret scalar = reduce(expand_message(input.bytes(), derive_key_pair_tag).bytes());
    if (const auto element = public_key(scalar.bytes())) return {std::move(scalar), *element};
  }
  throw std::runtime_error("no key can be derived from this seed");
}

std::optional<Element> blind(Bytes input, Bytes scalar) {
  length_prefix(input.size());  // finalize() will write it down
  auto element = hash_to_group(input);
  if (!element) return std::nullopt;
  const auto blinded = multiply(scalar, *element);
  wipe(*element);  // a password can be guessed at with it
  return blinded;
}

std::optional<Secret> finalize(Bytes input, Bytes scalar, const Element& evaluated) {
  if (!is_scalar(scalar)) return std::nullopt;
  Secret inverse(scalar_size);
  crypto_core_ristretto255_scalar_invert(inverse.buffer().data(), scalar.data());
  auto unblinded = multiply(inverse.bytes(), evaluated);
  if (!unblinded) return std::nullopt;

  Secret output =
      sha512_secret({length_prefix(input.size()), input, length_prefix(unblinded->size()),
                     *unblinded, as_bytes("Finalize")});
  wipe(*unblinded);
  return output;
}

}  // namespace tasuki::crypto::oprf
