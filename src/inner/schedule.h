// Whose turn it is to send: interactive channels before bulk ones, and among equals
// those that send little before those that always have more (the idea of RFC 8290's
// new and old queues). A typed key overtakes a file, on whichever channel either runs.
//
// Nobody waits for ever: after so many bytes of interactive traffic in a row, bulk has
// a turn.
#pragma once

#include "inner/messages.h"

#include <array>
#include <deque>
#include <optional>

namespace tasuki::inner {

class Schedule {
public:
  // A channel that may send this much before it counts as one that always has more.
  static constexpr std::size_t quantum = 16 * 1024;

  // Of interactive bytes, while bulk waits.
  static constexpr std::size_t patience = 256 * 1024;

  // It has something to send, and had nothing before.
  void ready(ChannelNumber channel, Priority priority);

  // Whose turn it is. Nothing changes until turn_over().
  std::optional<ChannelNumber> turn();

  // It has sent that much; `more`: and has more.
  void turn_over(std::size_t bytes, bool more);

private:
  struct Place {
    ChannelNumber channel;
    std::size_t left;  // of its quantum
  };
  struct Class {
    std::deque<Place> fresh, backlogged;
    bool empty() const { return fresh.empty() && backlogged.empty(); }
    std::deque<Place>& first() { return fresh.empty() ? backlogged : fresh; }
  };
  Class& current();

  std::array<Class, 2> classes_;  // by Priority
  std::size_t in_a_row_ = 0;      // interactive bytes since bulk had a turn or was not waiting
};

}  // namespace tasuki::inner
