// When a carrier is asked whether it lives, and when it is taken for dead.
#include "inner/pulse.h"

#include <gtest/gtest.h>

namespace tasuki::inner {
namespace {

using namespace std::chrono_literals;
using Decision = Pulse::Decision;
using Sign = Pulse::Sign;

const Pulse::Time start{1'000s};

// Asks each millisecond, as long as there is nothing to do, and says when there is.
struct Watch {
  Pulse pulse{start};
  Pulse::Time now = start;

  Decision next() {
    for (;;) {
      const Decision decision = pulse.decide(now);
      if (decision != Decision::wait) return decision;
      now += 1ms;
    }
  }
  // Since the start.
  Pulse::Clock::duration at() const { return now - start; }
  void answer(Pulse::Clock::duration after, Sign sign = Sign::answer) {
    now += after;
    pulse.heard(now, sign);
  }
};

TEST(Pulse, AsksAfterHalfASecondOfSilence) {
  Watch watch;
  EXPECT_EQ(watch.pulse.decide(start + 499ms), Decision::wait);
  EXPECT_EQ(watch.next(), Decision::ping);
  EXPECT_EQ(watch.at(), 500ms);
}

TEST(Pulse, DoubtsAfterASecondAndGivesUpAfterThreeAndAHalf) {
  Watch watch;
  watch.next();
  EXPECT_EQ(watch.next(), Decision::doubt);
  EXPECT_EQ(watch.at(), 1'500ms);
  EXPECT_EQ(watch.next(), Decision::dead);
  EXPECT_EQ(watch.at(), 4'000ms);
}

TEST(Pulse, AsksMoreSeldomWhileNobodySaysAnything) {
  Watch watch;
  std::vector<std::chrono::milliseconds> pauses;
  for (int i = 0; i < 8; ++i) {
    const Pulse::Time before = watch.now;
    ASSERT_EQ(watch.next(), Decision::ping);
    pauses.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(watch.now - before));
    watch.answer(10ms);
  }
  EXPECT_EQ(pauses, (std::vector<std::chrono::milliseconds>{500ms, 1s, 2s, 4s, 8s, 10s, 10s, 10s}));
}

TEST(Pulse, AsksSoonAgainAfterTraffic) {
  Watch watch;
  for (int i = 0; i < 8; ++i) {
    watch.next();
    watch.answer(10ms);
  }
  watch.answer(1ms, Sign::traffic);
  const Pulse::Time before = watch.now;
  EXPECT_EQ(watch.next(), Decision::ping);
  EXPECT_EQ(watch.now - before, 500ms);
}

TEST(Pulse, AsksSoonAgainAfterSomethingWasSent) {
  Watch watch;
  for (int i = 0; i < 8; ++i) {
    watch.next();
    watch.answer(10ms);
  }
  watch.pulse.sent(watch.now);
  const Pulse::Time before = watch.now;
  EXPECT_EQ(watch.next(), Decision::ping);
  EXPECT_EQ(watch.now - before, 500ms);
}

// Who sends all the time does not put off the question by it.
TEST(Pulse, AsksHalfASecondAfterTheFirstThatWasSentAndNotTheLast) {
  Watch watch;
  for (; watch.now < start + 400ms; watch.now += 100ms) watch.pulse.sent(watch.now);
  EXPECT_EQ(watch.next(), Decision::ping);
  EXPECT_EQ(watch.at(), 500ms);
}

TEST(Pulse, TakesAnythingForASignOfLife) {
  for (const Sign sign : {Sign::part, Sign::answer, Sign::traffic}) {
    Watch watch;
    watch.next();
    watch.next();
    watch.answer(2s, sign);
    EXPECT_EQ(watch.next(), Decision::ping) << int(sign);  // and does not die
  }
}

// A stream in which nothing becomes a frame any more (somebody made a length in it wrong)
// is as dead as one in which nothing comes.
TEST(Pulse, TakesPartsOfFramesForASignOfLifeOnlyForAWhile) {
  for (const Sign sign : {Sign::part, Sign::answer}) {
    Watch watch;
    const Pulse::Time end = start + Pulse::most_patience + Pulse::longest + 4s;
    bool dead = false;
    while (!dead && watch.now < end) {
      watch.now += 100ms;
      watch.pulse.heard(watch.now, sign);
      dead = watch.pulse.decide(watch.now) == Decision::dead;
    }
    EXPECT_EQ(dead, sign == Sign::part);
    EXPECT_GT(watch.now, start + Pulse::most_patience);
  }
}

TEST(Pulse, HasMorePatienceOnASlowLine) {
  Watch watch;
  EXPECT_EQ(watch.pulse.patience(), Pulse::least_patience);
  watch.pulse.round_trip(2s);
  EXPECT_EQ(watch.pulse.patience(), 8s);
  watch.pulse.round_trip(1h);
  EXPECT_EQ(watch.pulse.patience(), Pulse::most_patience);
}

// What came while the machine slept lies unread: it is asked once more.
TEST(Pulse, ConcludesNothingFromASilenceThroughWhichItSlept) {
  Watch watch;
  watch.next();
  watch.now += 1h;
  EXPECT_EQ(watch.pulse.decide(watch.now), Decision::ping);
  EXPECT_EQ(watch.next(), Decision::doubt);
  const Pulse::Time doubt = watch.now;
  EXPECT_EQ(watch.next(), Decision::dead);
  EXPECT_EQ(watch.now - doubt, Pulse::least_patience - Pulse::doubt_after);
}

TEST(Pulse, AsksAtOnceWhenSomebodyWonders) {
  Watch watch;
  watch.pulse.wonder(watch.now);
  EXPECT_EQ(watch.next(), Decision::ping);
  EXPECT_EQ(watch.at(), 0ms);
}

}  // namespace
}  // namespace tasuki::inner
