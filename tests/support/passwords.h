// An agent's passwords, in memory: what AgentAuthentication asks, and what it told.
#pragma once

#include "inner/authentication.h"
#include "inner/session.h"
#include "support/frames.h"
#include "support/hex.h"
#include "support/seals.h"

#include <map>

namespace tasuki::test {

inline crypto::Secret secret(std::string_view text) {
  return crypto::Secret(as_bytes(text));
}

inline constexpr std::string_view right_password = "correct horse";

class Passwords final : public inner::PasswordBook {
public:
  explicit Passwords(const crypto::AgentId& agent) : agent_(agent) {}

  // Cheap to stretch, unless a test is about just that.
  void set(const std::string& user, std::string_view password = right_password,
           crypto::opaque::Stretch stretch = {1, 8}) {
    entries_[user] = {enrolled(user, password, stretch), stretch};
  }

  bool has_any() const override { return !entries_.empty(); }
  const crypto::opaque::ServerSetup& setup() const override { return shared_setup(); }
  std::optional<Entry> attempt(const std::string& user) override {
    attempts.push_back(user);
    const auto it = entries_.find(user);
    if (it == entries_.end() || locked) return std::nullopt;
    return it->second;
  }
  void succeeded(const std::string& user) override { successes.push_back(user); }

  std::vector<std::string> attempts, successes;
  bool locked = false;

private:
  // Made once: tests make logins by the thousand.
  static const crypto::opaque::ServerSetup& shared_setup() {
    static const auto made = crypto::opaque::ServerSetup::generate();
    return made;
  }
  crypto::opaque::Record enrolled(const std::string& user, std::string_view password,
                                  crypto::opaque::Stretch stretch) {
    static std::map<std::string, crypto::opaque::Record> known;
    const std::string name = agent_.text() + "/" + user + "/" + std::string(password) + "/" +
                             std::to_string(stretch.memory_kib);
    if (!known.contains(name))
      known[name] =
          crypto::opaque::enroll(shared_setup(), inner::credential_id(user), secret(password),
                                 stretch, inner::password_identities(user, agent_));
    return known.at(name);
  }

  const crypto::AgentId agent_;
  std::map<std::string, Entry> entries_;
};

// Client and agent in the middle of proving themselves, without TLS below: the
// binding is given.
struct Login {
  Passwords book{some_agent().id()};
  inner::ClientAuthentication client;
  inner::AgentAuthentication agent;

  explicit Login(const std::string& user = "alice", const crypto::Sha256& clients_binding = {7},
                 const crypto::Sha256& agents_binding = {7})
      : client(clients_binding, some_agent().id(), {user, "test 1", "laptop"}),
        agent(agents_binding, some_agent().id(), with_alice(book)) {}

  // Up to where a password is wanted.
  void greet() { client.receive(frame_in(agent.receive(frame_in(client.hello())))); }

  // One try with it, as far as it goes.
  void try_password(std::string_view password) {
    const ByteString proof =
        client.receive(frame_in(agent.receive(frame_in(client.password(secret(password))))));
    if (!proof.empty()) client.receive(frame_in(agent.receive(frame_in(proof))));
  }

private:
  static Passwords& with_alice(Passwords& book) {
    book.set("alice");
    return book;
  }
};

}  // namespace tasuki::test
