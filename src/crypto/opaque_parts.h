// What OPAQUE's messages are made of, for opaque.cc and for tests that compare
// the steps in between with RFC 9807's. Nobody else includes this.
#pragma once

#include "crypto/hash.h"
#include "crypto/opaque.h"
#include "crypto/oprf.h"

namespace tasuki::crypto::opaque {

using Nonce = std::array<std::uint8_t, 32>;
using Envelope = std::array<std::uint8_t, 96>;         // nonce | authentication tag
using MaskedResponse = std::array<std::uint8_t, 128>;  // server's public key | envelope

// A record's fields, in the order in which it holds them.
Bytes client_key_of(const Record& record);   // 32 bytes
Bytes masking_key_of(const Record& record);  // 64
Bytes envelope_of(const Record& record);     // 96

// The server's OPRF key for one credential (5.2.2).
Secret oprf_key(const ServerSetup& setup, Bytes credential_id);

// What stands in for the record of somebody who has none (6.3.2.2). The same for
// the same credential; nobody can tell it from one that somebody registered.
Record fake_record(const ServerSetup& setup, Bytes credential_id);

// The password, after the server's help and the stretch: what all of the client's
// secrets come from. nullopt: the server's element is none.
std::optional<Secret> randomized_password(const Secret& password, Bytes blind,
                                          const oprf::Element& evaluated, Stretch stretch);

Secret masking_key(const Secret& randomized_password);

// Hides what the server sends, or reveals it: the pad is its own inverse.
MaskedResponse mask(Bytes masking_key, const Nonce& nonce, const MaskedResponse& response);

// All that an envelope yields to who knows the password (4.1).
struct Opened {
  oprf::KeyPair client;
  Secret export_key;
  Secret tag;  // what the envelope's must be
};
Opened open_envelope(const Secret& randomized_password, Bytes envelope_nonce,
                     const PublicKey& server, Identities identities);

// The key schedule (6.4.2).
struct SessionKeys {
  Secret handshake_secret;
  Secret server_mac_key;
  Secret client_mac_key;
  Secret session_key;
};
// The transcript up to where the server's MAC follows; `ke2` may still lack it.
Transcript preamble(Bytes context, Bytes client_identity, const Ke1& ke1, Bytes server_identity,
                    const Ke2& ke2);
SessionKeys derive_keys(const Secret& shared, const Transcript& preamble);

// The three Diffie-Hellman results, one after the other (6.4.3, 6.4.4). nullopt: an
// element is none.
struct Exchange {
  Bytes scalar;
  const oprf::Element& element;
};
std::optional<Secret> triple_dh(std::initializer_list<Exchange> three);

// The identity to use: the given one, or the public key in its place.
inline Bytes identity_or(Bytes identity, Bytes public_key) {
  return identity.empty() ? public_key : identity;
}

// Writes the parts one after the other; together they must be as long as `to`.
void concatenate(Buffer to, Parts parts);

// The bytes from `offset` on, as many as Array has.
template <typename Array>
Array slice(Bytes from, std::size_t offset) {
  Array part;
  const Bytes bytes = from.subspan(offset, part.size());
  std::copy(bytes.begin(), bytes.end(), part.begin());
  return part;
}

}  // namespace tasuki::crypto::opaque
