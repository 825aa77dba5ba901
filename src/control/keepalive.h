// Who speaks when nobody has anything to say. Time in, decisions out.
//
// The agent says Ping every `interval`, and takes the line for dead when nothing
// comes within `patience` of that. What it hears does not put the next Ping off: an
// agent that is often called hears much on its line and says nothing there. The
// gateway never speaks first; it takes the line for dead after two intervals and
// ten seconds.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace tasuki::control {

using Clock = std::chrono::steady_clock;

class AgentKeepalive {
public:
  AgentKeepalive(Clock::duration interval, Clock::duration patience, Clock::time_point now)
      : interval_(interval), patience_(patience), said_(now) {}

  enum class Decision { wait, ping, dead };

  void heard() { due_.reset(); }

  // Somebody has reason to doubt the line: it is asked now, and has this long to answer.
  void doubt(Clock::duration patience, Clock::time_point now) {
    said_ = now;
    due_ = std::min(due_.value_or(Clock::time_point::max()), now + patience);
  }

  // When to call decide() next, unless something is heard before.
  Clock::time_point deadline() const { return due_.value_or(said_ + interval_); }

  Decision decide(Clock::time_point now) {
    if (now < deadline()) return Decision::wait;
    if (due_) return Decision::dead;
    said_ = now;
    due_ = now + patience_;
    return Decision::ping;
  }

private:
  Clock::duration interval_, patience_;
  Clock::time_point said_;                // the last Ping, or the registration
  std::optional<Clock::time_point> due_;  // its answer
};

// How long a gateway waits for a word from an agent whose interval is this.
constexpr Clock::duration silence_limit(std::chrono::seconds interval) {
  return 2 * interval + std::chrono::seconds(10);
}

}  // namespace tasuki::control
