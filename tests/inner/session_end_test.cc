// How channels end: finished one way, both ways, or reset; and what crosses with it.
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

TEST(AChannel, LetsTheOtherWayGoOnAfterAHalfClose) {
  Sessions s;
  const ChannelNumber channel = s.open();
  s.client.write(channel, as_bytes("that is all"));
  s.client.finish(channel);
  s.pass();
  next<Session::Arrived>(s.agent);
  EXPECT_EQ(next<Session::PeerFinished>(s.agent).channel, channel);
  s.agent.write(channel, as_bytes("I am not done"));
  s.pass();
  EXPECT_EQ(as_text(next<Session::Arrived>(s.client).bytes), "I am not done");
  s.agent.finish(channel);
  s.pass();
  next<Session::PeerFinished>(s.client);
  EXPECT_EQ(s.client.channels() + s.agent.channels(), 0u);
}

TEST(AChannel, FinishesAChannelFromTheAgentsSideFirst) {
  Sessions s;
  const ChannelNumber channel = s.open();
  s.agent.finish(channel);
  s.pass();
  EXPECT_TRUE(s.client.has(channel));
  s.client.finish(channel);
  s.pass();
  EXPECT_EQ(s.client.channels() + s.agent.channels(), 0u);
}

TEST(AChannel, FinishesAChannelOnBothSidesAtOnce) {
  Sessions s;
  const ChannelNumber channel = s.open();
  s.client.finish(channel);
  s.agent.finish(channel);
  s.pass();
  EXPECT_EQ(s.client.channels() + s.agent.channels(), 0u);
}

// A program that sends nothing (its input is empty) may be done before the agent has
// answered. That must not end the whole session.
TEST(AChannel, MayBeFinishedBeforeItIsOpened) {
  Sessions s;
  const ChannelNumber channel = s.client.open("x");
  s.client.finish(channel);
  s.pass();
  next<Session::Asked>(s.agent);
  s.agent.accept(channel, TargetKind::tcp);
  s.agent.write(channel, as_bytes("hello"));
  s.pass();
  EXPECT_EQ(next<Session::PeerFinished>(s.agent).channel, channel);
  next<Session::WasOpened>(s.client);
  EXPECT_EQ(as_text(next<Session::Arrived>(s.client).bytes), "hello");
  s.agent.finish(channel);
  s.pass();
  EXPECT_EQ(s.client.channels() + s.agent.channels(), 0u);
}

TEST(AChannel, MayBeFinishedByTheAgentBeforeItAccepts) {
  Sessions s;
  const ChannelNumber channel = s.client.open("x");
  s.pass();
  s.agent.finish(channel);
  s.pass();
  s.agent.accept(channel, TargetKind::tcp);
  s.pass();
  next<Session::WasOpened>(s.client);
  EXPECT_EQ(next<Session::PeerFinished>(s.client).channel, channel);
}

TEST(AChannel, ResetsCutBothWaysAtOnce) {
  Sessions s;
  const ChannelNumber channel = s.open();
  s.agent.reset(channel, ChannelError::broken);
  s.pass();
  EXPECT_EQ(next<Session::Cut>(s.client).reason, ChannelError::broken);
  EXPECT_EQ(s.client.channels() + s.agent.channels(), 0u);
}

TEST(AChannel, LetsPassWhatCrossesWithItsReset) {
  Sessions s;
  const ChannelNumber channel = s.open();
  s.client.write(channel, window);
  s.pass();
  s.forget_events();
  s.client.reset(channel, ChannelError::ended);
  s.agent.consumed(channel, channel_window);       // Credit
  s.agent.write(channel, as_bytes("on its way"));  // Data
  s.agent.finish(channel);                         // Finish
  EXPECT_NO_THROW(deliver(s.agent.take(), s.client));
  EXPECT_FALSE(s.client.next_event());
  EXPECT_NO_THROW(s.pass());
  next<Session::Cut>(s.agent);
}

TEST(AChannel, LetsPassTheAnswerThatCrossesWithItsReset) {
  for (const bool accepted : {true, false}) {
    Sessions s;
    const ChannelNumber channel = s.client.open("x");
    s.pass();
    s.client.reset(channel, ChannelError::ended);
    accepted ? s.agent.accept(channel, TargetKind::tcp)
             : s.agent.refuse(channel, ChannelError::unreachable);
    EXPECT_NO_THROW(s.pass());
    EXPECT_FALSE(s.client.next_event());
    EXPECT_EQ(s.client.channels() + s.agent.channels(), 0u);
  }
}

TEST(AChannel, CallsForAChannelThatIsGoneDoNothing) {
  Sessions s;
  const ChannelNumber channel = s.open();
  s.agent.reset(channel, ChannelError::ended);
  s.pass();
  for (Session* side : {&s.client, &s.agent}) {
    side->write(channel, as_bytes("x"));
    side->consumed(channel, 1 << 20);
    side->finish(channel);
    side->reset(channel, ChannelError::ended);
    side->accept(channel, TargetKind::tcp);
    side->refuse(channel, ChannelError::ended);
    EXPECT_EQ(side->writable(channel), 0u);
    EXPECT_EQ(side->waiting(), 0u);
  }
}

}  // namespace
}  // namespace tasuki::inner
