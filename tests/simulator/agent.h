// The agent: lets clients in, keeps their sessions, and decides who may go on with which.
// Does what agent/sessions.cc does, and knows besides who has come in truth.
#pragma once

#include "simulator/carrier.h"
#include "simulator/life.h"

namespace tasuki::test {
class Passwords;
}

namespace tasuki::simulator {

class Client;

class Agent {
public:
  explicit Agent(World& world);
  ~Agent();

  Machine machine;

  void serve(Line& line, Ear& client);
  void admit(const Client& client, std::unique_ptr<inner::Session> session);
  void revoke(const Client& client);
  void ask_to_move();

  Life& life(const Client& client) const { return *sessions_.at(&client).life; }
  bool has(const Client& client) const { return sessions_.contains(&client); }
  bool denies(const Client& client) const;
  bool all_over() const;
  void for_each(const std::function<void(const Life&)>& what) const;

private:
  struct Kept {
    std::unique_ptr<Life> life;
    bool revoked = false;
  };
  void proceed(Carrier& carrier);
  void resume(Carrier& carrier);
  void check_decision(const Line& line, const Kept* kept, bool yes) const;

  World& world_;
  std::unique_ptr<test::Passwords> book_;
  std::map<const Client*, Kept> sessions_;
};

}  // namespace tasuki::simulator
