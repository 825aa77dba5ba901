// Who somebody is: a P-256 key, and the SHA-256 of its public half.
#pragma once

#include "crypto/hash.h"
#include "crypto/secret.h"

#include <openssl/types.h>

#include <compare>
#include <memory>

namespace tasuki::crypto {

struct FreeKey {
  void operator()(EVP_PKEY* key) const;
};
using KeyHandle = std::unique_ptr<EVP_PKEY, FreeKey>;

// SHA-256 of a public key's SubjectPublicKeyInfo. Shown to people as base32 in
// groups of four with two check digits, so that a slip of the finger is noticed.
//
// Text: 52 characters of base32 (a-z, 2-7) and 2 check digits, in 14 groups with
// dashes between them, the last of 2. The check digits are a cyclic code over
// GF(32): one wrong character, two wrong neighbours and any two characters in each
// other's place are noticed always; of other damage, one case in 1,024 is not.
class AgentId {
public:
  AgentId() = default;
  explicit AgentId(const Sha256& digest) : digest_(digest) {}

  const Sha256& bytes() const { return digest_; }
  std::string text() const;  // "k3vf-…", lower case
  // Any case, dashes and spaces ignored. nullopt: damaged, or something else.
  static std::optional<AgentId> parse(std::string_view text);
  auto operator<=>(const AgentId&) const = default;

private:
  Sha256 digest_{};
};

// A public key in its SubjectPublicKeyInfo form (RFC 5480), ECDSA P-256 or P-384
// only, with the curve by name and the point uncompressed: one encoding for one key.
class PublicKey {
public:
  static std::optional<PublicKey> from_spki(Bytes der);
  static std::optional<PublicKey> from_certificate(Bytes der);  // the subject's

  const ByteString& spki() const { return spki_; }
  AgentId id() const { return AgentId(sha256(spki_)); }
  bool verify(Bytes message, Bytes signature) const;  // ECDSA with SHA-256, DER
  bool operator==(const PublicKey& other) const { return spki_ == other.spki_; }

private:
  ByteString spki_;
};

// A P-256 private key. Move only.
class SigningKey {
public:
  static SigningKey generate();
  // nullopt: not a P-256 key in PEM, or encrypted.
  static std::optional<SigningKey> from_pem(Bytes pem);
  Secret to_pem() const;  // PKCS#8, unencrypted

  PublicKey public_key() const;
  ByteString sign(Bytes message) const;            // ECDSA with SHA-256, DER
  EVP_PKEY* handle() const { return key_.get(); }  // for OpenSSL; still owned here

private:
  explicit SigningKey(KeyHandle key) : key_(std::move(key)) {}
  KeyHandle key_;
};

}  // namespace tasuki::crypto
