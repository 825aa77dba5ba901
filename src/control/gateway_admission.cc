#include "control/gateway_admission.h"

#include "control/gateway_key.h"

namespace tasuki::control {

using crypto::opaque::Server;

GatewayAdmission::GatewayAdmission(const GatewayFacts& facts,
                                   const crypto::opaque::ServerSetup& setup, Exporter exporter,
                                   FindKey find_key)
    : setup_(setup),
      exporter_(std::move(exporter)),
      find_key_(std::move(find_key)),
      conversation_(exporter_) {
  hello_.gateway = facts.id;
  hello_.opaque_key = setup.public_key;
  hello_.nonce = crypto::random_array<32>();
  hello_.keepalive = facts.keepalive;
  hello_frame_ = wire::encode(hello_);
  conversation_.add(hello_frame_);
}

GatewayAdmission::Step GatewayAdmission::receive(const wire::Frame& frame) {
  Step step;
  switch (state_) {
    case State::greeted:
      step = frame.type == std::uint8_t(MessageType::attach)
                 ? take_attachment(wire::decode<Attach>(frame))
                 : answer_key(wire::decode<GatewayKey1>(frame));
      break;
    case State::proving: step = check_key(wire::decode<GatewayKey3>(frame)); break;
    case State::agent: step = check_registration(wire::decode<Register>(frame)); break;
    case State::client:
      if (frame.type == std::uint8_t(MessageType::list)) {
        wire::decode<List>(frame);
        step.request = WantsListing{};
      } else {
        const auto id = ComputerId::parse(wire::decode<Connect>(frame).computer.value);
        if (!id) throw wire::ProtocolError("malformed Computer ID");
        step.request = WantsConnection{*id};
        state_ = State::done;
      }
      break;
    case State::done: throw wire::ProtocolError("frame after the last one");
  }
  // The reply follows what it answers, on both sides.
  conversation_.add(frame);
  if (!step.reply.empty()) conversation_.add(step.reply);
  return step;
}

GatewayAdmission::Step GatewayAdmission::answer_key(const GatewayKey1& message) {
  const auto label = KeyLabel::parse(message.label.value);
  if (!label) throw wire::ProtocolError("malformed key label");
  // A peer that could bind and says it could not is a peer whose proof somebody carries here.
  // Native peers always bind; only where there is no exporter may it be missing.
  if ((message.binding == Binding::exporter) != !exporter_.empty())
    throw wire::ProtocolError("proof not bound to this connection");

  role_ = message.role;
  label_ = *label;
  software_ = message.software.value;

  const auto known = find_key_(label_);
  const bool in_force = known && known->in_force;
  proof_ = Server::respond(setup_, in_force ? &known->record : nullptr, credential_id(label_),
                           gateway_key_identities(label_),
                           gateway_key_context(role_, hello_, exporter_), message.ke1);
  if (!proof_) throw wire::ProtocolError("malformed OPAQUE message");

  const auto stretch = known ? known->stretch : crypto::opaque::stretch_none;
  state_ = State::proving;
  return {wire::encode(GatewayKey2{stretch.passes, stretch.memory_kib, proof_->ke2()}), {}};
}

GatewayAdmission::Step GatewayAdmission::check_key(const GatewayKey3& message) {
  if (!proof_->finish(message.ke3))
    throw RefusedError(Refusal::gateway_key, "gateway key does not fit label " + label_.text());
  proof_.reset();
  state_ = role_ == Role::agent ? State::agent : State::client;
  return {};
}

GatewayAdmission::Step GatewayAdmission::check_registration(const Register& message) {
  const auto id = ComputerId::parse(message.computer.value);
  if (!id) throw wire::ProtocolError("malformed Computer ID");
  if (message.chain.value.empty()) throw wire::ProtocolError("registration without a certificate");
  auto key = crypto::PublicKey::from_certificate(message.chain.value.front().value);
  if (!key) throw wire::ProtocolError("registration with an unusable certificate");
  if (!key->verify(registration_statement(conversation_.digest(), *id), message.signature.value))
    throw RefusedError(Refusal::bad_proof, "registration of " + id->text() + ": bad signature");
  state_ = State::done;
  return {{}, WantsRegistration{*id, std::move(*key), message.features}};
}

GatewayAdmission::Step GatewayAdmission::take_attachment(const Attach& message) {
  if ((message.binding == Binding::exporter) != !exporter_.empty())
    throw wire::ProtocolError("attachment not bound to this connection");
  state_ = State::done;
  return {
      {},
      WantsAttachment{message.token, attachment_statement(conversation_.digest(), message.token),
                      message.signature.value}};
}

}  // namespace tasuki::control
