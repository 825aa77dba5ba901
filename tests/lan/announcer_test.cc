#include "lan/announcer.h"

#include <gtest/gtest.h>

namespace tasuki::lan {
namespace {

using namespace std::chrono_literals;
const Moderation::Clock::time_point start{};

TEST(Moderation, SpeaksToEverybodyOnceASecond) {
  Moderation moderation;
  EXPECT_TRUE(moderation.may_multicast(start));
  EXPECT_FALSE(moderation.may_multicast(start + 999ms));
  EXPECT_TRUE(moderation.may_multicast(start + 1000ms));
}

TEST(Moderation, AnswersAFloodWithTenASecondInTheLongRun) {
  Moderation moderation;
  unsigned answered = 0;
  for (auto now = start; now < start + 10s; now += 1ms) answered += moderation.may_unicast(now);
  EXPECT_GE(answered, 110u);
  EXPECT_LE(answered, 121u);  // 20 at once, then 10 a second
}

TEST(Moderation, AnswersSomebodyWhoAsksNowAndThenEachTime) {
  Moderation moderation;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(moderation.may_unicast(start + i * 100ms)) << i;
}

}  // namespace
}  // namespace tasuki::lan
