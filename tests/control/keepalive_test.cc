#include "control/keepalive.h"

#include <gtest/gtest.h>

namespace tasuki::control {
namespace {

using namespace std::chrono_literals;
using Decision = AgentKeepalive::Decision;

const Clock::time_point start = Clock::time_point() + 1000h;

TEST(AgentKeepalive, WaitsForTheInterval) {
  AgentKeepalive keepalive(60s, 10s, start);
  EXPECT_EQ(keepalive.deadline(), start + 60s);
  EXPECT_EQ(keepalive.decide(start + 59s), Decision::wait);
  EXPECT_EQ(keepalive.decide(start + 60s), Decision::ping);
}

TEST(AgentKeepalive, AsksOnceAndThenWaitsForAnAnswer) {
  AgentKeepalive keepalive(60s, 10s, start);
  EXPECT_EQ(keepalive.decide(start + 61s), Decision::ping);
  EXPECT_EQ(keepalive.decide(start + 62s), Decision::wait);
  EXPECT_EQ(keepalive.deadline(), start + 71s);
  EXPECT_EQ(keepalive.decide(start + 71s), Decision::dead);
}

TEST(AgentKeepalive, GoesOnWhenItIsAnswered) {
  AgentKeepalive keepalive(60s, 10s, start);
  EXPECT_EQ(keepalive.decide(start + 60s), Decision::ping);
  keepalive.heard();
  EXPECT_EQ(keepalive.deadline(), start + 120s);
  EXPECT_EQ(keepalive.decide(start + 71s), Decision::wait);
  EXPECT_EQ(keepalive.decide(start + 120s), Decision::ping);
}

TEST(AgentKeepalive, SaysPingFirstAfterASleepBeforeItGivesUp) {
  AgentKeepalive keepalive(60s, 10s, start);
  EXPECT_EQ(keepalive.decide(start + 8h), Decision::ping);
  EXPECT_EQ(keepalive.decide(start + 8h + 9s), Decision::wait);
  EXPECT_EQ(keepalive.decide(start + 8h + 10s), Decision::dead);
}

TEST(AgentKeepalive, AsksAtOnceWhenSomebodyDoubts) {
  AgentKeepalive keepalive(60s, 5s, start);
  keepalive.doubt(3s, start + 10s);
  EXPECT_EQ(keepalive.deadline(), start + 13s);
  EXPECT_EQ(keepalive.decide(start + 13s), Decision::dead);
}

TEST(AgentKeepalive, DoubtThatIsAnsweredPutsTheNextPingOff) {
  AgentKeepalive keepalive(60s, 5s, start);
  keepalive.doubt(3s, start + 10s);
  keepalive.heard();
  EXPECT_EQ(keepalive.deadline(), start + 70s);
}

TEST(AgentKeepalive, DoubtDoesNotGiveMoreTimeThanThereIs) {
  AgentKeepalive keepalive(60s, 5s, start);
  EXPECT_EQ(keepalive.decide(start + 60s), Decision::ping);
  keepalive.doubt(3s, start + 61s);
  EXPECT_EQ(keepalive.deadline(), start + 64s);
  keepalive.doubt(3s, start + 62s);
  EXPECT_EQ(keepalive.deadline(), start + 64s);
}

// What the agent hears on its line (Incoming) is not what it says: it attaches on
// other connections. The gateway would take it for dead.
TEST(AgentKeepalive, SpeaksOftenEnoughForTheGatewayHoweverOftenItIsCalled) {
  for (const auto calls : {1s, 10s, 50s, 59s}) {
    AgentKeepalive keepalive(60s, 10s, start);
    Clock::time_point said = start;
    for (auto now = start; now < start + 1h; now += 1s) {
      if ((now - start) % calls == 0s) keepalive.heard();
      if (keepalive.decide(now) == Decision::ping) said = now;
      ASSERT_LT(now - said, silence_limit(60s)) << "called every " << calls.count() << " s";
    }
  }
}

TEST(Silence, IsToleratedForTwoIntervalsAndTheAgentsPatience) {
  EXPECT_EQ(silence_limit(60s), 130s);
  EXPECT_EQ(silence_limit(5s), 20s);
}

}  // namespace
}  // namespace tasuki::control
