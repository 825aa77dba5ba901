#include "inner/end.h"

namespace tasuki::inner {

End::End(Seal::Side side, const SealContext& context)
    : seal_(side, context),
      session_(side == Seal::Side::client ? Session::Side::client : Session::Side::agent) {}

void End::receive(Bytes sealed) {
  seal_.receive(sealed);
  if (!seal_.established()) return;
  if (!std::exchange(sealed_, true)) on_sealed();
  opened_.clear();
  seal_.read(opened_);
  frames_.receive(opened_);
  while (const auto frame = frames_.next()) {
    if (authenticated_)
      session_.receive(*frame);
    else
      on_frame(*frame);
  }
  if (seal_.peer_closed() && frames_.inside_frame())
    throw wire::ProtocolError("closed inside a frame");
}

void End::carrier_ended() {
  seal_.carrier_ended();
}

ByteString End::take() {
  const ByteString open = session_.take();
  if (!open.empty()) seal_.write(open);
  return seal_.take();
}

void End::close(CloseReason reason) {
  if (authenticated_) {
    session_.close(reason);
    const ByteString last = session_.take();
    seal_.write(last);
  }
  seal_.close();
}

ClientEnd::ClientEnd(const SealContext& context, Whom whom, ClientAuthentication::Self self)
    : End(Seal::Side::client, context), whom_(std::move(whom)), self_(std::move(self)) {}

// Strongest trust first, never silently weaker: a pin that does not fit is the end.
void ClientEnd::on_sealed() {
  agent_ = seal_.peer_key().id();
  if (whom_.pin && *whom_.pin != agent_) throw IdentityChanged(*whom_.pin, agent_);
  const Route route{whom_.realm, whom_.key_label, whom_.computer, agent_};
  authentication_.emplace(binding(seal_, route), agent_, self_);
  say(authentication_->hello());
}

void ClientEnd::on_frame(const wire::Frame& frame) {
  const ByteString answer = authentication_->receive(frame);
  say(answer);
  if (authentication_->state() == ClientAuthentication::State::done) authenticated();
}

void ClientEnd::password(crypto::Secret password) {
  say(authentication_->password(std::move(password)));
}

ClientEnd::Phase ClientEnd::phase() const {
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
    : End(Seal::Side::agent, context), self_(std::move(self)), book_(book) {}

void AgentEnd::on_sealed() {
  const Route route{self_.realm, self_.key_label, self_.computer, self_.id};
  authentication_.emplace(binding(seal_, route), self_.id, book_);
  if (denial_) authentication_->deny(*denial_);
}

void AgentEnd::deny(Denial reason) {
  denial_ = reason;
  if (authentication_) authentication_->deny(reason);
}

void AgentEnd::on_frame(const wire::Frame& frame) {
  const ByteString answer = authentication_->receive(frame);
  say(answer);
  if (authentication_->state() == AgentAuthentication::State::done) authenticated();
}

AgentEnd::Phase AgentEnd::phase() const {
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
