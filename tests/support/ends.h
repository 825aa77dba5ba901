// Both ends of a session, whole, with a test as the carrier between them.
#pragma once

#include "inner/end.h"
#include "support/passwords.h"
#include "support/sessions.h"

namespace tasuki::test {

struct Ends {
  Passwords book{some_agent().id()};
  inner::ClientEnd client;
  inner::AgentEnd agent;

  using Phase = inner::ClientEnd::Phase;

  explicit Ends(std::optional<crypto::AgentId> pin = {}, const std::string& client_asks_for = "pc")
      : client(client_context(), {"realm", "label", client_asks_for, pin},
               inner::ClientAuthentication::Self{"alice", "test 1", "me"}),
        agent(some_agent().context, {"realm", "label", "pc", some_agent().id()}, book) {
    book.set("alice");
  }

  void pass(std::size_t largest = 1 << 20) { carry(client, agent, largest); }

  // Up to where channels may be opened.
  void log_in() {
    pass();
    client.password(secret(right_password));
    pass();
  }
};

}  // namespace tasuki::test
