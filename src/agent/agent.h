// The agent: stay registered, take pairings, connect channels to local targets. Read
// agent.cc from the top.
//
// Runs on one loop. Opens no socket that listens, but a control socket in its state
// directory, and one for the LAN if its owner allowed it.
#pragma once

#include "agent/config.h"
#include "agent/enrolment.h"
#include "agent/sessions.h"
#include "net/asio.h"

#include <memory>

namespace tasuki::agent {

struct Status {
  std::string computer;
  std::string agent_id;
  std::string realm;
  std::string gateway;  // where it is registered; empty: nowhere now
  std::string trouble;  // why not, if so
  std::string direct;   // where it listens for the LAN; empty: nowhere
};

class Agent {
public:
  Agent(asio::io_context& loop, AgentConfig config, Identity identity);
  ~Agent();

  // Begins to register, and goes on trying. `on_fatal` is called when trying again
  // cannot help (key revoked, Computer ID taken): the loop then should end.
  // Throws CannotListen (agent/direct.h), std::system_error for its control socket.
  void start(std::function<void(std::exception_ptr)> on_fatal);
  void stop();  // says goodbye to gateway and clients

  Status status() const;

private:
  class Running;
  std::shared_ptr<Running> running_;  // shared with the conversations that are under way
};

// Registers once and leaves: whether the gateway takes this agent. Throws
// net::ReachError, control::RefusedByGateway, std::system_error.
asio::awaitable<void> try_registration(const Identity& identity, const AgentConfig& config);

// What a running agent says of itself, asked through its control socket; as JSON.
// nullopt: no agent runs with that state.
std::optional<std::string> ask_status(const std::filesystem::path& state);

}  // namespace tasuki::agent
