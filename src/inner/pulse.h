// Whether a carrier is alive. Time in, decisions out.
//
// A Ping goes out after half a second of silence that follows traffic, and then, while
// nobody says anything, after one, two, four … up to ten seconds: what is in use is
// watched closely, what rests costs little. Anything heard is a sign of life. A Ping
// that nothing follows for `patience` means that the carrier is dead, though no reset
// ever came; and after a second of that there is a doubt, which others may want to know.
//
//   traffic ──0.5 s──▶ Ping ──▶ heard ──1 s──▶ Ping ──▶ heard ──2 s──▶ …
//                        └─1 s─▶ doubt ─────▶ 3.5 s since the Ping: dead
//
// On a line so slow that answers queue up behind data, patience grows with the round
// trips that were seen. A part of a frame is a sign of life, too, since a large one takes
// its time; but not for ever: where nothing becomes whole any more, the stream is jammed.
#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

namespace tasuki::inner {

class Pulse {
public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  static constexpr std::chrono::milliseconds shortest{500};
  static constexpr std::chrono::seconds longest{10};
  static constexpr std::chrono::seconds doubt_after{1};
  static constexpr std::chrono::milliseconds least_patience{3'500};
  static constexpr std::chrono::seconds most_patience{30};

  // A decision asked for this late means that this machine slept, or was stopped: what
  // was said meanwhile may lie unread, so nothing is concluded from the silence.
  static constexpr std::chrono::seconds overslept{2};

  explicit Pulse(Time now) : quiet_since_(now), whole_at_(now) {}

  enum class Decision { wait, ping, doubt, dead };

  // What came: less than a frame; no more than answers, such as Pong; or more.
  enum class Sign { part, answer, traffic };

  void heard(Time now, Sign sign) {
    if (sign != Sign::part) whole_at_ = now;
    if (now - whole_at_ > most_patience) return;
    asked_ = doubted_ = false;
    unanswered_ = false;
    quiet_since_ = now;
    if (sign == Sign::traffic) interval_ = shortest;
  }

  // Something was sent that the other side will acknowledge.
  void sent(Time now) {
    if (std::exchange(unanswered_, true)) return;
    quiet_since_ = now;
    interval_ = shortest;
  }

  Time deadline() const {
    if (!asked_) return quiet_since_ + interval_;
    return asked_at_ + (doubted_ ? patience() : Clock::duration(doubt_after));
  }

  Decision decide(Time now) {
    if (now < deadline()) return Decision::wait;
    const bool late = now > deadline() + overslept;
    if (!asked_ || late) {
      if (!asked_) interval_ = std::min<Clock::duration>(2 * interval_, longest);
      asked_ = true;
      doubted_ = false;
      asked_at_ = now;
      return Decision::ping;
    }
    if (!std::exchange(doubted_, true)) return Decision::doubt;
    return Decision::dead;
  }

  // At once, whatever the interval: somebody has a reason to wonder.
  void wonder(Time now) {
    if (!asked_) quiet_since_ = now - interval_;
  }

  // A Pong has come, this long after its Ping.
  void round_trip(Clock::duration took) {
    smoothed_ = smoothed_ == Clock::duration{} ? took : (7 * smoothed_ + took) / 8;
  }

  Clock::duration patience() const {
    return std::clamp<Clock::duration>(4 * smoothed_, least_patience, most_patience);
  }

private:
  Time quiet_since_;  // heard last, or sent first after that
  Time whole_at_;     // heard last that was a whole frame
  Clock::duration interval_{shortest};
  bool unanswered_ = false;  // sent since heard
  bool asked_ = false;       // and nothing heard since
  bool doubted_ = false;
  Time asked_at_{};
  Clock::duration smoothed_{};  // round trips
};

}  // namespace tasuki::inner
