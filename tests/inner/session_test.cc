#include "inner/session.h"

#include "support/sessions.h"

#include <gtest/gtest.h>

namespace tasuki::inner {
namespace {

using test::deliver;
using test::frame;
using test::next;
using test::Sessions;

const ByteString window(channel_window, 'x');

TEST(Session, OpensAChannelToATarget) {
  Sessions s;
  const ChannelNumber channel = s.client.open("desktop");
  EXPECT_EQ(channel, 1u);
  s.pass();
  EXPECT_EQ(next<Session::Asked>(s.agent).target, "desktop");
  s.agent.accept(channel, TargetKind::vnc);
  s.pass();
  const auto opened = next<Session::WasOpened>(s.client);
  EXPECT_EQ(opened.channel, channel);
  EXPECT_EQ(opened.kind, TargetKind::vnc);
  EXPECT_EQ(s.client.writable(channel), channel_window);
  EXPECT_EQ(s.agent.writable(channel), channel_window);
}

TEST(Session, ARefusedChannelIsGoneOnBothSides) {
  Sessions s;
  const ChannelNumber channel = s.client.open("nothing");
  s.pass();
  s.agent.refuse(channel, ChannelError::unknown_target);
  s.pass();
  EXPECT_EQ(next<Session::WasRefused>(s.client).reason, ChannelError::unknown_target);
  EXPECT_FALSE(s.client.has(channel));
  EXPECT_FALSE(s.agent.has(channel));
}

TEST(Session, CarriesBytesBothWays) {
  Sessions s;
  const ChannelNumber channel = s.open();
  s.client.write(channel, as_bytes("question"));
  s.agent.write(channel, as_bytes("answer"));
  s.pass();
  EXPECT_EQ(as_text(next<Session::Arrived>(s.agent).bytes), "question");
  EXPECT_EQ(as_text(next<Session::Arrived>(s.client).bytes), "answer");
}

TEST(Session, CutsLongWritesSoThatOthersHaveATurn) {
  Sessions s;
  const ChannelNumber channel = s.open();
  s.client.write(channel, ByteString(40'000, 'x'));
  for (const wire::Frame& each : test::frames_in(s.client.take()))
    EXPECT_LE(each.payload.size(), data_chunk + sizeof channel);
}

// ---- credit ----

TEST(Session, AReaderThatStopsCostsOnlyItsOwnChannelsWindow) {
  Sessions s;
  const ChannelNumber slow = s.open(), quick = s.open();
  s.client.write(slow, window);
  s.pass();
  EXPECT_EQ(s.client.writable(slow), 0u);
  for (int i = 0; i < 20; ++i) {
    s.client.write(quick, Bytes(window).first(s.client.writable(quick)));
    s.pass();
    s.agent.consumed(quick, channel_window);
    s.pass();
  }
  EXPECT_EQ(s.client.writable(quick), channel_window);
  EXPECT_EQ(s.client.writable(slow), 0u);
}

TEST(Session, GivesCreditBackHalfAWindowAtATime) {
  Sessions s;
  const ChannelNumber channel = s.open();
  s.client.write(channel, window);
  s.pass();
  s.agent.consumed(channel, channel_window / 2 - 1);
  EXPECT_EQ(s.agent.waiting(), 0u);
  s.agent.consumed(channel, 1);
  s.pass();
  EXPECT_EQ(next<Session::MayWrite>(s.client).channel, channel);
  EXPECT_EQ(s.client.writable(channel), channel_window / 2);
}

TEST(Session, NeverStallsAPeerHoweverLittleIsTakenAtATime) {
  Sessions s;
  const ChannelNumber channel = s.open();
  std::size_t sent = 0;
  while (sent < 4 * channel_window) {
    const std::size_t size = std::min<std::size_t>(s.client.writable(channel), 1'000);
    ASSERT_GT(size, 0u) << "stalled after " << sent;
    s.client.write(channel, Bytes(window).first(size));
    sent += size;
    s.pass();
    s.agent.consumed(channel, size);
    s.pass();
  }
}

TEST(Session, LetsTheAgentSendWhatOpenAllowed) {
  Session agent(Session::Side::agent);
  agent.receive(frame(Open{1, {"x"}, Priority::bulk, 10}));
  agent.accept(1, TargetKind::tcp);
  EXPECT_EQ(agent.writable(1), 10u);
  agent.receive(frame(Credit{1, 5}));
  EXPECT_EQ(agent.writable(1), 15u);
}

TEST(Session, RefusesDataBeyondTheCredit) {
  Sessions s;
  const ChannelNumber channel = s.open();
  ByteString data{0, 0, 0, std::uint8_t(channel)};
  data.resize(4 + 60'000);
  const wire::Frame sixty{std::uint8_t(MessageType::data), data};
  for (int i = 0; i < 4; ++i) s.agent.receive(sixty);
  data.resize(4 + channel_window - 240'000);
  s.agent.receive({std::uint8_t(MessageType::data), data});  // the window to its last byte
  data.resize(4 + 1);
  EXPECT_THROW(s.agent.receive({std::uint8_t(MessageType::data), data}), wire::ProtocolError);
}

TEST(Session, RefusesMoreCreditThanAnybodyHasRoomFor) {
  for (const bool at_once : {true, false}) {
    Sessions s;
    const ChannelNumber channel = s.open();
    if (at_once) {
      EXPECT_THROW(s.client.receive(frame(Credit{channel, 0xffffffff})), wire::ProtocolError);
    } else {
      s.client.receive(frame(Credit{channel, 0x7fffffff - channel_window}));
      EXPECT_THROW(s.client.receive(frame(Credit{channel, 1})), wire::ProtocolError);
    }
  }
}

TEST(Session, RefusesSuchCreditInOpenAndOpenedToo) {
  Session agent(Session::Side::agent);
  EXPECT_THROW(agent.receive(frame(Open{1, {"x"}, Priority::bulk, 0x80000000})),
               wire::ProtocolError);
  Session client(Session::Side::client);
  const ChannelNumber channel = client.open("x");
  EXPECT_THROW(client.receive(frame(Opened{channel, TargetKind::tcp, 0x80000000})),
               wire::ProtocolError);
}

TEST(Session, ThrowsWhenItsOwnerWritesBeyondTheCredit) {
  Sessions s;
  const ChannelNumber channel = s.open();
  EXPECT_THROW(s.client.write(channel, ByteString(channel_window + 1)), std::logic_error);
}

// What the peer would take for a broken protocol must not leave this side.
TEST(Session, ThrowsWhenItsOwnerWritesBeforeTheChannelIsOpenOrAfterItIsFinished) {
  Sessions s;
  const ChannelNumber asked = s.client.open("x");
  s.pass();
  EXPECT_EQ(s.agent.writable(asked), 0u);
  EXPECT_THROW(s.agent.write(asked, as_bytes("early")), std::logic_error);
  EXPECT_THROW(s.client.write(asked, as_bytes("early")), std::logic_error);
  s.forget_events();

  const ChannelNumber channel = s.open();
  s.client.finish(channel);
  EXPECT_EQ(s.client.writable(channel), 0u);
  EXPECT_THROW(s.client.write(channel, as_bytes("late")), std::logic_error);
}

TEST(Session, GivesNoCreditToAPeerThatHasFinished) {
  Sessions s;
  const ChannelNumber channel = s.open();
  s.client.write(channel, window);
  s.client.finish(channel);
  s.pass();
  s.agent.consumed(channel, channel_window);
  EXPECT_EQ(s.agent.waiting(), 0u);
}

// ---- many channels ----

TEST(Session, NumbersChannelsUpwardAndNeverUsesOneAgain) {
  Sessions s;
  const ChannelNumber first = s.open();
  s.client.reset(first, ChannelError::ended);
  s.pass();
  s.forget_events();
  EXPECT_EQ(s.open(), first + 1);
  EXPECT_THROW(s.agent.receive(frame(Open{first, {"x"}, Priority::bulk, 1})), wire::ProtocolError);
}

TEST(Session, TurnsDownTheChannelThatIsOneTooMany) {
  Sessions s;
  for (std::size_t i = 0; i < most_channels; ++i) s.open();
  const ChannelNumber extra = s.client.open("x");
  s.pass();
  EXPECT_FALSE(s.agent.next_event());
  const auto refused = next<Session::WasRefused>(s.client);
  EXPECT_EQ(refused.channel, extra);
  EXPECT_EQ(refused.reason, ChannelError::too_many);
  s.client.reset(1, ChannelError::ended);
  s.pass();
  s.forget_events();
  EXPECT_EQ(s.open(), extra + 1);
}

// ---- the session itself ----

TEST(Session, AnswersAPingWithItsCookie) {
  Sessions s;
  s.client.ping(42);
  s.agent.ping(43);
  s.pass();
  EXPECT_EQ(next<Session::Ponged>(s.client).cookie, 42u);
  EXPECT_EQ(next<Session::Ponged>(s.agent).cookie, 43u);
}

TEST(Session, IsOverOnceItIsClosed) {
  Sessions s;
  const ChannelNumber channel = s.open();
  s.agent.close(CloseReason::ended_by_owner);
  s.agent.write(channel, as_bytes("too late"));
  s.agent.ping(1);
  s.agent.close(CloseReason::done);
  EXPECT_EQ(test::frame_in(s.agent.take()).type, std::uint8_t(MessageType::close));
  s.client.receive(frame(Close{CloseReason::ended_by_owner}));
  EXPECT_EQ(next<Session::Closed>(s.client).reason, CloseReason::ended_by_owner);
  EXPECT_TRUE(s.client.closed());
}

TEST(Session, IgnoresWhatFollowsTheClose) {
  Sessions s;
  const ChannelNumber channel = s.open();
  s.client.receive(frame(Close{CloseReason::done}));
  next<Session::Closed>(s.client);
  s.client.receive(frame(Finish{channel}));
  s.client.receive({0xff, {}});
  EXPECT_FALSE(s.client.next_event());
  EXPECT_EQ(s.client.writable(channel), 0u);
}

TEST(Session, CountsTheSameBytesOnBothSides) {
  Sessions s;
  const ChannelNumber channel = s.open();
  for (int i = 0; i < 10; ++i) {
    s.client.write(channel, ByteString(20'000, 'x'));
    s.agent.write(channel, ByteString(1'000 * std::size_t(i), 'y'));
    s.client.ping(1);  // not counted
    s.pass();
    s.agent.consumed(channel, 20'000);
    s.client.consumed(channel, 1'000 * std::size_t(i));
    s.pass();
  }
  s.client.finish(channel);
  s.agent.reset(channel, ChannelError::ended);
  s.pass();
  EXPECT_GT(s.client.bytes_sent(), 200'000u);
  EXPECT_EQ(s.client.bytes_sent(), s.agent.bytes_received());
  EXPECT_EQ(s.agent.bytes_sent(), s.client.bytes_received());
}

TEST(Session, AcknowledgesAsBytesArrive) {
  Sessions s;
  const ChannelNumber channel = s.open();
  int acknowledged = 0;
  for (int i = 0; i < 8; ++i) {
    s.client.write(channel, ByteString(channel_window / 2, 'x'));
    deliver(s.client.take(), s.agent);
    s.agent.consumed(channel, channel_window / 2);
    for (const wire::Frame& each : test::frames_in(s.agent.take())) {
      acknowledged += each.type == std::uint8_t(MessageType::acknowledge);
      s.client.receive(each);
    }
  }
  EXPECT_GE(acknowledged, 8);
  EXPECT_LE(acknowledged, 24);
}

TEST(Session, RefusesAnAcknowledgementOfWhatItNeverSent) {
  Sessions s;
  s.open();
  EXPECT_NO_THROW(s.client.receive(frame(Acknowledge{s.client.bytes_sent()})));
  EXPECT_THROW(s.client.receive(frame(Acknowledge{s.client.bytes_sent() + 1})),
               wire::ProtocolError);
}

TEST(Session, OnlyClientsOpenChannels) {
  Sessions s;
  EXPECT_THROW(s.agent.open("x"), std::logic_error);
  EXPECT_THROW(s.client.receive(frame(Open{1, {"x"}, Priority::bulk, 1})), wire::ProtocolError);
}

}  // namespace
}  // namespace tasuki::inner
