#include "crypto/secret.h"

#include "crypto/sodium.h"

#include <utility>

namespace tasuki::crypto {

Secret::Secret(std::size_t size) : bytes_(size) {}

Secret::Secret(Bytes from) : bytes_(from.begin(), from.end()) {}

Secret Secret::random(std::size_t size) {
  sodium_ready();
  Secret secret(size);
  if (size > 0) randombytes_buf(secret.bytes_.data(), size);
  return secret;
}

// exchange() rather than a bare move: what was moved from is empty for certain,
// so that no second copy of the address outlives the wipe.
Secret::Secret(Secret&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  bytes_ = std::exchange(other.bytes_, {});
  return *this;
}

Secret::~Secret() {
  wipe();
}

void Secret::wipe() noexcept {
  crypto::wipe(bytes_);
}

bool equal(Bytes left, Bytes right) {
  if (left.size() != right.size()) return false;
  return sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

void wipe(Buffer bytes) noexcept {
  if (!bytes.empty()) sodium_memzero(bytes.data(), bytes.size());
}

}  // namespace tasuki::crypto
