// How a gateway lets a peer in: Hello, then the gateway key by OPAQUE, then what
// the peer wants. Frames in, frames out; no socket, no clock.
//
//   state      accepts                                then
//   greeted    GatewayKey1                            proving
//              Attach                                 done
//   proving    GatewayKey3                            agent or client
//   agent      Register                               done
//   client     List (again and again), Connect        client, done
//
// Any other frame is a ProtocolError.
#pragma once

#include "control/proof.h"

#include <functional>
#include <variant>

namespace tasuki::control {

// What a gateway says of itself to everyone.
struct GatewayFacts {
  GatewayId id{};
  std::uint16_t keepalive = 60;  // seconds
};

// What the gateway keeps of a gateway key.
struct KeyRecord {
  crypto::opaque::Record record{};
  crypto::opaque::Stretch stretch;
  bool in_force = true;  // a revoked one is answered as before, and never fits
};

// We say no, and the peer may know why. `what()` is for our log.
struct RefusedError : std::runtime_error {
  RefusedError(Refusal why, const std::string& what, std::uint16_t retry = 0)
      : std::runtime_error(what), reason(why), retry_after(retry) {}
  Refusal reason;
  std::uint16_t retry_after;  // seconds
};

// What an admitted peer asks for.
struct WantsRegistration {
  ComputerId computer;
  crypto::PublicKey key;  // the agent has proved that it holds the private half
  Features features = 0;
};
struct WantsListing {};
struct WantsConnection {
  ComputerId computer;
};
struct WantsAttachment {
  Token token;
  ByteString statement;  // what was signed
  ByteString signature;  // to be held against the key of the agent the token was given to
};
using Request = std::variant<WantsRegistration, WantsListing, WantsConnection, WantsAttachment>;

class GatewayAdmission {
public:
  // The record of a key, or nullopt. Called once, on GatewayKey1.
  using FindKey = std::function<std::optional<KeyRecord>(const KeyLabel&)>;

  // `setup` must outlive this.
  GatewayAdmission(const GatewayFacts& facts, const crypto::opaque::ServerSetup& setup,
                   Exporter exporter, FindKey find_key);

  // The first bytes on the connection.
  const ByteString& hello() const { return hello_frame_; }

  // Takes the peer's next frame. Exactly one of the two is there afterwards.
  // Throws wire::ProtocolError, or RefusedError for what the peer may know.
  struct Step {
    ByteString reply;
    std::optional<Request> request;
  };
  Step receive(const wire::Frame& frame);

  // True from GatewayKey1 until the proof has succeeded: a guess is under way.
  bool guessing() const { return state_ == State::proving; }
  bool admitted() const { return state_ == State::agent || state_ == State::client; }

  // Of an admitted peer.
  const KeyLabel& label() const { return label_; }
  const std::string& software() const { return software_; }

private:
  enum class State { greeted, proving, agent, client, done };

  Step answer_key(const GatewayKey1& message);
  Step check_key(const GatewayKey3& message);
  Step check_registration(const Register& message);
  Step take_attachment(const Attach& message);

  const crypto::opaque::ServerSetup& setup_;
  const Exporter exporter_;
  const FindKey find_key_;
  Hello hello_;
  ByteString hello_frame_;
  Conversation conversation_;
  State state_ = State::greeted;
  Role role_ = Role::client;
  KeyLabel label_;
  std::string software_;
  std::optional<crypto::opaque::Server> proof_;
};

}  // namespace tasuki::control
