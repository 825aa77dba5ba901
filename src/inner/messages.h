// The messages that client and agent exchange inside the sealed connection.
// PROTOCOL.md explains them; tests/inner/vectors.json holds their bytes.
//
//   client                                    agent
//   ClientHello            ──▶
//                          ◀──                Methods
//   Password1              ──▶                (counted as a try on arrival)
//                          ◀──                Password2
//   Password3              ──▶                (the try is forgiven)
//                          ◀──                Authenticated | Denied
//   ── then channels, in both directions ──
//   Open                   ──▶
//                          ◀──                Opened | NotOpened
//   Data, Credit, Finish, Reset   ◀─▶
//   Acknowledge, Ping, Pong, Close ◀─▶
//                          ◀──                Move
//   ── over a later carrier, in place of all that comes before the channels ──
//   Resume                 ──▶
//                          ◀──                Resumed | Denied
//
// Frames from Open to Reset are *counted*: a session knows how many bytes of them
// it has sent and received, which is what a resume goes on from. The others are not.
#pragma once

#include "crypto/hash.h"
#include "crypto/opaque.h"
#include "wire/frame.h"

namespace tasuki::inner {

inline constexpr std::string_view alpn = "tasuki-e2e/1";
inline constexpr std::string_view exporter_label = "EXPORTER-tasuki-e2e-auth-v1";

enum class MessageType : std::uint8_t {
  client_hello = 0x40,
  methods,
  signature,  // reserved: device key, certificate, smart card
  password_1,
  password_2,
  password_3,
  secret,  // reserved: one-time password, RADIUS, LDAP, PAM, posture
  authenticated,
  denied,
  resume,
  resumed,
  open = 0x60,
  opened,
  not_opened,
  data,
  credit,
  finish,
  reset,
  acknowledge = 0x70,
  ping,
  pong,
  close,
  move,
};

enum class ClientKind : std::uint8_t { native = 1, browser = 2 };
constexpr bool known(ClientKind k) {
  return k == ClientKind::native || k == ClientKind::browser;
}

enum class Method : std::uint8_t { password = 1 };
constexpr bool known(Method m) {
  return m == Method::password;
}

// Why an agent turns a client away that it could otherwise let in. A wrong password
// is not among them: the client finds that out by itself.
enum class Denial : std::uint8_t {
  no_password = 1,  // none is set: every connection is refused
  too_many_sessions,
  policy,
  no_session,  // that could be resumed: over, unknown, or not proved; no difference is shown
};
constexpr bool known(Denial d) {
  return d >= Denial::no_password && d <= Denial::no_session;
}
std::string_view name(Denial denial);

struct ClientHello {
  static constexpr auto type = MessageType::client_hello;
  wire::Text<255> user;
  ClientKind kind = ClientKind::native;
  wire::Text<64> software;
  wire::Text<255> host;  // what the client's machine calls itself: shown to the person at the PC
  std::uint32_t features = 0;
  static void fields(auto& io, auto& m) { io(m.user, m.kind, m.software, m.host, m.features); }
};

struct Methods {
  static constexpr auto type = MessageType::methods;
  wire::List<Method, 16> methods;  // all of them, in this order
  std::uint64_t policy = 0;        // its number; 0: none
  crypto::Sha256 policy_hash{};
  std::uint32_t features = 0;  // the agent's; as ClientHello's
  static void fields(auto& io, auto& m) { io(m.methods, m.policy, m.policy_hash, m.features); }
};

struct Password1 {
  static constexpr auto type = MessageType::password_1;
  crypto::opaque::Ke1 ke1{};
  static void fields(auto& io, auto& m) { io(m.ke1); }
};

struct Password2 {
  static constexpr auto type = MessageType::password_2;
  std::uint32_t stretch_passes = 0;
  std::uint32_t stretch_kib = 0;
  crypto::opaque::Ke2 ke2{};
  static void fields(auto& io, auto& m) { io(m.stretch_passes, m.stretch_kib, m.ke2); }
};

struct Password3 {
  static constexpr auto type = MessageType::password_3;
  crypto::opaque::Ke3 ke3{};
  static void fields(auto& io, auto& m) { io(m.ke3); }
};

using SessionId = std::array<std::uint8_t, 16>;

struct Authenticated {
  static constexpr auto type = MessageType::authenticated;
  SessionId session{};
  std::uint32_t rights = 0xffffffff;  // bits; see PROTOCOL.md
  std::uint64_t expiry = 0;           // seconds since 1970; 0: none
  std::uint16_t resume_seconds = 0;   // how long the session outlives a transport; 0: not at all
  wire::Blob<512> checkpoint;         // of the agent's audit log; empty: none
  crypto::Sha512 mac{};               // over the transcript and all of the above
  static void fields(auto& io, auto& m) {
    io(m.session, m.rights, m.expiry, m.resume_seconds, m.checkpoint, m.mac);
  }
};

struct Denied {
  static constexpr auto type = MessageType::denied;
  Denial reason = Denial::policy;
  wire::Text<255> message;  // from the agent's administrator, for the person; may be empty
  static void fields(auto& io, auto& m) { io(m.reason, m.message); }
};

// A session goes on over this carrier. `mac` proves, bound to this very connection, that
// it is the client of that session; see resumption.h.
struct Resume {
  static constexpr auto type = MessageType::resume;
  SessionId session{};
  std::uint32_t attempt = 0;  // one more than in any Resume of this session before
  std::uint64_t next = 0;     // how many bytes of counted frames have arrived
  crypto::Sha512 mac{};
  static void fields(auto& io, auto& m) { io(m.session, m.attempt, m.next, m.mac); }
};

struct Resumed {
  static constexpr auto type = MessageType::resumed;
  std::uint64_t next = 0;
  std::uint32_t rights = 0xffffffff;  // as in Authenticated: the policy of now
  std::uint64_t expiry = 0;
  crypto::Sha512 mac{};
  static void fields(auto& io, auto& m) { io(m.next, m.rights, m.expiry, m.mac); }
};

// What a target is, so that the client knows which program fits.
enum class TargetKind : std::uint8_t { tcp = 0, vnc = 1, rdp = 2, ssh = 3 };
constexpr bool known(TargetKind k) {
  return k <= TargetKind::ssh;
}
std::string_view name(TargetKind kind);

enum class Priority : std::uint8_t { bulk = 0, interactive = 1 };
constexpr bool known(Priority p) {
  return p <= Priority::interactive;
}
std::string_view name(Priority priority);

// Why a channel is not opened, or was cut.
enum class ChannelError : std::uint8_t {
  not_allowed = 1,  // the agent's configuration does not allow this target
  unknown_target,   // no target of that name
  not_listening,    // the target refused the connection
  unreachable,      // the target could not be reached, or did not answer in time
  too_many,         // channels in this session
  broken,           // the local connection broke
  ended,            // the session or the program that used it ended
};
constexpr bool known(ChannelError e) {
  return e >= ChannelError::not_allowed && e <= ChannelError::ended;
}
std::string_view name(ChannelError error);

// A client numbers its channels from 1 upward and never reuses one.
using ChannelNumber = std::uint32_t;

struct Open {
  static constexpr auto type = MessageType::open;
  ChannelNumber channel = 0;
  wire::Text<255> target;  // a name of the agent's, or "host:port"
  Priority priority = Priority::interactive;
  std::uint32_t credit = 0;  // bytes the agent may send before it is given more
  static void fields(auto& io, auto& m) { io(m.channel, m.target, m.priority, m.credit); }
};

struct Opened {
  static constexpr auto type = MessageType::opened;
  ChannelNumber channel = 0;
  TargetKind kind = TargetKind::tcp;
  std::uint32_t credit = 0;
  static void fields(auto& io, auto& m) { io(m.channel, m.kind, m.credit); }
};

struct NotOpened {
  static constexpr auto type = MessageType::not_opened;
  ChannelNumber channel = 0;
  ChannelError reason = ChannelError::not_allowed;
  static void fields(auto& io, auto& m) { io(m.channel, m.reason); }
};

// Data is channel u32 and then bytes to the frame's end; see session.cc.

struct Credit {
  static constexpr auto type = MessageType::credit;
  ChannelNumber channel = 0;
  std::uint32_t bytes = 0;  // that may be sent in addition
  static void fields(auto& io, auto& m) { io(m.channel, m.bytes); }
};

struct Finish {
  static constexpr auto type = MessageType::finish;
  ChannelNumber channel = 0;  // no more Data from this side
  static void fields(auto& io, auto& m) { io(m.channel); }
};

struct Reset {
  static constexpr auto type = MessageType::reset;
  ChannelNumber channel = 0;
  ChannelError reason = ChannelError::ended;
  static void fields(auto& io, auto& m) { io(m.channel, m.reason); }
};

struct Acknowledge {
  static constexpr auto type = MessageType::acknowledge;
  std::uint64_t next = 0;  // how many bytes of counted frames have arrived
  static void fields(auto& io, auto& m) { io(m.next); }
};

struct Ping {
  static constexpr auto type = MessageType::ping;
  std::uint64_t cookie = 0;
  static void fields(auto& io, auto& m) { io(m.cookie); }
};

struct Pong {
  static constexpr auto type = MessageType::pong;
  std::uint64_t cookie = 0;
  static void fields(auto& io, auto& m) { io(m.cookie); }
};

enum class CloseReason : std::uint8_t {
  done = 1,
  ended_by_owner,
  expired,
  revoked,
  shutting_down,
  ended_by_administrator,  // of the gateway
};
constexpr bool known(CloseReason r) {
  return r >= CloseReason::done && r <= CloseReason::ended_by_administrator;
}

// The session is over, for good. close_notify follows.
struct Close {
  static constexpr auto type = MessageType::close;
  CloseReason reason = CloseReason::done;
  static void fields(auto& io, auto& m) { io(m.reason); }
};

// From the agent: this carrier's gateway is going; resume over another, at leisure.
struct Move {
  static constexpr auto type = MessageType::move;
  static void fields(auto&, auto&) {}
};

}  // namespace tasuki::inner
