#include "inner/end.h"

namespace tasuki::inner {

Pulse::Sign End::receive(Bytes sealed) {
  if (detached_) return Pulse::Sign::part;
  const std::uint64_t counted_before = open_ ? session_->bytes_received() : 0;
  bool whole = false;
  seal_->receive(sealed);
  if (!seal_->established()) return Pulse::Sign::part;
  if (!std::exchange(sealed_, true)) on_sealed();
  opened_.clear();
  seal_->read(opened_);
  frames_.receive(opened_);
  while (const auto frame = frames_.next()) {
    whole = true;
    if (open_)
      session_->receive(*frame);
    else
      on_frame(*frame);
  }
  if (seal_->peer_closed() && frames_.inside_frame())
    throw wire::ProtocolError("closed inside a frame");
  if (open_ && session_->bytes_received() > counted_before) return Pulse::Sign::traffic;
  return whole ? Pulse::Sign::answer : Pulse::Sign::part;
}

void End::carrier_ended() {
  if (!detached_) seal_->carrier_ended();
}

ByteString End::take(std::size_t most) {
  if (open_) {
    const ByteString bytes = session_->take(most);
    if (!bytes.empty()) seal_->write(bytes);
  }
  return seal_->take();
}

void End::close(CloseReason reason) {
  if (open_) {
    session_->close(reason);
    const ByteString last = session_->take();
    seal_->write(last);
  }
  seal_->close();
}

Session& End::session() {
  if (!open_) throw std::logic_error("this end has no session");
  return *session_;
}

void End::detach() {
  detached_ = true;
  open_ = false;
  if (session_) session_->carrier_lost();
  session_ = nullptr;
}

void End::logged_in(Session::Side side, Grant grant) {
  made_ = std::make_unique<Session>(side);
  made_->ticket() = {grant.terms.session, std::move(grant.resume_secret),
                     grant.terms.resume_seconds};
  open_with(*made_);
}

void End::open_with(Session& session) {
  session_ = &session;
  open_ = true;
  frames_.allow(wire::max_payload);
}

ClientEnd::ClientEnd(const SealContext& context, Whom whom, Self self)
    : ClientEnd(std::make_unique<Seal>(Seal::Side::client, context), std::move(whom),
                std::move(self)) {}

ClientEnd::ClientEnd(std::unique_ptr<Sealing> seal, Whom whom, Self self)
    : End(std::move(seal)), whom_(std::move(whom)), self_(std::move(self)) {
  if (!self_ && !whom_.pin) throw std::logic_error("nobody resumes a session with just anyone");
}

// Strongest trust first, never silently weaker: a pin that does not fit is the end.
void ClientEnd::on_sealed() {
  agent_ = seal_->peer_key().id();
  if (whom_.pin && *whom_.pin != agent_) throw IdentityChanged(*whom_.pin, agent_);
  binding_ = binding(*seal_, {whom_.realm, whom_.key_label, whom_.computer, agent_});
  sealed_ = true;
  if (!self_) return;
  authentication_.emplace(binding_, agent_, *self_);
  say(authentication_->hello());
}

void ClientEnd::on_frame(const wire::Frame& frame) {
  if (!self_) return on_answer_to_resume(frame);
  const ByteString answer = authentication_->receive(frame);
  say(answer);
  if (authentication_->state() == ClientAuthentication::State::done)
    logged_in(Session::Side::client, std::move(authentication_->grant()));
}

void ClientEnd::password(crypto::Secret password) {
  say(authentication_->password(std::move(password)));
}

void ClientEnd::resume(Session& session) {
  if (phase() != Phase::wants_session) throw std::logic_error("no session is wanted");
  resuming_ = &session;
  said_ = ask_to_resume(session.ticket(), binding_, session.bytes_received());
  say(wire::encode(said_));
}

void ClientEnd::on_answer_to_resume(const wire::Frame& frame) {
  if (!resuming_ || denied_) throw wire::ProtocolError("the agent speaks out of turn");
  if (frame.type == std::uint8_t(MessageType::denied)) {
    denied_ = wire::decode<Denied>(frame);
    return;
  }
  const auto answer = wire::decode<Resumed>(frame);
  if (!agrees(resuming_->ticket(), binding_, said_, answer))
    throw wire::ProtocolError("the agent's answer does not fit the session");
  resuming_->resume_from(answer.next);
  open_with(*resuming_);
}

ClientEnd::Phase ClientEnd::phase() const {
  if (open()) return Phase::open;
  if (denied_) return Phase::denied;
  if (!self_) return sealed_ && !resuming_ ? Phase::wants_session : Phase::connecting;
  if (!authentication_) return Phase::connecting;
  switch (authentication_->state()) {
    case ClientAuthentication::State::waiting: return Phase::connecting;
    case ClientAuthentication::State::wants_password: return Phase::wants_password;
    case ClientAuthentication::State::wrong_password: return Phase::wrong_password;
    case ClientAuthentication::State::denied: return Phase::denied;
    case ClientAuthentication::State::done: return Phase::open;
  }
  return Phase::connecting;
}

AgentEnd::AgentEnd(const SealContext& context, Self self, PasswordBook& book)
    : AgentEnd(std::make_unique<Seal>(Seal::Side::agent, context), std::move(self), book) {}

AgentEnd::AgentEnd(std::unique_ptr<Sealing> seal, Self self, PasswordBook& book)
    : End(std::move(seal)), self_(std::move(self)), book_(book) {}

void AgentEnd::on_sealed() {
  binding_ = binding(*seal_, {self_.realm, self_.key_label, self_.computer, self_.id});
  authentication_.emplace(binding_, self_.id, book_, self_.resume_seconds);
  if (denial_) authentication_->deny(*denial_);
}

void AgentEnd::deny(Denial reason) {
  denial_ = reason;
  if (phase() == Phase::wants_session) {
    denied_resume_ = true;
    say(wire::encode(Denied{reason, {}}));
  } else if (authentication_) {
    authentication_->deny(reason);
  }
}

// The first frame decides what the client has come for.
void AgentEnd::on_frame(const wire::Frame& frame) {
  if (asked_) throw wire::ProtocolError("the client speaks out of turn");
  if (frame.type == std::uint8_t(MessageType::resume) && !authentication_->greeted()) {
    asked_ = wire::decode<Resume>(frame);
    return;
  }
  const ByteString answer = authentication_->receive(frame);
  say(answer);
  if (authentication_->state() == AgentAuthentication::State::done)
    logged_in(Session::Side::agent, std::move(authentication_->grant()));
}

bool AgentEnd::may_resume(const Session& session) const {
  return proves(session.ticket(), binding_, *asked_) && session.keeps(asked_->next);
}

void AgentEnd::resume(Session& session) {
  if (!may_resume(session)) throw std::logic_error("a session that may not be resumed");
  Resumed terms;
  terms.next = session.bytes_received();
  session.resume_from(asked_->next);
  say(wire::encode(agree_to_resume(session.ticket(), binding_, *asked_, terms)));
  open_with(session);
}

AgentEnd::Phase AgentEnd::phase() const {
  if (open()) return Phase::open;
  if (asked_) return denied_resume_ ? Phase::denied : Phase::wants_session;
  if (!authentication_) return Phase::connecting;
  switch (authentication_->state()) {
    case AgentAuthentication::State::waiting:
      return authentication_->greeted() ? Phase::proving : Phase::connecting;
    case AgentAuthentication::State::denied: return Phase::denied;
    case AgentAuthentication::State::done: return Phase::open;
  }
  return Phase::connecting;
}

}  // namespace tasuki::inner
