#include "gateway/agent_line.h"

#include "support/agent_lines.h"

namespace tasuki::gateway {
namespace {

using control::Declined;
using control::Incoming;
using control::MessageType;
using control::Ping;
using control::Pong;
using control::Refusal;
using control::Refused;
using test::LineUnderTest;
using Reasons = std::vector<std::string>;

struct AnAgentLine : testing::Test {
  asio::io_context loop;
};

TEST_F(AnAgentLine, AnswersAPingWithItsCookie) {
  LineUnderTest t(loop);
  t.line->start();
  t.agent->try_write(wire::encode(Ping{42}));
  test::settle(loop);
  const auto answers = t.received();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(wire::decode<Pong>(answers[0]).cookie, 42u);
  EXPECT_EQ(t.heard, 1);
}

TEST_F(AnAgentLine, ReadsFramesHoweverTheyArrive) {
  LineUnderTest t(loop);
  t.line->start();
  for (const std::uint8_t byte : wire::encode(Ping{1})) {
    t.agent->try_write({&byte, 1});
    test::settle(loop);
  }
  EXPECT_EQ(t.received().size(), 1u);
  ByteString many;
  for (int i = 0; i < 100; ++i) append(many, wire::encode(Ping{1}));
  t.agent->try_write(many);
  test::settle(loop);
  EXPECT_EQ(t.received().size(), 100u);
}

TEST_F(AnAgentLine, RemembersWhenItWasLastHeardOf) {
  LineUnderTest t(loop);
  t.line->start();
  const auto before = t.line->last_heard();
  t.agent->try_write(wire::encode(Ping{1}));
  test::settle(loop);
  EXPECT_GT(t.line->last_heard(), before);
}

TEST_F(AnAgentLine, TellsWhatTheAgentDeclines) {
  LineUnderTest t(loop);
  t.line->start();
  t.agent->try_write(wire::encode(Declined{{1, 2}}));
  test::settle(loop);
  EXPECT_EQ(t.declined, (std::vector<control::Token>{{1, 2}}));
}

TEST_F(AnAgentLine, BringsTheAgentWhatItIsGiven) {
  LineUnderTest t(loop);
  t.line->start();
  t.line->send(wire::encode(Incoming{{7}, 15, {"192.0.2.9:1"}}));
  const auto got = t.received();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(wire::decode<Incoming>(got[0]).token, (control::Token{7}));
}

TEST_F(AnAgentLine, AsksAnAgentThatUnderstandsItToGoOnce) {
  LineUnderTest t(loop, 0, control::feature_drain);
  t.line->start();
  t.line->drain(30);
  t.line->drain(30);
  const auto got = t.received();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(wire::decode<control::Drain>(got[0]).retry_after, 30u);
  EXPECT_TRUE(t.ended.empty());
}

TEST_F(AnAgentLine, SendsAwayAnAgentThatDoesNotKnowDrain) {
  LineUnderTest t(loop);
  t.line->start();
  t.line->drain(30);
  const auto got = t.received();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(wire::decode<Refused>(got[0]).reason, Refusal::busy);
  EXPECT_EQ(t.ended, Reasons{"busy"});
}

TEST_F(AnAgentLine, EndsAtAnythingElseThanPingAndDeclined) {
  for (unsigned type = 0; type < 256; ++type) {
    if (MessageType(type) == MessageType::ping || MessageType(type) == MessageType::declined)
      continue;
    LineUnderTest t(loop);
    t.line->start();
    t.agent->try_write(wire::encode_frame(std::uint8_t(type), ByteString(8)));
    test::settle(loop);
    EXPECT_EQ(t.ended, Reasons{"unexpected frame from a registered agent"}) << type;
  }
}

TEST_F(AnAgentLine, EndsAtAMalformedOrOversizedFrame) {
  for (const ByteString& bad : {wire::encode_frame(std::uint8_t(MessageType::ping), ByteString(7)),
                                wire::encode_frame(std::uint8_t(MessageType::ping), ByteString(9)),
                                ByteString{0x21, 0xff, 0xff, 0xff}}) {
    LineUnderTest t(loop);
    t.line->start();
    t.agent->try_write(bad);
    test::settle(loop);
    EXPECT_EQ(t.ended.size(), 1u);
  }
}

TEST_F(AnAgentLine, EndsWhenTheAgentLeaves) {
  LineUnderTest politely(loop);
  politely.line->start();
  politely.agent->try_finish();
  test::settle(loop);
  EXPECT_EQ(politely.ended, Reasons{"left"});
}

TEST_F(AnAgentLine, SaysWhyItSendsAnAgentAway) {
  LineUnderTest t(loop);
  t.line->start();
  t.line->refuse(Refusal::replaced);
  EXPECT_EQ(t.ended, Reasons{"replaced"});
  const auto got = t.received();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(wire::decode<Refused>(got[0]).reason, Refusal::replaced);
}

TEST_F(AnAgentLine, EndsOnceAndDoesNothingAfterwards) {
  LineUnderTest t(loop);
  t.line->start();
  t.line->abort(std::make_error_code(std::errc::timed_out));
  t.line->refuse(Refusal::ended);
  t.line->send(wire::encode(Ping{1}));
  t.agent->try_write(wire::encode(Ping{1}));
  test::settle(loop);
  EXPECT_EQ(t.ended.size(), 1u);
  EXPECT_EQ(t.heard, 0);
  EXPECT_TRUE(t.received().empty());
}

// "Ended" is the last word to the owner: the frames that came with the one that
// ended the line are nobody's any more.
TEST_F(AnAgentLine, TellsNothingAfterItsEnd) {
  LineUnderTest t(loop);
  t.line->start();
  ByteString bytes;
  for (int i = 0; i < 20; ++i) append(bytes, wire::encode(Ping{1}));
  append(bytes, wire::encode(Declined{{1}}));
  t.agent->try_write(bytes);
  t.agent.reset();  // so that the answers cannot be written
  test::settle(loop);
  EXPECT_EQ(t.ended.size(), 1u);
  EXPECT_TRUE(t.declined.empty());
}

// ---- agents that misuse it ----

TEST_F(AnAgentLine, GivesUpAnAgentThatDoesNotRead) {
  LineUnderTest t(loop, 4096);
  t.line->start();
  for (int i = 0; i < 10'000 && t.ended.empty(); ++i)
    t.line->send(wire::encode(Incoming{{7}, 15, {"192.0.2.9:1"}}));
  EXPECT_EQ(t.ended, Reasons{"does not read"});
}

TEST_F(AnAgentLine, GivesUpAnAgentThatAsksAndDoesNotReadTheAnswers) {
  LineUnderTest t(loop, 4096);
  t.line->start();
  ByteString pings;
  for (int i = 0; i < 100; ++i) append(pings, wire::encode(Ping{1}));
  for (int i = 0; i < 1'000 && t.ended.empty(); ++i) {
    t.agent->try_write(pings);
    test::settle(loop);
  }
  EXPECT_EQ(t.ended, Reasons{"does not read"});
}

TEST_F(AnAgentLine, GoesOnWhenASlowAgentReadsAfterAll) {
  LineUnderTest t(loop, 4096);
  t.line->start();
  std::size_t sent = 0, got = 0;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 100; ++i, ++sent)
      t.line->send(wire::encode(Incoming{{7}, 15, {"192.0.2.9:1"}}));
    ByteString all, chunk(64 * 1024);
    test::settle(loop);
    for (int quiet = 0; quiet < 2;) {
      const net::Progress read = t.agent->try_read(chunk);
      append(all, Bytes(chunk).first(read.bytes));
      test::settle(loop);
      quiet = read.bytes == 0 ? quiet + 1 : 0;
    }
    got += test::frames_in(all).size();
  }
  EXPECT_TRUE(t.ended.empty());
  EXPECT_EQ(got, sent);
}

// A stream on which pings come without end (or nearly), and the answers go.
class EndlessPings final : public net::Stream {
public:
  using Stream::Stream;
  net::Progress try_read(Buffer into) override {
    if (aborted_) return {.error = aborted_};
    if (++reads == 100'000) return {.ended = true};
    const ByteString ping = wire::encode(Ping{1});
    std::copy(ping.begin(), ping.end(), into.begin());
    return {.bytes = ping.size()};
  }
  net::Progress try_write(Bytes bytes) override {
    if (aborted_) return {.error = aborted_};
    return {.bytes = bytes.size()};
  }
  net::Progress try_finish() override { return {.ended = true}; }
  int reads = 0;
};

TEST_F(AnAgentLine, LetsOthersHaveATurnWhileAnAgentTalksWithoutEnd) {
  test::Sockets both = test::sockets(loop);
  auto stream = std::make_unique<EndlessPings>(std::move(both.left));
  const EndlessPings& pings = *stream;
  LineUnderTest t(std::move(stream), nullptr);
  int reads_before_the_others = 0;
  asio::post(loop, [&] { t.line->start(); });
  asio::post(loop, [&] {
    reads_before_the_others = pings.reads;
    t.line->abort(std::make_error_code(std::errc::operation_canceled));
  });
  test::settle(loop);
  EXPECT_GT(reads_before_the_others, 0);
  EXPECT_LT(reads_before_the_others, 100);
}

TEST_F(AnAgentLine, MayBeLetGoOfByItsOwnerWhenItEnds) {
  test::Streams streams = test::plain_streams(loop);
  std::shared_ptr<AgentLine> line;
  AgentLine::Events events{[](AgentLine&) {}, [](AgentLine&, const control::Token&) {},
                           [&](AgentLine&, const std::string&) { line.reset(); }};
  line = std::make_shared<AgentLine>(std::move(streams.left), test::agent_facts(), events);
  line->start();
  streams.right->try_finish();
  test::settle(loop);
  EXPECT_FALSE(line);
}

}  // namespace
}  // namespace tasuki::gateway
