#include "crypto/openssl.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>

#include <array>
#include <limits>

namespace tasuki::crypto {

BioHandle reading(Bytes bytes) {
  if (bytes.size() > std::size_t(std::numeric_limits<int>::max())) return nullptr;
  return BioHandle(BIO_new_mem_buf(bytes.data(), int(bytes.size())));
}

BioHandle writing() {
  BioHandle bio(BIO_new(BIO_s_mem()));
  require(bio != nullptr, "allocate");
  return bio;
}

Bytes written(const BioHandle& bio) {
  char* start = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &start);
  return as_bytes({start, std::size_t(size)});
}

CertificateHandle certificate_from_der(Bytes der) {
  const std::uint8_t* end = der.data();
  CertificateHandle certificate(d2i_X509(nullptr, &end, long(der.size())));
  if (end != der.data() + der.size()) return nullptr;
  return certificate;
}

KeyHandle private_key_from_pem(Bytes pem) {
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  const BioHandle bio = reading(pem);
  if (!bio) return nullptr;
  return KeyHandle(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
}

Secret private_key_to_pem(EVP_PKEY* key) {
  const BioHandle bio = writing();
  require(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "write a private key");
  return Secret(written(bio));
}

std::string group_of(const EVP_PKEY* key) {
  std::array<char, 64> name{};
  if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name.data(), name.size(),
                                     nullptr) != 1) {
    return {};
  }
  return name.data();
}

bool fit_for_root(const EVP_PKEY* key) {
  return group_of(key) == "secp384r1" ||
         (EVP_PKEY_is_a(key, "RSA") == 1 && EVP_PKEY_get_bits(key) >= 4096);
}

}  // namespace tasuki::crypto
