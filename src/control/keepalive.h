// Who speaks when nobody has anything to say. Time in, decisions out.
//
// The agent says Ping when it has heard and said nothing for `interval`, and
// takes the line for dead when nothing comes within `patience`. The gateway never
// speaks first; it takes the line for dead after two intervals and the patience.
#pragma once

#include <chrono>

namespace tasuki::control {

using Clock = std::chrono::steady_clock;

class AgentKeepalive {
public:
  AgentKeepalive(Clock::duration interval, Clock::duration patience, Clock::time_point now)
      : interval_(interval), patience_(patience), heard_(now) {}

  enum class Decision { wait, ping, dead };

  void heard(Clock::time_point now) {
    heard_ = now;
    asked_ = false;
  }

  // When to call decide() next, unless something is heard before.
  Clock::time_point deadline() const { return asked_ ? asked_at_ + patience_ : heard_ + interval_; }

  Decision decide(Clock::time_point now) {
    if (now < deadline()) return Decision::wait;
    if (asked_) return Decision::dead;
    asked_ = true;
    asked_at_ = now;
    return Decision::ping;
  }

private:
  Clock::duration interval_, patience_;
  Clock::time_point heard_;
  Clock::time_point asked_at_{};
  bool asked_ = false;
};

// How long a gateway waits for a word from an agent whose interval is this.
constexpr Clock::duration silence_limit(std::chrono::seconds interval) {
  return 2 * interval + std::chrono::seconds(10);
}

}  // namespace tasuki::control
