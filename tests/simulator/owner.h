// The programs at the ends of a session's channels: they write, read, stall, finish and
// reset as the plan says, and know of every byte which one it has to be.
#pragma once

#include "inner/session.h"
#include "simulator/link.h"

namespace tasuki::simulator {

class Life;
class World;

// What a session keeps beyond its limit for things that must not wait.
constexpr std::size_t memory_slack = 64 * 1024;

// One direction of a channel: what is to happen, and how far it has come.
struct Way {
  std::size_t total = 0;  // bytes
  std::size_t piece = 1;  // that the writer writes at once
  Duration pace{};        // between two of them
  std::size_t stalls_at = SIZE_MAX;
  Duration stall{};  // that the reader does not read, from there on
  std::uint64_t pattern = 0;

  std::size_t piece_left = 0;  // of what is being written
  std::size_t written = 0, read = 0, unconsumed = 0;
  bool finished = false, heard_finish = false, stalled = false;
};

struct Plan {
  inner::Priority priority{};
  Duration opens{};    // after the session
  Duration answers{};  // after it was asked
  bool refused = false;
  std::optional<Duration> clients_reset, agents_reset;  // after it was open
  std::array<Way, 2> ways;                              // by who writes: client, agent
  bool asked = false, cut = false;                      // by either side
};

// All channels of one session, seen by both sides. channel n is plans[n - 1].
struct Ledger {
  std::vector<Plan> plans;
  static Ledger made(Dice& dice, bool large);
};

class Owner {
public:
  Owner(World& world, Life& life, const Machine& machine, inner::Session::Side side, Ledger& ledger)
      : world_(world), life_(life), machine_(machine), side_(side), ledger_(ledger) {}

  void begin();  // once
  void take(inner::Session::Event& event);

private:
  using Number = inner::ChannelNumber;
  bool is_client() const { return side_ == inner::Session::Side::client; }
  Plan& plan(Number channel);
  Way& ours(Number channel) { return plan(channel).ways[is_client() ? 0 : 1]; }
  Way& theirs(Number channel) { return plan(channel).ways[is_client() ? 1 : 0]; }
  void later(Duration wait, std::function<void()> what);
  void open_next();
  void answer(Number channel);
  void write_more(Number channel);
  void arrived(Number channel, Bytes bytes);
  void consume(Number channel);

  World& world_;
  Life& life_;
  const Machine& machine_;
  const inner::Session::Side side_;
  Ledger& ledger_;
  std::map<Number, bool> waits_;  // for room to write
  Number last_opened_ = 0;
  bool begun_ = false;
};

}  // namespace tasuki::simulator
