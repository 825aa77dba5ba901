#include "agent/gateway_order.h"

#include <gtest/gtest.h>

namespace tasuki::agent {
namespace {

using namespace std::chrono_literals;
using Clock = GatewayOrder::Clock;
using Failure = GatewayOrder::Failure;

class Order : public testing::Test {
protected:
  static constexpr auto return_after = 30s;

  // The gateway that is dialled now; nullopt: nobody.
  std::optional<std::size_t> dialled() {
    const auto step = order.next(now);
    if (const auto* dial = std::get_if<GatewayOrder::Dial>(&step)) return dial->gateway;
    return std::nullopt;
  }
  // Goes to where the pause ends, and says how long it was.
  Clock::duration sleep() {
    const auto step = order.next(now);
    const auto* const wait = std::get_if<GatewayOrder::Wait>(&step);
    if (!wait) return 0s;
    const Clock::time_point before = std::exchange(now, wait->until);
    return wait->until - before;
  }
  void fails(std::size_t gateway, Failure how = Failure::broken,
             std::chrono::seconds retry_after = 0s) {
    EXPECT_EQ(dialled(), gateway);
    order.failed(gateway, how, retry_after, now);
  }
  void registers(std::size_t gateway) {
    EXPECT_EQ(dialled(), gateway);
    order.registered(gateway, now);
  }
  void is_within(Clock::duration pause, Clock::duration least, Clock::duration most) {
    EXPECT_GE(pause, least);
    EXPECT_LE(pause, most);
  }

  Clock::time_point now = Clock::time_point() + 1000h;
  GatewayOrder order{3, return_after, 1};
};

TEST_F(Order, TriesOneAfterTheOtherAndThenPauses) {
  fails(0);
  fails(1);
  fails(2);
  is_within(sleep(), 500ms, 1500ms);
  fails(0);
  fails(1);
  fails(2);
  is_within(sleep(), 1s, 3s);
  fails(0);
  registers(1);
  EXPECT_EQ(order.where(), 1u);
}

TEST_F(Order, OnlyTheLastOfARoundMayTakeItsTime) {
  for (const bool last : {false, false, true}) {
    const auto step = order.next(now);
    EXPECT_EQ(std::get<GatewayOrder::Dial>(step).last, last);
    order.failed(std::get<GatewayOrder::Dial>(step).gateway, Failure::broken, 0s, now);
  }
}

TEST_F(Order, OneThatFellSilentIsTriedLast) {
  registers(0);
  order.lost(Failure::silent, 0s, true, now);
  fails(1);
  fails(2);
  fails(0);
  sleep();
  fails(0);  // in the round after that, in order again
}

TEST_F(Order, OneThatResetUsIsTriedInOrder) {
  registers(0);
  order.lost(Failure::broken, 0s, true, now);
  fails(0);
  registers(1);
}

TEST_F(Order, SessionsAreNotKeptWaitingAndIdleAgentsSpread) {
  registers(0);
  order.lost(Failure::broken, 0s, true, now);
  EXPECT_EQ(sleep(), 0s);

  GatewayOrder idle(3, return_after, 1);
  idle.registered(0, now);
  idle.lost(Failure::broken, 0s, false, now);
  const auto step = idle.next(now);
  is_within(std::get<GatewayOrder::Wait>(step).until - now, 500ms, 1500ms);
}

TEST_F(Order, SessionsThatWaitMakePausesShortForAWhile) {
  registers(0);
  now += 10s;
  order.lost(Failure::broken, 0s, true, now);
  const auto lost = now;
  for (const auto pause : {50ms, 100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
    fails(0);
    fails(1);
    fails(2);
    is_within(sleep(), pause / 2, pause * 3 / 2);
  }
  now = lost + 2min;
  fails(0);
  fails(1);
  fails(2);
  is_within(sleep(), 500ms, 1500ms);
  fails(0);
  fails(1);
  fails(2);
  is_within(sleep(), 1s, 3s);
}

TEST_F(Order, ALineThatIsLostAgainAndAgainIsHurriedForLessAndLess) {
  registers(0);
  now += 10s;
  order.lost(Failure::broken, 0s, true, now);
  fails(0);
  fails(1);
  fails(2);
  is_within(sleep(), 25ms, 75ms);
  registers(0);
  order.lost(Failure::broken, 0s, true, now);
  is_within(sleep(), 50ms, 150ms);
  registers(0);
  order.lost(Failure::broken, 0s, true, now);
  is_within(sleep(), 100ms, 300ms);
  registers(0);
  now += 1s;
  order.lost(Failure::broken, 0s, true, now);
  EXPECT_EQ(sleep(), 0s);
}

TEST_F(Order, ReturnsToAnEarlierOne) {
  fails(0);
  fails(1);
  registers(2);
  is_within(sleep(), 15s, 45s);
  fails(0);
  fails(1);
  EXPECT_EQ(order.where(), 2u);
  is_within(sleep(), 15s, 45s);
  registers(0);
  EXPECT_EQ(order.where(), 0u);
  EXPECT_EQ(order.next(now).index(), 1u);
  EXPECT_GT(sleep(), 1000h) << "there is none before the first";
}

TEST_F(Order, AnAttemptToReturnIsAlwaysAHurriedOne) {
  fails(0);
  registers(1);
  sleep();
  const auto step = order.next(now);
  EXPECT_EQ(std::get<GatewayOrder::Dial>(step).gateway, 0u);
  EXPECT_FALSE(std::get<GatewayOrder::Dial>(step).last);
}

TEST_F(Order, OneThatIsLostWhileAnEarlierOneIsTriedIsFollowedByAWholeRound) {
  fails(0);
  fails(1);
  registers(2);
  sleep();
  EXPECT_EQ(dialled(), 0u);
  order.lost(Failure::broken, 0s, true, now);
  order.failed(0, Failure::broken, 0s, now);
  fails(0);
  fails(1);
  fails(2);
}

TEST_F(Order, ALastingRefusalIsNotAskedForAgainSoon) {
  fails(0, Failure::lasting);
  fails(1);
  fails(2);
  EXPECT_FALSE(order.all_refuse());
  sleep();
  fails(1, Failure::lasting);
  fails(2, Failure::lasting);
  EXPECT_TRUE(order.all_refuse());
  const Clock::time_point since = now;
  while (!dialled()) sleep();
  is_within(now - since, 6min, 10min);
}

TEST_F(Order, ABusyOneIsLeftAloneForAsLongAsItSays) {
  fails(0, Failure::busy, 100s);
  registers(1);
  const Clock::time_point since = now;
  sleep();
  while (!dialled()) sleep();
  is_within(now - since, 100s, 200s);
}

TEST_F(Order, WhoeverTookOurPlaceIsNotFoughtWith) {
  registers(0);
  order.lost(Failure::replaced, 0s, true, now);
  is_within(sleep(), 6min, 10min);
  registers(0);
}

TEST_F(Order, TwoAddressesOfOneGatewayReplaceEachOther) {
  fails(0);
  registers(1);
  sleep();
  EXPECT_EQ(dialled(), 0u);
  order.lost(Failure::replaced, 0s, true, now);  // the old line hears it first
  order.registered(0, now);
  EXPECT_EQ(order.where(), 0u);
  order.lost(Failure::broken, 0s, true, now);
  fails(0);
  fails(1);
}

TEST_F(Order, DrainedItGoesElsewhereAndOnlyThenBackToTheSameAddress) {
  registers(0);
  order.drained(0s, now);
  EXPECT_EQ(order.where(), 0u) << "still there meanwhile";
  fails(1);
  fails(2);
  fails(0, Failure::busy);
  is_within(sleep(), 500ms, 1500ms);
  registers(1);
}

TEST_F(Order, AloneItComesBackToTheSuccessorAtOnce) {
  GatewayOrder alone(1, return_after, 1);
  alone.registered(0, now);
  alone.drained(0s, now);
  const auto step = alone.next(now);
  EXPECT_EQ(std::get<GatewayOrder::Dial>(step).gateway, 0u);
}

TEST_F(Order, AGatewayThatSendsUsAwayAgainAndAgainDoesNotKeepUsRunning) {
  GatewayOrder alone(1, return_after, 1);
  unsigned dials = 0;
  for (const Clock::time_point end = now + 60s; now < end; now += 1ms) {
    if (!std::holds_alternative<GatewayOrder::Dial>(alone.next(now))) continue;
    ++dials;
    alone.registered(0, now);
    alone.drained(0s, now);
  }
  EXPECT_GE(dials, 30u);
  EXPECT_LE(dials, 62u);
}

TEST_F(Order, ADrainedGatewayIsNotReturnedToBeforeItSaid) {
  registers(0);
  order.drained(200s, now);
  registers(1);
  const Clock::time_point since = now;
  while (!dialled()) sleep();
  is_within(now - since, 200s, 400s);
}

TEST_F(Order, DrainedByOneAfterTheOtherItFindsTheFirstsSuccessor) {
  registers(0);
  now += 10s;
  order.drained(200s, now);
  registers(1);
  now += 10s;
  order.drained(200s, now);
  registers(0);
}

TEST_F(Order, ADrainedGatewayThatEndsIsLookedForAsSoonAsAnyThatIsLost) {
  GatewayOrder alone(1, return_after, 1);
  alone.registered(0, now);
  alone.drained(0s, now);
  for (int i = 0; i < 8; ++i) {
    const auto step = alone.next(now);
    if (const auto* wait = std::get_if<GatewayOrder::Wait>(&step)) {
      now = wait->until;
      --i;
    } else {
      alone.failed(0, Failure::busy, 0s, now);
    }
  }
  alone.lost(Failure::broken, 0s, false, now);
  const auto step = alone.next(now);
  is_within(std::get<GatewayOrder::Wait>(step).until - now, 500ms, 1500ms);
}

TEST_F(Order, LostByTheOtherGatewayItDoesNotWaitForTheOneThatDrainedIt) {
  registers(0);
  order.drained(200s, now);
  registers(1);
  order.lost(Failure::broken, 0s, true, now);
  registers(0);
}

TEST_F(Order, WhatABusyGatewayAdvisedHoldsWhenAnotherDrains) {
  fails(0, Failure::busy, 200s);
  registers(1);
  order.drained(200s, now);
  EXPECT_EQ(dialled(), 2u);
}

TEST_F(Order, ASearchGoesOnWhenTheDrainedGatewayIsGone) {
  registers(0);
  order.drained(0s, now);
  EXPECT_EQ(dialled(), 1u);
  order.lost(Failure::broken, 0s, false, now);
  order.failed(1, Failure::broken, 0s, now);
  registers(2);
}

}  // namespace
}  // namespace tasuki::agent
