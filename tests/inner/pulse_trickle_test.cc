// Who carries the bytes can trickle some: how long that passes for life.
#include "inner/pulse.h"

#include <gtest/gtest.h>

namespace tasuki::inner {
namespace {

using namespace std::chrono_literals;

// When it is found dead, of a carrier that gives something each half a second.
template <typename Say>
std::chrono::milliseconds dead_after(Say say) {
  const Pulse::Time begin{};
  Pulse pulse(begin);
  Pulse::Time now = begin, next = begin;
  for (; now < begin + 600s; now += 50ms) {
    if (now >= next) {
      say(pulse, now);
      next += 500ms;
    }
    if (pulse.decide(now) == Pulse::Decision::dead) break;
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - begin);
}

TEST(Pulse, LivesForAsLongAsThePeerSpeaks) {
  EXPECT_EQ(dead_after([](Pulse& pulse, auto now) { pulse.heard(now, Pulse::Sign::answer); }),
            600s);
}

TEST(Pulse, IsKeptAliveByBytesThatAreNothingForAWhileOnly) {
  const auto lasted =
      dead_after([](Pulse& pulse, auto now) { pulse.heard(now, Pulse::Sign::part); });
  EXPECT_GE(lasted, Pulse::most_patience);  // a slow line may take its time
  EXPECT_LE(lasted, Pulse::most_patience + Pulse::longest);
}

TEST(Pulse, TakesASlowLineForAliveWhileSomethingBecomesWhole) {
  int count = 0;
  EXPECT_EQ(dead_after([&](Pulse& pulse, auto now) {
              if (++count % 40 == 0)  // a record takes 20 seconds
                pulse.heard(now, Pulse::Sign::traffic);
              else
                pulse.heard(now, Pulse::Sign::part);
            }),
            600s);
}

}  // namespace
}  // namespace tasuki::inner
