// A line between client and agent, through gateways that do what they like: two byte
// streams, and everything that may befall them.
#pragma once

#include "simulator/dice.h"

#include <array>
#include <deque>
#include <memory>
#include <optional>

namespace tasuki::simulator {

// A machine may sleep: its clock goes on, it does nothing, what comes waits for it.
struct Machine {
  Time asleep_until{};
  Time woken{};  // last
};

// Who listens at an end of a line.
class Ear {
public:
  virtual ~Ear() = default;
  virtual void arrived(Bytes bytes) = 0;
  virtual void ended() = 0;   // the stream, properly, as far as TCP can tell
  virtual void broken() = 0;  // a reset
  virtual void room() = 0;    // for more to be sent
  virtual bool reads() const = 0;
  virtual const Machine& machine() const = 0;
};

enum class Fault : unsigned {
  reset,       // both are told, sooner or later, or one of them never
  black_hole,  // nothing arrives any more, and nobody is told
  half_hole,   // in one direction
  cut,         // TCP ends as if all were well
  hold,        // what is under way comes later, in order
  flip,        // a bit
  lose,        // a part of what is under way,
  repeat,      // or all of it twice,
  exchange,    // or in another order
  count
};
std::string_view name(Fault fault);

// When a line is to be struck, by what has passed over it.
struct Strike {
  std::uint64_t at = 0;  // bytes
  Fault fault{};
};

class Pipe {
public:
  struct Weather {
    Duration latency{};
    std::uint64_t bytes_per_second = 0;
    std::size_t capacity = 0;  // bytes under way before the writer must wait
    std::size_t piece = 0;     // largest that arrives at once
  };
  Pipe(Clock& clock, Dice& dice, Weather weather, std::function<void(Fault)> struck)
      : clock_(clock), dice_(dice), weather_(weather), struck_(std::move(struck)) {}

  void join(Ear& reader, Ear& writer) {
    reader_ = &reader;
    writer_ = &writer;
  }

  // For the writer.
  void write(Bytes bytes);
  bool full() const { return under_way_ >= weather_.capacity; }
  void finish();  // an end, behind all that was written
  void abort(bool at_once);
  // For the reader, who reads again.
  void poke() { expect(); }

  // For fate.
  void strike_at(Strike strike) { strikes_.push_back(strike); }
  void swallow();
  void cut_off();
  void hold(Duration wait);
  void spoil(Fault fault) { spoilt_ = fault; }
  void tell_reader_broken(Duration wait);

  std::uint64_t passed() const { return passed_; }  // bytes delivered
  bool inside_record() const { return record_left_ > 0 || header_.size() > 0; }
  std::optional<Time> dead_since() const { return dead_since_; }

private:
  struct Chunk {
    enum class Kind { bytes, end, reset } kind = Kind::bytes;
    Time due{};
    ByteString bytes;
  };
  void queue(Chunk::Kind kind, Bytes bytes);
  void expect();
  void deliver();
  void hand_over(Bytes bytes);
  bool strike_within(Bytes& bytes);
  void look_for_records(Bytes bytes);
  void damage(ByteString& bytes);
  void die();

  Clock& clock_;
  Dice& dice_;
  const Weather weather_;
  const std::function<void(Fault)> struck_;
  Ear* reader_ = nullptr;
  Ear* writer_ = nullptr;
  std::deque<Chunk> queue_;
  std::vector<Strike> strikes_;
  std::size_t under_way_ = 0;
  std::uint64_t passed_ = 0;
  Time busy_until_{};
  Time held_until_{};
  std::optional<Time> expected_;
  std::optional<Fault> spoilt_;
  std::optional<Time> dead_since_;
  ByteString header_;  // of a record, so far
  std::size_t record_left_ = 0;
  bool closed_ = false;  // by the writer
};

}  // namespace tasuki::simulator
