// What may be a gateway key, and what may be an access password. Both count
// characters (Unicode code points), not bytes.
//
// Each function says what is wrong and what would be right, or nothing. No answer
// ever repeats the secret.
#pragma once

#include "config/words.h"
#include "crypto/secret.h"

#include <optional>

namespace tasuki::config {

inline constexpr std::size_t gateway_key_least = 8;
inline constexpr std::size_t gateway_key_most = 128;
inline constexpr std::size_t password_most = 256;

// 8 to 128 characters of UTF-8, no control characters.
std::optional<Words> gateway_key_fault(Bytes key);

enum class Strength {
  required,  // 24 characters; or 16 of 2 classes; or 8 of 3
  waived,    // at the user's own responsibility; it still may not be empty
};

// The classes are lower case, upper case, digits and symbols of ASCII; and, as a
// fifth, whatever is not ASCII: a passphrase in kana and digits has two.
std::optional<Words> password_fault(Bytes password, Strength strength = Strength::required);

// The same, and that it is not the gateway key: whoever runs the gateway could guess
// a weak one, and would then hold the password.
std::optional<Words> access_password_fault(const crypto::Secret& password,
                                           const crypto::Secret& gateway_key,
                                           Strength strength = Strength::required);

}  // namespace tasuki::config
