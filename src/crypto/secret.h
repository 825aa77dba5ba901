// Bytes that must not leak: wiped when dropped, never copied or printed by accident.
//
// A Secret moves, and is copied only by the word copy(). It has no operator<<
// and no conversion to text. Comparison takes the same time for any content.
#pragma once

#include "wire/bytes.h"

#include <cstddef>

namespace tasuki::crypto {

class Secret {
public:
  Secret() = default;
  explicit Secret(std::size_t size);  // zeros, to be filled
  explicit Secret(Bytes from);        // takes a copy; the caller wipes its own
  static Secret random(std::size_t size);

  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  Secret copy() const { return Secret(bytes()); }

  Bytes bytes() const { return bytes_; }
  Buffer buffer() { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }

private:
  void wipe() noexcept;

  ByteString bytes_;
};

// Same time for any content of the same length. Different lengths are unequal.
bool equal(Bytes left, Bytes right);

// Overwrites, in a way the compiler may not leave out.
void wipe(Buffer bytes) noexcept;

}  // namespace tasuki::crypto
