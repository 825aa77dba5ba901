// Two sides of one session that goes from carrier to carrier, with a test as the carrier
// and as those who decide.
#pragma once

#include "inner/end.h"
#include "support/passwords.h"
#include "support/sessions.h"

#include <memory>

namespace tasuki::test {

// What a session's sides would be hurt by, if somebody changed it.
inline std::vector<std::uint64_t> trace(const Session& session) {
  return {session.bytes_sent(), session.bytes_received(), session.memory_used(), session.waiting(),
          session.ticket().attempts};
}

inline constexpr crypto::Sha256 some_secret{9, 8, 7};
inline constexpr inner::SessionId some_session{1, 2, 3};

struct Resumable : Sessions {
  Passwords book{some_agent().id()};

  // Both ends of a carrier. Neither is sealed yet.
  struct Carrier {
    inner::ClientEnd client;
    inner::AgentEnd agent;

    explicit Carrier(inner::PasswordBook& book)
        : client(client_context(), {"realm", "label", "pc", some_agent().id()}, std::nullopt),
          agent(some_agent().context, {"realm", "label", "pc", some_agent().id()}, book) {}

    void detach() {
      client.detach();
      agent.detach();
    }
  };

  Resumable() {
    client.ticket() = {some_session, crypto::Secret(some_secret), 300};
    agent.ticket() = {some_session, crypto::Secret(some_secret), 300};
  }

  std::unique_ptr<Carrier> carrier() { return std::make_unique<Carrier>(book); }

  // What their owners do when the ends have come so far. True: something was done.
  bool proceed(Carrier& over) {
    if (over.client.phase() == inner::ClientEnd::Phase::wants_session) {
      over.client.resume(client);
      return true;
    }
    if (over.agent.phase() == inner::AgentEnd::Phase::wants_session &&
        over.agent.may_resume(agent)) {
      over.agent.resume(agent);
      return true;
    }
    return false;
  }

  void resume(Carrier& over) {
    do carry(over.client, over.agent);
    while (proceed(over));
  }
};

}  // namespace tasuki::test
