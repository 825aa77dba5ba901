// OpenSSL's objects as values that free themselves, and its errors kept where
// they belong. Only files of this room include it.
#pragma once

#include "crypto/identity.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tasuki::crypto {

template <auto free>
struct FreeBy {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
template <typename T, auto free>
using Handle = std::unique_ptr<T, FreeBy<free>>;

using BioHandle = Handle<BIO, BIO_free>;
using CertificateHandle = Handle<X509, X509_free>;
using DigestContext = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;

// While it lives, what OpenSSL complains of is forgotten again. It matters: an
// entry left in the thread's queue makes the next TLS read look like a failure.
class QuietErrors {
public:
  QuietErrors() { ERR_set_mark(); }
  ~QuietErrors() { ERR_pop_to_mark(); }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
};

// For what fails only when memory or OpenSSL itself is at its end.
inline void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("OpenSSL cannot ") + what);
}

// Reads from bytes that outlive it.
BioHandle reading(Bytes bytes);
// Collects what is written to it, in memory that OpenSSL wipes.
BioHandle writing();
Bytes written(const BioHandle& bio);

// What an i2d_ function encodes; empty if it fails.
template <typename T, typename Encode>
ByteString to_der(const T* object, Encode encode) {
  const int size = encode(object, nullptr);
  if (size <= 0) return {};
  ByteString der(static_cast<std::size_t>(size));
  std::uint8_t* end = der.data();
  encode(object, &end);
  return der;
}

// The whole of `der` is one certificate; null if not.
CertificateHandle certificate_from_der(Bytes der);

// An unencrypted private key in PEM; null if there is none. Never asks for a passphrase.
KeyHandle private_key_from_pem(Bytes pem);
Secret private_key_to_pem(EVP_PKEY* key);  // PKCS#8, unencrypted

std::string group_of(const EVP_PKEY* key);  // "prime256v1", "secp384r1", … or empty

// P-384, or RSA of 4,096 bits and more for an organisation that has such a root
// already. In roots only: such a leaf would cost its server 240 times the work.
bool fit_for_root(const EVP_PKEY* key);

}  // namespace tasuki::crypto
