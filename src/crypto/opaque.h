// OPAQUE-3DH (RFC 9807), ristretto255-SHA512, HKDF-SHA-512, HMAC-SHA-512.
//
// A password proof in which neither a man in the middle nor the recorded
// messages give anything to guess at offline, and the server never sees the
// password. Three messages: the client sends KE1, the server answers KE2, the
// client checks it and sends KE3; then both hold the same session key.
//
// The client stretches the password (Argon2id, or not at all for a secret with
// 128 random bits); the server's record says how, and sends it along with KE2.
//
// Pure functions over bytes and values: no I/O, no clock; randomness comes from
// the operating system unless a test injects it.
#pragma once

#include "crypto/secret.h"

#include <array>
#include <optional>

namespace tasuki::crypto::opaque {

using PublicKey = std::array<std::uint8_t, 32>;
using Record = std::array<std::uint8_t, 192>;  // what the server keeps of a password
using Ke1 = std::array<std::uint8_t, 96>;
using Ke2 = std::array<std::uint8_t, 320>;
using Ke3 = std::array<std::uint8_t, 64>;

// How a password is stretched. {0, 0}: not at all.
struct Stretch {
  std::uint32_t passes = 0;
  std::uint32_t memory_kib = 0;
  bool operator==(const Stretch&) const = default;
};
inline constexpr Stretch stretch_none{0, 0};
// OWASP's recommendation for Argon2id with one lane.
inline constexpr Stretch stretch_password{2, 19 * 1024};
// A server may not ask for more than this of a client, or for less than one
// pass and 8 KiB if for anything.
inline constexpr Stretch stretch_most{4, 128 * 1024};
bool acceptable(Stretch stretch);

// What the two sides call each other. Empty: their public keys (RFC 9807, section 4).
// Each, and the context, at most 65,535 bytes: std::invalid_argument beyond. So is
// the password.
struct Identities {
  Bytes client;
  Bytes server;
};

// The server's long-term material: made once, kept with the records.
struct ServerSetup {
  Secret oprf_seed;    // 64 bytes
  Secret private_key;  // 32 bytes
  PublicKey public_key{};

  static ServerSetup generate();
  static std::optional<ServerSetup> decode(Bytes bytes);  // nullopt: not one
  Secret encode() const;                                  // 96 bytes: seed | private key
};

// Both sides of the registration in one process: for where the person who sets
// the password sits at the machine that keeps the record. Takes the time of the
// stretch; std::invalid_argument when that is not acceptable().
Record enroll(const ServerSetup& setup, Bytes credential_id, const Secret& password,
              Stretch stretch, Identities identities);

// Randomness that the protocol consumes, wiped after use; tests inject the RFC's.
struct ClientRandomness {
  std::array<std::uint8_t, 32> blind;  // a scalar
  std::array<std::uint8_t, 32> nonce;
  std::array<std::uint8_t, 32> keyshare_seed;
  ~ClientRandomness();
  static ClientRandomness fresh();
};
struct ServerRandomness {
  std::array<std::uint8_t, 32> masking_nonce;
  std::array<std::uint8_t, 32> nonce;
  std::array<std::uint8_t, 32> keyshare_seed;
  ~ServerRandomness();
  static ServerRandomness fresh();
};

// The client's side of one login. Each attempt takes a new one: finish() uses up
// the secrets behind KE1, so that one KE1 is never good for two guesses.
class Client {
public:
  explicit Client(Secret password, const ClientRandomness& randomness = ClientRandomness::fresh());

  const Ke1& ke1() const { return ke1_; }

  struct Finished {
    Ke3 ke3;
    Secret session_key;  // 64 bytes
    Secret export_key;   // 64 bytes
    PublicKey server;    // as the record has it: whom the password was registered with
  };
  // nullopt: wrong password, or not the server that has its record. The two
  // cannot be told apart. Also when the stretch is not acceptable(), and the second
  // time. Takes the time and the memory of the stretch; std::bad_alloc without it.
  std::optional<Finished> finish(const Ke2& ke2, Stretch stretch, Identities identities,
                                 Bytes context);

private:
  Secret password_;
  Secret blind_;
  Secret keyshare_;
  Ke1 ke1_{};
};

// The server's side of one login.
class Server {
public:
  // Answers a KE1. Without a record (nobody of that name), answers as if there
  // were one, in the same time (RFC 9807, 10.9): no KE3 will ever fit. The
  // same credential_id always yields the same fake. nullopt: KE1 is malformed. A
  // record that is damaged where it can be seen counts as none.
  static std::optional<Server> respond(
      const ServerSetup& setup, const Record* record, Bytes credential_id, Identities identities,
      Bytes context, const Ke1& ke1,
      const ServerRandomness& randomness = ServerRandomness::fresh());

  const Ke2& ke2() const { return ke2_; }

  // The session key, if KE3 proves that the client knows the password.
  std::optional<Secret> finish(const Ke3& ke3) const;

private:
  Server() = default;
  Ke2 ke2_{};
  Secret expected_;  // the KE3 that fits
  Secret session_key_;
  bool real_ = false;
};

// The registration's messages one by one (RFC 9807, section 5), for tests and
// for a password that is set from afar. See opaque.cc for their use in enroll().
// `blind` is a scalar, as ClientRandomness has it; std::invalid_argument otherwise.
// nullopt: the peer's message is malformed, or the stretch not acceptable().
using RegistrationRequest = std::array<std::uint8_t, 32>;
using RegistrationResponse = std::array<std::uint8_t, 64>;
struct RegistrationResult {
  Record record;
  Secret export_key;
};
RegistrationRequest registration_request(const Secret& password,
                                         const std::array<std::uint8_t, 32>& blind);
std::optional<RegistrationResponse> registration_response(const ServerSetup& setup,
                                                          Bytes credential_id,
                                                          const RegistrationRequest& request);
// The stretch's time and memory, as in Client::finish.
std::optional<RegistrationResult> finish_registration(
    const Secret& password, const std::array<std::uint8_t, 32>& blind,
    const std::array<std::uint8_t, 32>& envelope_nonce, const RegistrationResponse& response,
    Stretch stretch, Identities identities);

}  // namespace tasuki::crypto::opaque
