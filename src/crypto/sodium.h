// libsodium, ready for use. Only files of this room include it.
#pragma once

#include <sodium.h>

#include <stdexcept>

namespace tasuki::crypto {

// libsodium picks its code for this processor and its source of randomness once;
// nobody has to remember to ask for it. Any thread, any number of times.
inline void sodium_ready() {
  static const bool ready = sodium_init() >= 0;
  if (!ready) throw std::runtime_error("libsodium found no source of randomness");
}

}  // namespace tasuki::crypto
