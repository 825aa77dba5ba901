// How a peer (agent or client) enters a gateway: the other side of
// gateway_admission.h. Frames in, frames out; no socket, no clock.
#pragma once

#include "control/proof.h"

#include <variant>

namespace tasuki::control {

// The gateway said no; or its proof shows that it does not know our gateway key,
// which looks the same from here.
struct RefusedByGateway : std::runtime_error {
  explicit RefusedByGateway(const Refused& message);
  Refusal reason;
  std::uint16_t retry_after;  // seconds; 0: no advice
};

class PeerAdmission {
public:
  PeerAdmission(Role role, KeyLabel label, crypto::Secret gateway_key, Exporter exporter,
                std::string software);

  // Takes the gateway's next frame, gives what to send in turn. After Hello:
  // GatewayKey1. After GatewayKey2: GatewayKey3, and admitted() holds: go on at
  // once, without waiting. Throws RefusedByGateway or wire::ProtocolError.
  // Stretching a weak gateway key takes some 10 ms.
  ByteString receive(const wire::Frame& frame);

  bool greeted() const { return hello_.has_value(); }
  bool admitted() const { return state_ == State::admitted; }
  const Hello& hello() const { return *hello_; }

  // What an admitted peer sends next.
  ByteString register_as(const ComputerId& computer, const crypto::SigningKey& key,
                         Bytes certificate);
  ByteString list();
  ByteString connect(const ComputerId& computer);

private:
  enum class State { waiting_for_hello, proving, admitted };

  ByteString said(ByteString frame);

  const Role role_;
  const KeyLabel label_;
  const Exporter exporter_;
  const std::string software_;
  crypto::opaque::Client proof_;
  Conversation conversation_;
  std::optional<Hello> hello_;
  State state_ = State::waiting_for_hello;
};

// An agent's answer to Incoming, on a connection of its own: needs no gateway
// key, since the token came over an admitted connection.
ByteString attach(const wire::Frame& hello, const Token& token, const crypto::SigningKey& key,
                  const Exporter& exporter);

// Reads an answer as an M; throws RefusedByGateway if it is a refusal.
template <typename M>
M expect(const wire::Frame& frame) {
  if (frame.type == std::uint8_t(MessageType::refused))
    throw RefusedByGateway(wire::decode<Refused>(frame));
  return wire::decode<M>(frame);
}

}  // namespace tasuki::control
