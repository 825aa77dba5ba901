// The certificates that Tasuki makes: a realm's root, a gateway's leaf, an
// agent's self-signed one. DER inside, PEM on disk. RFC 5280.
#pragma once

#include "crypto/identity.h"

#include <span>
#include <string>
#include <vector>

namespace tasuki::crypto {

struct Issued {
  ByteString certificate;  // DER
  Secret private_key;      // PEM, PKCS#8
};

// A P-384 root: CA:TRUE, pathlen 0, keyCertSign, 10 years. A name has 1 to 64
// characters; std::invalid_argument otherwise, here and below.
Issued make_root(std::string_view realm);

// A P-256 leaf for a gateway: serverAuth, CA:FALSE, the names (one at least) as DNS
// or IP subjectAltNames. Valid from an hour ago, since clocks differ. The root may
// also be one of RSA with 4,096 bits or more. Throws std::invalid_argument when the
// key does not match the root or that is no CA, a name is none, or days are not 1 to 3,650.
Issued make_gateway_leaf(Bytes root_certificate, const Secret& root_key_pem,
                         std::span<const std::string> names, unsigned days);

// A self-signed certificate around an agent's key, so that it can speak TLS. It
// proves the key, nothing else: names and dates in it mean nothing.
ByteString self_signed(const SigningKey& key, std::string_view common_name);

std::string to_pem(Bytes certificate);                      // std::invalid_argument: not one
std::optional<ByteString> from_pem(std::string_view text);  // the first CERTIFICATE in it

struct CertificateFacts {
  std::string subject;             // RFC 4514: "CN=…"; UTF-8 without control characters
  std::vector<std::string> names;  // subjectAltNames: DNS and IP as text, others left out
  std::int64_t not_before = 0;     // seconds since 1970
  std::int64_t not_after = 0;
};
// nullopt: not one certificate, whole and alone, or one that says what nobody could
// show to a person, such as a DNS name with a zero byte in it.
std::optional<CertificateFacts> facts(Bytes certificate);

// True if `leaf` was issued directly by `root`, both being as made above, and
// `at` (seconds since 1970) lies within both validities: the root signed it and may
// (CA:TRUE, keyCertSign, self-signed, P-384 or RSA from 4,096 bits), the leaf is for a
// server (serverAuth, CA:FALSE) with a P-256 or P-384 key. Which names it bears is not
// looked at: see facts().
bool issued_by(Bytes leaf, Bytes root, std::int64_t at);

}  // namespace tasuki::crypto
