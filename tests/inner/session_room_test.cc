// Who waits for room in a session's memory hears of it, however the room was made.
#include "support/sessions.h"

namespace tasuki::inner {
namespace {

using test::next;

class Room : public testing::Test {
protected:
  // As much as the channel takes, while nothing of it is sent.
  void fill(ChannelNumber channel) {
    while (const std::size_t room = client.writable(channel))
      client.write(channel, ByteString(std::min(room, data_chunk)));
  }
  ChannelNumber open() {
    const ChannelNumber channel = client.open("target");
    client.receive(test::frame(Opened{channel, TargetKind::tcp, channel_window}));
    next<Session::WasOpened>(client);
    return channel;
  }
  bool told_of_room() {
    bool told = false;
    while (const auto event = client.next_event())
      told = told || std::holds_alternative<Session::AllMayWrite>(*event);
    return told;
  }

  Session client{Session::Side::client, 3 * channel_window};
};

TEST_F(Room, IsMadeByAnAcknowledgement) {
  const ChannelNumber first = open(), second = open(), third = open(), fourth = open();
  for (const ChannelNumber each : {first, second, third}) fill(each);
  ASSERT_EQ(client.writable(fourth), 0u);
  client.take();
  client.receive(test::frame(Acknowledge{client.bytes_sent()}));
  EXPECT_GT(client.writable(fourth), 0u);
  EXPECT_TRUE(told_of_room());
}

TEST_F(Room, IsMadeByAResetOfOurs) {
  const ChannelNumber first = open(), second = open(), third = open(), fourth = open();
  for (const ChannelNumber each : {first, second, third}) fill(each);
  ASSERT_EQ(client.writable(fourth), 0u);
  client.reset(first, ChannelError::broken);
  client.reset(second, ChannelError::broken);
  EXPECT_GT(client.writable(fourth), 0u);
  EXPECT_TRUE(told_of_room());
}

TEST_F(Room, IsMadeByAResetOfThePeers) {
  const ChannelNumber first = open(), second = open(), third = open(), fourth = open();
  for (const ChannelNumber each : {first, second, third}) fill(each);
  ASSERT_EQ(client.writable(fourth), 0u);
  client.receive(test::frame(Reset{first, ChannelError::broken}));
  client.receive(test::frame(Reset{second, ChannelError::broken}));
  EXPECT_GT(client.writable(fourth), 0u);
  EXPECT_TRUE(told_of_room());
}

}  // namespace
}  // namespace tasuki::inner
