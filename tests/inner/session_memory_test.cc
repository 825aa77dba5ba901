// What a session keeps is limited, and whoever waits for room is told when there is some.
#include "support/sessions.h"

#include <gtest/gtest.h>

namespace tasuki::inner {
namespace {

using test::deliver;
using test::next;

constexpr std::size_t memory = 2 * channel_window;

// Three channels; the client has filled two of them, and so its memory.
struct Full {
  Session client{Session::Side::client, memory};
  Session agent{Session::Side::agent, memory};
  std::vector<ChannelNumber> channels;

  Full() {
    for (int i = 0; i < 3; ++i) channels.push_back(client.open("x"));
    deliver(client.take(), agent);
    for (const ChannelNumber channel : channels) agent.accept(channel, TargetKind::tcp);
    deliver(agent.take(), client);
    deliver(client.take(), agent);
    while (client.next_event()) continue;
    const ByteString much(channel_window);
    for (int i = 0; i < 2; ++i) client.write(channels[std::size_t(i)], much);
  }
};

TEST(ASessionsMemory, IsUsedUpByWhatIsNotAcknowledged) {
  Full full;
  EXPECT_EQ(full.client.writable(full.channels[2]), 0u);
  full.client.take();
  EXPECT_EQ(full.client.writable(full.channels[2]), 0u);
}

TEST(ASessionsMemory, IsThereAgainOnceTheOtherSideHasAll) {
  Full full;
  deliver(full.client.take(), full.agent);
  full.agent.acknowledge();
  deliver(full.agent.take(), full.client);
  next<Session::AllMayWrite>(full.client);
  EXPECT_EQ(full.client.writable(full.channels[2]), channel_window);
}

// Else whoever waits would wait for ever, when nothing else is on its way.
TEST(ASessionsMemory, IsThereAgainWhenChannelsAreCutThatHadMuchToSay) {
  for (const bool by_us : {true, false}) {
    Full full;
    for (const ChannelNumber channel : {full.channels[0], full.channels[1]}) {
      if (by_us)
        full.client.reset(channel, ChannelError::ended);
      else
        full.agent.reset(channel, ChannelError::broken);
    }
    deliver(full.agent.take(), full.client);
    EXPECT_EQ(full.client.writable(full.channels[2]), channel_window);
    bool told = false;
    while (const auto event = full.client.next_event())
      told |= std::holds_alternative<Session::AllMayWrite>(*event);
    EXPECT_TRUE(told);
  }
}

TEST(ASessionsMemory, IsNotSpokenOfWhenThereWasNoShortage) {
  Session client(Session::Side::client);
  const ChannelNumber channel = client.open("x");
  client.reset(channel, ChannelError::ended);
  EXPECT_FALSE(client.next_event());
}

}  // namespace
}  // namespace tasuki::inner
