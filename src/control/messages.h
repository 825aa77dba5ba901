// The messages between a peer (agent or client) and a gateway, in the order in
// which they are sent. PROTOCOL.md explains them; tests/control/vectors.json
// holds their bytes.
//
//   gateway          agent                        client
//   Hello      ──▶   GatewayKey1 ─▶ GatewayKey2 ─▶ GatewayKey3     (both alike)
//                    Register ─▶ Registered       List ─▶ Listing
//                    ◀─ Ping/Pong ─▶              Connect ─▶ …
//                    ◀─ Incoming
//                    Declined ─▶                                   (or not at all)
//                    ◀─ Drain
//   Hello      ──▶   Attach  (new connection)
//                    ◀─────────── Paired ───────────▶
//   From then on, the two connections carry what client and agent say to each
//   other. Refused may stand in place of any answer; the connection then closes.
#pragma once

#include "crypto/hash.h"
#include "crypto/opaque.h"
#include "wire/frame.h"

namespace tasuki::control {

inline constexpr std::uint16_t protocol_version = 1;
inline constexpr std::string_view alpn = "tasuki/1";
inline constexpr std::string_view outer_exporter_label = "EXPORTER-tasuki-outer-v1";

enum class MessageType : std::uint8_t {
  hello = 0x01,
  gateway_key_1,
  gateway_key_2,
  gateway_key_3,
  register_agent = 0x10,
  registered,
  list,
  listing,
  connect,
  incoming,
  declined,
  attach,
  paired,
  refused = 0x20,
  ping,
  pong,
  drain,
  end,
};

enum class Role : std::uint8_t { agent = 1, client = 2 };
constexpr bool known(Role r) {
  return r == Role::agent || r == Role::client;
}

// Whether the peer could bind its proof to the outer TLS. A browser cannot, nor
// a peer behind a proxy that opens TLS.
enum class Binding : std::uint8_t { none = 0, exporter = 1 };
constexpr bool known(Binding b) {
  return b == Binding::none || b == Binding::exporter;
}

// Why the gateway says no. Each has this one name everywhere: wire, log, metrics.
enum class Refusal : std::uint8_t {
  version = 1,  // the peer speaks another version of the protocol
  gateway_key,  // wrong key or unknown label: no difference is shown
  unavailable,  // Computer ID unknown, offline or of another key: no difference is shown
  id_taken,     // the Computer ID belongs to another agent's key
  bad_proof,    // the signature does not fit the key
  busy,         // over a limit; come back after retry_after
  revoked,      // the gateway key was revoked
  replaced,     // another connection of the same agent took this one's place
  ended,        // an administrator ended it
};
constexpr bool known(Refusal r) {
  return r >= Refusal::version && r <= Refusal::ended;
}
std::string_view name(Refusal refusal);  // "gateway_key"

using GatewayId = std::array<std::uint8_t, 16>;
using Nonce = std::array<std::uint8_t, 32>;
using Token = std::array<std::uint8_t, 32>;
using PairId = std::array<std::uint8_t, 16>;

// Bits in `features`: "I understand this". Unknown ones are ignored.
using Features = std::uint32_t;
inline constexpr Features feature_drain = 1;  // in Register: the agent understands Drain and End

struct Hello {
  static constexpr auto type = MessageType::hello;
  std::uint16_t version = protocol_version;
  GatewayId gateway{};
  crypto::opaque::PublicKey opaque_key{};
  Nonce nonce{};
  std::uint16_t keepalive = 60;  // seconds of silence after which an agent says Ping (CMPI)
  Features features = 0;
  static void fields(auto& io, auto& m) {
    io(m.version, m.gateway, m.opaque_key, m.nonce, m.keepalive, m.features);
  }
};

struct GatewayKey1 {
  static constexpr auto type = MessageType::gateway_key_1;
  Role role = Role::client;
  Binding binding = Binding::none;
  wire::Text<32> label;
  crypto::opaque::Ke1 ke1{};
  wire::Text<64> software;  // "tasuki 0.1.0": for the log
  Features features = 0;
  static void fields(auto& io, auto& m) {
    io(m.role, m.binding, m.label, m.ke1, m.software, m.features);
  }
};

struct GatewayKey2 {
  static constexpr auto type = MessageType::gateway_key_2;
  std::uint32_t stretch_passes = 0;
  std::uint32_t stretch_kib = 0;
  crypto::opaque::Ke2 ke2{};
  static void fields(auto& io, auto& m) { io(m.stretch_passes, m.stretch_kib, m.ke2); }
};

struct GatewayKey3 {
  static constexpr auto type = MessageType::gateway_key_3;
  crypto::opaque::Ke3 ke3{};
  static void fields(auto& io, auto& m) { io(m.ke3); }
};

struct Register {
  static constexpr auto type = MessageType::register_agent;
  wire::Text<31> computer;
  wire::List<wire::Blob<4096>, 3> chain;  // certificates, the agent's own first
  wire::Blob<128> signature;              // over the transcript; see proof.h
  Features features = 0;
  static void fields(auto& io, auto& m) { io(m.computer, m.chain, m.signature, m.features); }
};

struct Registered {
  static constexpr auto type = MessageType::registered;
  wire::Text<64> source;  // how the gateway sees the agent's address
  static void fields(auto& io, auto& m) { io(m.source); }
};

struct List {
  static constexpr auto type = MessageType::list;
  static void fields(auto&, auto&) {}
};

struct ListedAgent {
  wire::Text<31> computer;
  crypto::Sha256 agent{};      // as the gateway has it: a hint, never a proof
  std::uint64_t since = 0;     // seconds since 1970: connected since
  std::uint32_t sessions = 0;  // pairs that it has now
  static void fields(auto& io, auto& m) { io(m.computer, m.agent, m.since, m.sessions); }
};

struct Listing {
  static constexpr auto type = MessageType::listing;
  std::uint8_t more = 0;  // 1: another Listing follows
  wire::List<ListedAgent, 100> agents;
  static void fields(auto& io, auto& m) { io(m.more, m.agents); }
};

struct Connect {
  static constexpr auto type = MessageType::connect;
  wire::Text<31> computer;
  Features features = 0;
  static void fields(auto& io, auto& m) { io(m.computer, m.features); }
};

struct Incoming {
  static constexpr auto type = MessageType::incoming;
  Token token{};
  std::uint16_t seconds = 15;  // until the token is worth nothing
  wire::Text<64> source;       // the client's address, as the gateway sees it
  static void fields(auto& io, auto& m) { io(m.token, m.seconds, m.source); }
};

struct Declined {
  static constexpr auto type = MessageType::declined;
  Token token{};
  static void fields(auto& io, auto& m) { io(m.token); }
};

struct Attach {
  static constexpr auto type = MessageType::attach;
  Token token{};
  Binding binding = Binding::none;
  wire::Blob<128> signature;  // see proof.h
  Features features = 0;
  static void fields(auto& io, auto& m) { io(m.token, m.binding, m.signature, m.features); }
};

struct Paired {
  static constexpr auto type = MessageType::paired;
  PairId pair{};
  Features features = 0;
  static void fields(auto& io, auto& m) { io(m.pair, m.features); }
};

struct Refused {
  static constexpr auto type = MessageType::refused;
  Refusal reason = Refusal::unavailable;
  std::uint16_t retry_after = 0;  // seconds; 0: no advice
  static void fields(auto& io, auto& m) { io(m.reason, m.retry_after); }
};

// Of a pair that an administrator ended: the session is to end, not only its line. Else
// client and agent would go on with it over the next pair.
struct End {
  static constexpr auto type = MessageType::end;
  PairId pair{};
  static void fields(auto& io, auto& m) { io(m.pair); }
};

// "I am going: register elsewhere, or here again with whoever comes after me."
struct Drain {
  static constexpr auto type = MessageType::drain;
  std::uint16_t retry_after = 0;  // seconds until there is any use in coming here again
  static void fields(auto& io, auto& m) { io(m.retry_after); }
};

struct Ping {
  static constexpr auto type = MessageType::ping;
  std::uint64_t cookie = 0;
  static void fields(auto& io, auto& m) { io(m.cookie); }
};

struct Pong {
  static constexpr auto type = MessageType::pong;
  std::uint64_t cookie = 0;  // the Ping's
  static void fields(auto& io, auto& m) { io(m.cookie); }
};

}  // namespace tasuki::control
