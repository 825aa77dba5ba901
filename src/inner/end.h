// One end of a session, whole: the seal, the proofs, and then the channels. Bytes
// in, bytes out: whoever has a carrier (a pair through a gateway, a test's queue)
// feeds it and sends what it gives.
//
//   while carried bytes come:  end.receive(bytes);  ask for phase() and events;  send end.take();
//   when the carrier ends:     end.carrier_ended();
//
// All throw SealError or wire::ProtocolError when the peer, or somebody between,
// breaks the rules; the end is then of no more use. Not thread-safe.
#pragma once

#include "inner/authentication.h"
#include "inner/seal.h"
#include "inner/session.h"

namespace tasuki::inner {

class End {
public:
  virtual ~End() = default;

  void receive(Bytes sealed);
  void carrier_ended();
  ByteString take();
  std::size_t waiting() const { return seal_.waiting() + session_.waiting(); }

  // The channels; of use once authenticated.
  Session& session() { return session_; }

  // Seals with a new key from now on (RFC 8446, 4.6.3).
  void renew_key() { seal_.renew_key(); }

  // Says goodbye: Close, close_notify. take() once more, then end the carrier.
  void close(CloseReason reason);
  bool peer_closed() const { return seal_.peer_closed(); }

protected:
  End(Seal::Side side, const SealContext& context);

  virtual void on_sealed() = 0;
  virtual void on_frame(const wire::Frame& frame) = 0;
  void say(Bytes frame) { seal_.write(frame); }
  void authenticated() {
    authenticated_ = true;
    frames_.allow(wire::max_payload);
  }

  Seal seal_;

private:
  Session session_;
  wire::FrameReader frames_;
  ByteString opened_;
  bool sealed_ = false;
  bool authenticated_ = false;
};

// The agent's key is not the one that was pinned: another agent, or an impostor.
struct IdentityChanged : std::runtime_error {
  IdentityChanged(const crypto::AgentId& expected_id, const crypto::AgentId& actual_id)
      : std::runtime_error("the agent's identity is not the pinned one"),
        expected(expected_id),
        actual(actual_id) {}
  crypto::AgentId expected, actual;
};

class ClientEnd final : public End {
public:
  struct Whom {
    std::string realm, key_label, computer;
    std::optional<crypto::AgentId> pin;  // nullopt: first contact, the password decides
  };
  ClientEnd(const SealContext& context, Whom whom, ClientAuthentication::Self self);

  enum class Phase { connecting, wants_password, wrong_password, denied, open };
  Phase phase() const;

  void password(crypto::Secret password);  // in wants_password or wrong_password

  const Denied& denied() const { return authentication_->denied(); }
  // Proved, once open: only then may it be pinned.
  const crypto::AgentId& agent() const { return agent_; }

private:
  void on_sealed() override;
  void on_frame(const wire::Frame& frame) override;

  const Whom whom_;
  const ClientAuthentication::Self self_;
  crypto::AgentId agent_;
  std::optional<ClientAuthentication> authentication_;
};

class AgentEnd final : public End {
public:
  struct Self {
    std::string realm, key_label, computer;
    crypto::AgentId id;
  };
  // `book` must outlive this.
  AgentEnd(const SealContext& context, Self self, PasswordBook& book);

  enum class Phase { connecting, proving, denied, open };
  Phase phase() const;

  void deny(Denial reason);  // before the client is let in; nothing afterwards
  const ClientHello& client() const { return authentication_->client(); }

private:
  void on_sealed() override;
  void on_frame(const wire::Frame& frame) override;

  const Self self_;
  PasswordBook& book_;
  std::optional<Denial> denial_;
  std::optional<AgentAuthentication> authentication_;
};

}  // namespace tasuki::inner
