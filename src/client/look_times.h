// When to look for a direct way. Time in, a moment out; no clock, no timer.
//
// Usually every half minute; at once when there is a reason, but not twice a second. A
// LAN on which direct ways die young is believed in less and less, so that a session does
// not stall every half minute; whoever has no way at all goes on looking every second.
#pragma once

#include <algorithm>
#include <chrono>

namespace tasuki::client {

class LookTimes {
public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::seconds usual{30};
  static constexpr std::chrono::seconds shortest{1};
  static constexpr std::chrono::seconds longest{480};
  static constexpr std::chrono::seconds young{60};

  void looked(Clock::time_point now) {
    last_ = now;
    hurried_ = false;
  }

  // The networks have changed, or the session needs another way.
  void hurry() { hurried_ = true; }

  // A direct way has died after so long.
  void lost_directly(Clock::duration lifetime) {
    died_young_ = lifetime < young ? std::min(died_young_ + 1, 8u) : 0;
  }

  Clock::time_point next(bool has_carrier) const {
    const bool trusted = died_young_ < 2;  // once is bad luck
    if (!has_carrier || (hurried_ && trusted)) return last_ + shortest;
    if (trusted) return last_ + usual;
    return last_ + std::min(usual * (1 << (died_young_ - 1)), longest);
  }

private:
  Clock::time_point last_{};  // long ago
  bool hurried_ = false;
  unsigned died_young_ = 0;  // in a row
};

}  // namespace tasuki::client
