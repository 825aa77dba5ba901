// How client and agent prove themselves to each other inside the sealed connection
// (PROTOCOL.md, steps 6 to 10). Frames in, frames out; no socket, no clock.
//
// Each proof is bound to the connection it is made on (EB, an exporter value of the
// inner TLS) and to all that was said before it (th). A man in the middle at first
// contact has two connections, hence two EBs, and no proof fits both.
#pragma once

#include "crypto/identity.h"
#include "inner/messages.h"
#include "inner/seal.h"

namespace tasuki::inner {

// Which way client and agent believe they have come together. Both must believe
// the same, or no proof fits.
struct Route {
  std::string realm;
  std::string key_label;
  std::string computer;
  crypto::AgentId agent;
};

// EB: what the proofs on this connection are bound to.
crypto::Sha256 binding(const Sealing& seal, const Route& route);

// How an access password is registered and proved: under the user's name, towards
// the agent's identity. The strings must outlive what is returned.
inline Bytes credential_id(const std::string& user) {
  return as_bytes(user);
}
inline crypto::opaque::Identities password_identities(const std::string& user,
                                                      const crypto::AgentId& agent) {
  return {as_bytes(user), agent.bytes()};
}

// What both hold once the password is proved.
struct Grant {
  Authenticated terms;
  crypto::Secret resume_secret;  // 32 bytes
};

// Bound OPAQUE and the running hash: what the two sides have in common.
class Proof {
public:
  explicit Proof(const crypto::Sha256& binding) : binding_(binding) {}
  void said(const wire::Frame& frame);
  void said(Bytes frame) { transcript_.add(frame); }
  ByteString password_context() const;
  // The MAC of Authenticated, under the key that OPAQUE gave.
  crypto::Sha512 mac(const crypto::Secret& session_key, const Authenticated& terms) const;
  static crypto::Secret resume_secret(const crypto::Secret& session_key);

private:
  const crypto::Sha256 binding_;
  crypto::Transcript transcript_;
};

class ClientAuthentication {
public:
  struct Self {
    std::string user;
    std::string software;
    std::string host;
  };
  ClientAuthentication(const crypto::Sha256& binding, crypto::AgentId agent, Self self);

  enum class State {
    waiting,         // for the agent
    wants_password,  // call password()
    wrong_password,  // it was wrong, or the agent takes none for a while; call password() again, or
                     // end
    done,
    denied,
  };
  State state() const { return state_; }

  ByteString hello();                            // the first frame
  ByteString receive(const wire::Frame& frame);  // throws wire::ProtocolError
  ByteString password(crypto::Secret password);

  const Denied& denied() const { return denied_; }
  Grant& grant() { return *grant_; }

private:
  ByteString said(ByteString frame);

  Proof proof_;
  const crypto::AgentId agent_;
  const Self self_;
  State state_ = State::waiting;
  std::optional<crypto::opaque::Client> opaque_;
  ByteString context_;
  crypto::Secret session_key_;
  Denied denied_;
  std::optional<Grant> grant_;
};

// Tells one password of a user from the next, and nothing else about it.
inline crypto::Sha256 password_stamp(const crypto::opaque::Record& record) {
  return crypto::sha256(record);
}

// Where an agent keeps its passwords and counts the tries. Implemented on disk by
// the agent, in memory by tests.
class PasswordBook {
public:
  struct Entry {
    crypto::opaque::Record record{};
    crypto::opaque::Stretch stretch;
  };
  virtual ~PasswordBook() = default;
  virtual bool has_any() const = 0;
  virtual const crypto::opaque::ServerSetup& setup() const = 0;

  // A try arrives, and is counted at once, however many are under way. nullopt:
  // no such user, or no more tries for now; the client is shown no difference.
  virtual std::optional<Entry> attempt(const std::string& user) = 0;

  // The try was right.
  virtual void succeeded(const std::string& user) = 0;
};

class AgentAuthentication {
public:
  // `book` must outlive this. `resume_seconds`: how long a session outlives its carrier.
  AgentAuthentication(const crypto::Sha256& binding, crypto::AgentId agent, PasswordBook& book,
                      std::uint16_t resume_seconds = 0);

  enum class State { waiting, done, denied };
  State state() const { return state_; }

  ByteString receive(const wire::Frame& frame);  // throws wire::ProtocolError

  // Says no at the next opportunity, whatever the client sends: in place of any answer
  // that is still to come.
  void deny(Denial reason) { denial_ = reason; }

  bool greeted() const { return step_ != Step::hello; }
  const ClientHello& client() const { return client_; }
  // Which password was proved, once done; see password_stamp().
  const crypto::Sha256& password() const { return password_; }
  Grant& grant() { return *grant_; }

  // A client may be wrong this often on one connection.
  static constexpr unsigned tries_per_connection = 3;

private:
  enum class Step { hello, password, proof };

  ByteString said(ByteString frame);
  ByteString say_no();
  ByteString greet(const wire::Frame& frame);
  ByteString answer(const wire::Frame& frame);
  ByteString conclude(const wire::Frame& frame);

  Proof proof_;
  const crypto::AgentId agent_;
  PasswordBook& book_;
  const std::uint16_t resume_seconds_;
  State state_ = State::waiting;
  Step step_ = Step::hello;
  unsigned tries_ = 0;
  ClientHello client_;
  crypto::Sha256 password_{};  // that is being proved
  std::optional<Denial> denial_;
  std::optional<crypto::opaque::Server> opaque_;
  std::optional<Grant> grant_;
};

}  // namespace tasuki::inner
