// Two ends of a sealed connection, in memory, with a test as the network between.
#pragma once

#include "crypto/certificates.h"
#include "inner/seal.h"
#include "support/pieces.h"

namespace tasuki::test {

// An agent's key and what its sealed connections are made with.
struct SealIdentity {
  crypto::SigningKey key = crypto::SigningKey::generate();
  inner::SealContext context = inner::SealContext::agent(key, crypto::self_signed(key, "agent"));

  crypto::AgentId id() const { return key.public_key().id(); }
};

inline const SealIdentity& some_agent() {
  static const SealIdentity made;
  return made;
}

inline const inner::SealContext& client_context() {
  static const inner::SealContext made = inner::SealContext::client();
  return made;
}

// Carries what both have to say, in pieces of at most `largest`, until both are silent.
template <typename Left, typename Right>
void carry(Left& left, Right& right, std::size_t largest = 1 << 20) {
  for (bool silent = false; !silent;) {
    const ByteString rightward = left.take();
    in_pieces(rightward, largest, [&](Bytes piece) { right.receive(piece); });
    const ByteString leftward = right.take();
    in_pieces(leftward, largest, [&](Bytes piece) { left.receive(piece); });
    silent = rightward.empty() && leftward.empty();
  }
}

inline ByteString read(inner::Seal& seal) {
  ByteString opened;
  seal.read(opened);
  return opened;
}

struct SealPair {
  inner::Seal client{inner::Seal::Side::client, client_context()};
  inner::Seal agent{inner::Seal::Side::agent, some_agent().context};

  // Established on both sides.
  static SealPair shaken() {
    SealPair pair;
    carry(pair.client, pair.agent);
    return pair;
  }
};

// A stream of TLS records, cut into them.
inline std::vector<ByteString> records(Bytes stream) {
  std::vector<ByteString> cut;
  while (!stream.empty()) {
    if (stream.size() < 5) throw std::logic_error("half a record header");
    const std::size_t size = 5 + (std::size_t(stream[3]) << 8 | stream[4]);
    if (stream.size() < size) throw std::logic_error("half a record");
    cut.emplace_back(stream.begin(), stream.begin() + long(size));
    stream = stream.subspan(size);
  }
  return cut;
}

}  // namespace tasuki::test
