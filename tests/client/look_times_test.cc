#include "client/look_times.h"

#include <gtest/gtest.h>

namespace tasuki::client {
namespace {

using namespace std::chrono_literals;

const LookTimes::Clock::time_point start = LookTimes::Clock::time_point() + 1h;

class LookTimesTest : public testing::Test {
protected:
  LookTimesTest() { times.looked(start); }
  std::chrono::seconds next(bool has_carrier = true) const {
    return std::chrono::duration_cast<std::chrono::seconds>(times.next(has_carrier) - start);
  }
  LookTimes times;
};

TEST(LookTimes, TheFirstIsAtOnce) {
  EXPECT_LE(LookTimes().next(true), start);
}

TEST_F(LookTimesTest, EveryHalfMinute) {
  EXPECT_EQ(next(), 30s);
}

TEST_F(LookTimesTest, SoonForAReasonAndThenAsUsual) {
  times.hurry();
  EXPECT_EQ(next(), 1s);
  times.looked(start);
  EXPECT_EQ(next(), 30s);
}

TEST_F(LookTimesTest, EverySecondWithoutACarrierWhateverHappened) {
  EXPECT_EQ(next(false), 1s);
  for (int i = 0; i < 20; ++i) times.lost_directly(5s);
  EXPECT_EQ(next(false), 1s);
}

TEST_F(LookTimesTest, ALanWhereWaysDieYoungIsBelievedInLess) {
  times.lost_directly(5s);
  EXPECT_EQ(next(), 30s);
  times.lost_directly(5s);
  EXPECT_EQ(next(), 60s);
  times.hurry();
  EXPECT_EQ(next(), 60s);
  for (int i = 0; i < 100; ++i) times.lost_directly(5s);
  EXPECT_EQ(next(), 480s);
}

TEST_F(LookTimesTest, OneThatLastedMakesUpForAll) {
  for (int i = 0; i < 5; ++i) times.lost_directly(5s);
  times.lost_directly(2min);
  EXPECT_EQ(next(), 30s);
}

}  // namespace
}  // namespace tasuki::client
