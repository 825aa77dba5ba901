// The side that reaches: list agents, open a session with one, open channels in it.
//
// Everything here is awaited on one loop. What goes wrong is thrown by what it is:
//
//   net::ReachError               the gateway cannot be reached (network, proxy)
//   std::system_error             the connection broke; StreamError::untrusted: not our gateway
//   control::RefusedByGateway     gateway key, Computer ID not available, over a limit …
//   inner::IdentityChanged        the agent's key is not the pinned one
//   WrongPassword, Denied         the agent (or rather we) said no
//   inner::SealError, wire::ProtocolError   the session was broken or interfered with
//   ChannelRefused                the agent does not open that target
#pragma once

#include "client/pins.h"
#include "control/messages.h"
#include "inner/end.h"
#include "peer/door.h"
#include "peer/live_session.h"

namespace tasuki::client {

// Three times wrong, or no password was given.
struct WrongPassword : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct Denied : std::runtime_error {
  Denied(inner::Denial why, const std::string& words)
      : std::runtime_error("the agent refuses: " + std::string(name(why))),
        reason(why),
        message(words) {}
  inner::Denial reason;
  std::string message;  // from the agent's administrator; may be empty
};

// The agents that this gateway key can see, at any gateway of the profile, by Computer ID.
// Gateways that do not answer within moments are left out, unless it is all of them.
asio::awaitable<std::vector<control::ListedAgent>> list_agents(const peer::Door& door);

// Asked for an access password; `again`: the one before was wrong. nullopt: the person
// gives up. May block the loop: nothing else happens meanwhile.
using AskPassword = std::function<std::optional<crypto::Secret>(bool again)>;

struct Reach {
  control::ComputerId computer;
  std::string user;
  AskPassword ask_password;
  std::function<void(std::string_view step)> progress;  // "gateway", "password", "open"
  std::function<void(const peer::LineNews&)> on_line;
  std::vector<net::Address> direct;  // where the agent may be found without a gateway
  bool discover = false;             // whether the LAN is asked for it
};

class ClientSession {
  struct Private {};

public:
  explicit ClientSession(Private) {}  // by open() only
  ~ClientSession();                   // breaks off what is not over yet

  // Reaches the agent, through a gateway or directly, and proves the password; at first
  // contact writes the pin. From then on the session outlives its line: the agent is
  // looked for again, either way, when that is lost.
  static asio::awaitable<std::unique_ptr<ClientSession>> open(
      std::shared_ptr<const peer::Door> door, Pins& pins, Reach reach);

  peer::LiveSession& live() { return *live_; }
  const crypto::AgentId& agent() const { return agent_; }
  bool first_contact() const { return first_contact_; }
  const std::string& way() const { return way_; }  // that it came; now may be another

private:
  std::shared_ptr<peer::LiveSession> live_;  // shared with its own coroutines
  crypto::AgentId agent_;
  std::string way_;
  bool first_contact_ = false;
};

}  // namespace tasuki::client
