#include "crypto/identity.h"

#include "crypto/openssl.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>

#include <algorithm>

namespace tasuki::crypto {

void FreeKey::operator()(EVP_PKEY* key) const {
  EVP_PKEY_free(key);
}

// The text form of an AgentId.
namespace {

constexpr std::size_t digest_digits = 52, check_digits = 2, group_size = 4;
constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";

// The digits are the coefficients of a polynomial over GF(32), and the check digits
// its remainder modulo x^2 + x + 3. Over GF(32) = GF(2)[z] / (z^5 + z^2 + 1), where 3
// stands for z + 1, that polynomial is primitive: x has order 1,023. Hence it divides
// neither a change of one digit nor of two neighbours, nor the exchange of any two.
using Digits = std::string_view;

unsigned times_three(unsigned value) {
  const unsigned doubled = value << 1;
  return (doubled ^ (doubled & 32 ? 0x25 : 0)) ^ value;
}

std::string check_of(Digits digits) {
  unsigned high = 0, low = 1;  // not zero, so that "aaaa…" has a check as well
  const auto shift_in = [&](unsigned digit) {
    const unsigned top = high;
    high = low ^ top;
    low = digit ^ times_three(top);
  };
  for (const char digit : digits) shift_in(unsigned(alphabet.find(digit)));
  shift_in(0);
  shift_in(0);
  return {alphabet[high], alphabet[low]};
}

}  // namespace

std::string AgentId::text() const {
  std::string digits = to_base32(digest_);
  digits += check_of(digits);
  std::string grouped;
  for (std::size_t at = 0; at < digits.size(); at += group_size) {
    if (at > 0) grouped += '-';
    grouped += digits.substr(at, group_size);
  }
  return grouped;
}

std::optional<AgentId> AgentId::parse(std::string_view text) {
  std::string digits;
  for (const char letter : text) {
    if (letter == '-' || letter == ' ') continue;
    const char lower = letter >= 'A' && letter <= 'Z' ? char(letter - 'A' + 'a') : letter;
    if (alphabet.find(lower) == alphabet.npos) return std::nullopt;
    digits += lower;
    if (digits.size() > digest_digits + check_digits) return std::nullopt;
  }
  if (digits.size() != digest_digits + check_digits) return std::nullopt;

  const Digits digest = Digits(digits).substr(0, digest_digits);
  const auto bytes = from_base32(digest);
  if (!bytes || check_of(digest) != Digits(digits).substr(digest_digits)) return std::nullopt;
  AgentId id;
  std::ranges::copy(*bytes, id.digest_.begin());
  return id;
}

// Public keys. An identity is a hash of the encoding, so each key must have one
// encoding only: named curve, uncompressed point (RFC 5480). All that comes before
// the point is therefore constant.
namespace {

constexpr std::array<std::uint8_t, 27> p256_start{
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
    0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
constexpr std::array<std::uint8_t, 24> p384_start{0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86,
                                                  0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
                                                  0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04};

bool has_form(Bytes der, Bytes start, std::size_t point_size) {
  return der.size() == start.size() + point_size &&
         std::ranges::equal(der.first(start.size()), start);
}

KeyHandle public_key_from(Bytes spki) {
  const std::uint8_t* end = spki.data();
  return KeyHandle(d2i_PUBKEY(nullptr, &end, long(spki.size())));
}

}  // namespace

std::optional<PublicKey> PublicKey::from_spki(Bytes der) {
  if (!has_form(der, p256_start, 64) && !has_form(der, p384_start, 96)) return std::nullopt;
  const QuietErrors quiet;
  if (!public_key_from(der)) return std::nullopt;  // not a point of the curve
  PublicKey key;
  key.spki_.assign(der.begin(), der.end());
  return key;
}

std::optional<PublicKey> PublicKey::from_certificate(Bytes der) {
  const QuietErrors quiet;
  const auto certificate = certificate_from_der(der);
  if (!certificate) return std::nullopt;
  return from_spki(to_der(X509_get_X509_PUBKEY(certificate.get()), i2d_X509_PUBKEY));
}

bool PublicKey::verify(Bytes message, Bytes signature) const {
  const QuietErrors quiet;
  const KeyHandle key = public_key_from(spki_);
  const DigestContext context(EVP_MD_CTX_new());
  return key && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

// Private keys.

SigningKey SigningKey::generate() {
  KeyHandle key(EVP_EC_gen("P-256"));
  require(key != nullptr, "generate a key");
  return SigningKey(std::move(key));
}

std::optional<SigningKey> SigningKey::from_pem(Bytes pem) {
  const QuietErrors quiet;
  KeyHandle key = private_key_from_pem(pem);
  if (!key || group_of(key.get()) != "prime256v1") return std::nullopt;
  // A file may name another public key than the private one's, or write it compressed.
  const Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> check(EVP_PKEY_CTX_new(key.get(), nullptr));
  const bool whole =
      check && EVP_PKEY_check(check.get()) == 1 &&
      EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                     "uncompressed") == 1;
  if (!whole) return std::nullopt;
  return SigningKey(std::move(key));
}

Secret SigningKey::to_pem() const {
  return private_key_to_pem(key_.get());
}

PublicKey SigningKey::public_key() const {
  auto key = PublicKey::from_spki(to_der(key_.get(), i2d_PUBKEY));
  require(key.has_value(), "encode a public key");
  return *std::move(key);
}

ByteString SigningKey::sign(Bytes message) const {
  const DigestContext context(EVP_MD_CTX_new());
  std::size_t size = std::size_t(EVP_PKEY_get_size(key_.get()));
  ByteString signature(size);
  require(context &&
              EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
              EVP_DigestSign(context.get(), signature.data(), &size, message.data(),
                             message.size()) == 1,
          "sign");
  signature.resize(size);
  return signature;
}

}  // namespace tasuki::crypto
