// Both sides of a gateway's door, in memory: a gateway that knows one gateway key,
// and peers that know it or not.
#pragma once

#include "control/gateway_admission.h"
#include "control/gateway_key.h"
#include "control/peer_admission.h"
#include "crypto/certificates.h"
#include "support/frames.h"

namespace tasuki::test {

inline constexpr std::string_view right_key = "tk-the right gateway key";

inline control::KeyLabel label(std::string_view text) {
  return control::KeyLabel::parse(text).value();
}
inline control::ComputerId computer(std::string_view text) {
  return control::ComputerId::parse(text).value();
}

inline crypto::Secret secret(std::string_view text) {
  return crypto::Secret(as_bytes(text));
}

// What a gateway keeps of a gateway key.
inline control::KeyRecord enroll_gateway_key(
    const crypto::opaque::ServerSetup& setup, const control::KeyLabel& label,
    std::string_view key = right_key,
    crypto::opaque::Stretch stretch = crypto::opaque::stretch_none) {
  return {crypto::opaque::enroll(setup, control::credential_id(label), secret(key), stretch,
                                 control::gateway_key_identities(label)),
          stretch, true};
}

// An agent's key with the certificate around it.
struct AgentIdentity {
  crypto::SigningKey key = crypto::SigningKey::generate();
  ByteString certificate = crypto::self_signed(key, "agent");
};

// One that is as good as any other.
inline const AgentIdentity& some_agent() {
  static const AgentIdentity made;
  return made;
}

// One connection that reaches a gateway: the gateway's side of it, and what a test
// needs to be the peer.
class Door {
public:
  explicit Door(control::Exporter shared = ByteString(32, 0xee)) : exporter(std::move(shared)) {}

  // By default both sides see the same exporter, and the label "office" has `right_key`.
  control::GatewayAdmission gateway() const {
    return control::GatewayAdmission({{}, 60}, setup(), exporter, find_key);
  }
  control::PeerAdmission peer(control::Role role, std::string_view key = right_key,
                              std::string_view key_label = "office") const {
    return control::PeerAdmission(role, label(key_label), secret(key), exporter, "test 1");
  }

  control::Exporter exporter;
  control::GatewayAdmission::FindKey find_key =
      [](const control::KeyLabel& asked) -> std::optional<control::KeyRecord> {
    static const control::KeyRecord office = enroll_gateway_key(setup(), label("office"));
    if (asked == label("office")) return office;
    return std::nullopt;
  };

  static const crypto::opaque::ServerSetup& setup() {
    static const auto made = crypto::opaque::ServerSetup::generate();
    return made;
  }
};

// Takes a peer up to where it is admitted.
inline void admit(control::GatewayAdmission& gateway, control::PeerAdmission& peer) {
  const ByteString key1 = peer.receive(frame_in(gateway.hello()));
  const ByteString key2 = gateway.receive(frame_in(key1)).reply;
  const ByteString key3 = peer.receive(frame_in(key2));
  gateway.receive(frame_in(key3));
}

}  // namespace tasuki::test
