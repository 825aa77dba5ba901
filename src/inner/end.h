// One end of a carrier of a session, whole: the seal, the proofs, and then the
// session's frames. Bytes in, bytes out: whoever has a carrier (a pair through a
// gateway, a test's queue) feeds it and sends what it gives.
//
//   while carried bytes come:  end.receive(bytes);  ask for phase() and events;  send end.take();
//   when the carrier ends:     end.carrier_ended();
//
// A log-in makes a session; take_session() makes it the caller's, since it outlives
// this end. When the carrier is lost, detach() it, make another end, and resume() it there.
//
// All throw SealError or wire::ProtocolError when the peer, or somebody between,
// breaks the rules; the end is then of no more use. Not thread-safe.
#pragma once

#include "inner/authentication.h"
#include "inner/pulse.h"
#include "inner/seal.h"
#include "inner/session.h"

namespace tasuki::inner {

class End {
public:
  virtual ~End() = default;

  // Says what came, for whoever watches whether the other side lives. Of meaning once open.
  Pulse::Sign receive(Bytes sealed);
  void carrier_ended();
  ByteString take(std::size_t most = SIZE_MAX);  // about so many bytes of the session at once
  std::size_t waiting() const { return seal_->waiting() + (open_ ? session_->waiting() : 0); }

  // The channels. Only while open(): std::logic_error.
  Session& session();

  // The session that the log-in made, which stays attached to this end. Once, once open.
  std::unique_ptr<Session> take_session() { return std::move(made_); }

  // The session goes on elsewhere. Whatever comes here from now on is dropped.
  void detach();
  bool open() const { return open_; }

  // Seals with a new key from now on (RFC 8446, 4.6.3).
  void renew_key() { seal_->renew_key(); }

  // Says goodbye, after all that was written: Close, close_notify. take() once more, then
  // end the carrier.
  void close(CloseReason reason);
  bool peer_closed() const { return seal_->peer_closed(); }

protected:
  explicit End(std::unique_ptr<Sealing> seal) : seal_(std::move(seal)) {}

  virtual void on_sealed() = 0;
  virtual void on_frame(const wire::Frame& frame) = 0;
  void say(Bytes frame) { seal_->write(frame); }
  void logged_in(Session::Side side, Grant grant);
  void open_with(Session& session);

  const std::unique_ptr<Sealing> seal_;

private:
  std::unique_ptr<Session> made_;
  Session* session_ = nullptr;  // made_, until that is taken, or one that was resumed
  wire::FrameReader frames_;
  ByteString opened_;
  bool sealed_ = false;
  bool open_ = false;
  bool detached_ = false;
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
  // To log in; or, without a self, to resume a session, whose agent then is whom.pin.
  using Self = std::optional<ClientAuthentication::Self>;
  ClientEnd(const SealContext& context, Whom whom, Self self);
  ClientEnd(std::unique_ptr<Sealing> seal, Whom whom, Self self);

  enum class Phase { connecting, wants_password, wrong_password, wants_session, denied, open };
  Phase phase() const;

  void password(crypto::Secret password);  // in wants_password or wrong_password

  // In wants_session. The session is detached from its last end by then.
  void resume(Session& session);

  const Denied& denied() const { return denied_ ? *denied_ : authentication_->denied(); }
  // Proved, once open: only then may it be pinned.
  const crypto::AgentId& agent() const { return agent_; }

private:
  void on_sealed() override;
  void on_frame(const wire::Frame& frame) override;

  void on_answer_to_resume(const wire::Frame& frame);

  const Whom whom_;
  const Self self_;
  crypto::AgentId agent_;
  std::optional<ClientAuthentication> authentication_;
  crypto::Sha256 binding_{};
  Session* resuming_ = nullptr;  // the caller's, which outlives the attempt or is detached
  Resume said_;
  std::optional<Denied> denied_;  // the resume
  bool sealed_ = false;
};

class AgentEnd final : public End {
public:
  struct Self {
    std::string realm, key_label, computer;
    crypto::AgentId id;
    std::uint16_t resume_seconds = 0;  // how long its sessions outlive a carrier
  };
  // `book` must outlive this.
  AgentEnd(const SealContext& context, Self self, PasswordBook& book);
  AgentEnd(std::unique_ptr<Sealing> seal, Self self, PasswordBook& book);

  enum class Phase { connecting, proving, wants_session, denied, open };
  Phase phase() const;

  // Before the client is let in; nothing afterwards. Said before it is known what the
  // client has come for, it holds for a log-in, not for a resume.
  void deny(Denial reason);
  const ClientHello& client() const { return authentication_->client(); }
  const crypto::Sha256& password() const { return authentication_->password(); }

  // In wants_session: the client wants to go on with this one. Deny it, or find out
  // whether it may, detach the session from the end that it has, and resume it here.
  const SessionId& wanted() const { return asked_->session; }
  bool may_resume(const Session& session) const;
  void resume(Session& session);

private:
  void on_sealed() override;
  void on_frame(const wire::Frame& frame) override;

  const Self self_;
  PasswordBook& book_;
  std::optional<Denial> denial_;
  crypto::Sha256 binding_{};
  std::optional<AgentAuthentication> authentication_;
  std::optional<Resume> asked_;
  bool denied_resume_ = false;
};

}  // namespace tasuki::inner
