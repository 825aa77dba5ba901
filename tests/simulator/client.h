// A client that keeps a session alive: does what client/lifeline.cc does.
#pragma once

#include "inner/end.h"
#include "simulator/life.h"
#include "simulator/line.h"
#include "simulator/stranger.h"

namespace tasuki::simulator {

class Agent;

class Client {
public:
  Client(World& world, Agent& agent, Ledger plan);

  void start();

  Machine machine;
  Ledger ledger;
  std::unique_ptr<Life> life;  // nullptr: not logged in yet

  bool done() const;     // its programs, and the agent's
  bool is_well() const;  // nothing stands between the two for now
  unsigned next_line() { return ++lines_; }

  // What this client would say now, said by somebody who knows all it knows.
  Stranger::Speech rightful_resume() const;
  // What it said last; empty: nothing yet.
  const ByteString& said() const { return said_; }

private:
  void log_in();
  void begin(std::unique_ptr<inner::Session> session);
  void look();
  void attempt();
  void come(Line& line);
  void proceed(Carrier& carrier);
  void limit(Carrier& carrier);
  void failed(Carrier* carrier);
  inner::ClientEnd& end_of(Carrier& carrier) const;
  std::unique_ptr<inner::Sealing> tapped_seal();

  World& world_;
  Agent& agent_;
  Carrier* trying_ = nullptr;  // the carrier of the attempt under way
  bool attempting_ = false;
  bool moving_ = false;  // the old carrier was alive when the attempt began
  Duration pause_{};
  unsigned lines_ = 0;
  std::uint64_t limits_ = 0;
  ByteString said_;
};

}  // namespace tasuki::simulator
