#include "control/peer_admission.h"

#include "control/gateway_key.h"

namespace tasuki::control {

RefusedByGateway::RefusedByGateway(const Refused& message)
    : std::runtime_error("refused by the gateway: " + std::string(name(message.reason))),
      reason(message.reason),
      retry_after(message.retry_after) {}

PeerAdmission::PeerAdmission(Role role, KeyLabel label, crypto::Secret gateway_key,
                             Exporter exporter, std::string software)
    : role_(role),
      label_(std::move(label)),
      exporter_(std::move(exporter)),
      software_(std::move(software)),
      proof_(std::move(gateway_key)),
      conversation_(exporter_) {}

ByteString PeerAdmission::said(ByteString frame) {
  conversation_.add(frame);
  return frame;
}

ByteString PeerAdmission::receive(const wire::Frame& frame) {
  switch (state_) {
    case State::waiting_for_hello: {
      hello_ = expect<Hello>(frame);
      conversation_.add(frame);
      if (hello_->version != protocol_version) throw RefusedByGateway({Refusal::version, 0});
      state_ = State::proving;
      GatewayKey1 message;
      message.role = role_;
      message.binding = exporter_.empty() ? Binding::none : Binding::exporter;
      message.label.value = label_.text();
      message.ke1 = proof_.ke1();
      message.software.value = software_;
      return said(wire::encode(message));
    }
    case State::proving: {
      const auto answer = expect<GatewayKey2>(frame);
      conversation_.add(frame);
      const crypto::opaque::Stretch stretch{answer.stretch_passes, answer.stretch_kib};
      if (!acceptable(stretch)) throw wire::ProtocolError("gateway asks for too much stretching");
      const auto finished = proof_.finish(answer.ke2, stretch, gateway_key_identities(label_),
                                          gateway_key_context(role_, *hello_, exporter_));
      if (!finished) throw RefusedByGateway({Refusal::gateway_key, 0});
      if (!crypto::equal(finished->server, hello_->opaque_key))
        throw wire::ProtocolError("gateway proved another key than it announced");
      state_ = State::admitted;
      return said(wire::encode(GatewayKey3{finished->ke3}));
    }
    case State::admitted: break;
  }
  throw std::logic_error("admission is over");
}

ByteString PeerAdmission::register_as(const ComputerId& computer, const crypto::SigningKey& key,
                                      Bytes certificate) {
  Register message;
  message.computer.value = computer.text();
  message.chain.value.push_back({{certificate.begin(), certificate.end()}});
  message.signature.value = key.sign(registration_statement(conversation_.digest(), computer));
  message.features = feature_drain;
  return said(wire::encode(message));
}

ByteString PeerAdmission::list() {
  return said(wire::encode(List{}));
}

ByteString PeerAdmission::connect(const ComputerId& computer) {
  Connect message;
  message.computer.value = computer.text();
  return said(wire::encode(message));
}

ByteString attach(const wire::Frame& hello, const Token& token, const crypto::SigningKey& key,
                  const Exporter& exporter) {
  Conversation conversation(exporter);
  conversation.add(hello);
  Attach message;
  message.token = token;
  message.binding = exporter.empty() ? Binding::none : Binding::exporter;
  message.signature.value = key.sign(attachment_statement(conversation.digest(), token));
  return wire::encode(message);
}

}  // namespace tasuki::control
