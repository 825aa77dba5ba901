// Whose turn it is.
#include "inner/schedule.h"

#include <gtest/gtest.h>

namespace tasuki::inner {
namespace {

constexpr std::size_t chunk = Schedule::quantum;

// Lets each that has a turn send `size`, for as many turns.
std::vector<ChannelNumber> turns(Schedule& schedule, std::size_t count, std::size_t size,
                                 bool more = true) {
  std::vector<ChannelNumber> order;
  while (order.size() < count) {
    const auto turn = schedule.turn();
    if (!turn) break;
    order.push_back(*turn);
    schedule.turn_over(size, more);
  }
  return order;
}

using Order = std::vector<ChannelNumber>;

TEST(Schedule, IsNobodysTurnWhileNobodyIsReady) {
  Schedule schedule;
  EXPECT_FALSE(schedule.turn());
}

TEST(Schedule, PutsInteractiveBeforeBulk) {
  Schedule schedule;
  schedule.ready(1, Priority::bulk);
  schedule.ready(2, Priority::interactive);
  EXPECT_EQ(turns(schedule, 9, 10, false), (Order{2, 1}));
}

TEST(Schedule, TakesTurnsAmongThoseThatAlwaysHaveMore) {
  Schedule schedule;
  for (const ChannelNumber channel : {1, 2, 3}) schedule.ready(channel, Priority::bulk);
  EXPECT_EQ(turns(schedule, 6, chunk), (Order{1, 2, 3, 1, 2, 3}));
}

TEST(Schedule, LetsOneSendSmallFramesUntilItsQuantumIsUsed) {
  Schedule schedule;
  for (const ChannelNumber channel : {1, 2}) schedule.ready(channel, Priority::bulk);
  EXPECT_EQ(turns(schedule, 6, chunk / 2), (Order{1, 1, 2, 2, 1, 1}));
}

// A typed key does not wait behind those that fill the line.
TEST(Schedule, PutsWhoSendsLittleBeforeWhoAlwaysHasMore) {
  Schedule schedule;
  schedule.ready(1, Priority::interactive);
  schedule.ready(2, Priority::interactive);
  turns(schedule, 4, chunk);
  schedule.ready(3, Priority::interactive);
  EXPECT_EQ(schedule.turn(), 3u);
}

TEST(Schedule, LetsBulkHaveATurnAtLast) {
  Schedule schedule;
  schedule.ready(1, Priority::interactive);
  schedule.ready(2, Priority::bulk);
  const std::size_t before = Schedule::patience / chunk;
  Order expected(before, 1);
  expected.push_back(2);
  expected.push_back(1);
  EXPECT_EQ(turns(schedule, before + 2, chunk), expected);
}

TEST(Schedule, HasNoPatienceToLoseWhileBulkDoesNotWait) {
  Schedule schedule;
  schedule.ready(1, Priority::interactive);
  turns(schedule, 100, chunk);
  schedule.ready(2, Priority::bulk);
  EXPECT_EQ(schedule.turn(), 1u);
}

TEST(Schedule, ForgetsWhoHasNoMore) {
  Schedule schedule;
  schedule.ready(1, Priority::bulk);
  schedule.turn_over(5, false);
  EXPECT_FALSE(schedule.turn());
}

}  // namespace
}  // namespace tasuki::inner
