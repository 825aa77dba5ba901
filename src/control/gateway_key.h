// What OPAQUE is told about a gateway key, at its enrolment and at every login. One
// place, since the two must agree to the byte.
//
// The spans point into the label: keep it alive.
#pragma once

#include "control/names.h"
#include "crypto/opaque.h"

namespace tasuki::control {

inline Bytes credential_id(const KeyLabel& label) {
  return as_bytes(label.text());
}

// The client is called by the label; the server by its public key (RFC 9807, 6.1),
// which the gateway shows in its HELLO.
inline crypto::opaque::Identities gateway_key_identities(const KeyLabel& label) {
  return {.client = as_bytes(label.text()), .server = {}};
}

// Whether the key has the form of those that Tasuki makes: "tk-" and 26 characters of
// base32 in groups, 128 random bits.
bool is_made_key(std::string_view key);

}  // namespace tasuki::control
