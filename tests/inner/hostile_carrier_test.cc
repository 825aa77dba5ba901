// Client and agent, whole, over a carrier that splits what it carries anywhere, and
// over one that also damages it. Each run is that of its seed.
#include "support/ends.h"

#include <gtest/gtest.h>

namespace tasuki::inner {
namespace {

using test::Ends;
using test::right_password;
using test::secret;

// What both sides want to say on one channel, and what each has heard.
struct Conversation {
  test::Random random;
  Ends ends;
  ByteString question, answer;    // said by client, by agent
  ByteString questions, answers;  // and heard
  std::size_t asked = 0, answered = 0;
  bool clients_end = false, agents_end = false;  // PeerFinished seen
  ChannelNumber channel = 0;
  std::size_t until_flip;  // bytes to carry before one bit changes

  explicit Conversation(unsigned seed, bool damage)
      : random(seed),
        question(random.bytes(random.size() * 6)),
        answer(random.bytes(random.size() * 6)),
        until_flip(damage ? random.below(6'000 + question.size() + answer.size())
                          : std::size_t(-1)) {}

  void run() {
    for (int turn = 0; turn < 100'000 && !over(); ++turn) {
      carry(ends.client, ends.agent);
      drive_client();
      carry(ends.agent, ends.client);
      drive_agent();
    }
    EXPECT_TRUE(over()) << "stalled";
  }
  bool over() const { return clients_end && agents_end; }

  void carry(End& from, End& to) {
    ByteString bytes = from.take();
    if (until_flip < bytes.size())
      bytes[until_flip] ^= std::uint8_t(1 << random.below(8)), until_flip = std::size_t(-1);
    else if (until_flip != std::size_t(-1))
      until_flip -= bytes.size();
    test::in_random_pieces(bytes, random, [&](Bytes piece) { to.receive(piece); });
  }

  // As much as there is credit for, then "no more".
  static void say(Session& session, ChannelNumber on, const ByteString& all, std::size_t& said) {
    const std::size_t size = std::min(session.writable(on), all.size() - said);
    session.write(on, Bytes(all).subspan(said, size));
    said += size;
    if (said == all.size()) session.finish(on);
  }

  void drive_client() {
    if (ends.client.phase() == Ends::Phase::wants_password)
      ends.client.password(secret(random.one_in(3) ? "wrong" : right_password));
    else if (ends.client.phase() == Ends::Phase::wrong_password)
      ends.client.password(secret(right_password));
    if (ends.client.phase() != Ends::Phase::open) return;
    Session& session = ends.client.session();
    if (channel == 0) channel = session.open("desktop");
    hear(session, answers, clients_end);
    if (session.writable(channel) > 0) say(session, channel, question, asked);
  }

  void drive_agent() {
    if (!ends.agent.open()) return;
    Session& session = ends.agent.session();
    hear(session, questions, agents_end);
    if (session.has(channel) && session.writable(channel) > 0)
      say(session, channel, answer, answered);
  }

  void hear(Session& session, ByteString& heard, bool& ended) {
    while (auto event = session.next_event()) {
      if (auto* asked_for = std::get_if<Session::Asked>(&*event))
        session.accept(asked_for->channel, TargetKind::tcp);
      if (auto* arrived = std::get_if<Session::Arrived>(&*event)) {
        append(heard, arrived->bytes);
        session.consumed(arrived->channel, arrived->bytes.size());
      }
      if (std::holds_alternative<Session::PeerFinished>(*event)) ended = true;
    }
  }
};

bool is_prefix(const ByteString& part, const ByteString& whole) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

TEST(Ends, UnderstandEachOtherHoweverTheCarrierSplitsTheirBytes) {
  for (unsigned seed = 1; seed <= test::runs(1000); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Conversation c(seed, false);
    ASSERT_NO_THROW(c.run());
    ASSERT_TRUE(c.questions == c.question);
    ASSERT_TRUE(c.answers == c.answer);
    ASSERT_EQ(c.ends.client.session().channels(), 0u);
    ASSERT_EQ(c.ends.client.session().bytes_sent(), c.ends.agent.session().bytes_received());
    ASSERT_EQ(c.ends.agent.session().bytes_sent(), c.ends.client.session().bytes_received());
  }
}

// One bit of one byte, anywhere from the first of the handshake to the last of the
// data. Either somebody notices, or it was a bit that says nothing.
TEST(Ends, HearTheTruthOrNothingWhenOneBitChanges) {
  unsigned noticed = 0;
  const unsigned all = test::runs(500);
  for (unsigned seed = 1; seed <= all; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Conversation c(seed, true);
    bool stalled_or_broken = false;
    try {
      for (int turn = 0; turn < 400 && !c.over(); ++turn) {
        c.carry(c.ends.client, c.ends.agent);
        c.drive_client();
        c.carry(c.ends.agent, c.ends.client);
        c.drive_agent();
      }
      stalled_or_broken = !c.over();
    } catch (const SealError&) {
      stalled_or_broken = true;
    } catch (const wire::ProtocolError&) {
      stalled_or_broken = true;
    }
    noticed += stalled_or_broken;
    ASSERT_TRUE(is_prefix(c.questions, c.question));
    ASSERT_TRUE(is_prefix(c.answers, c.answer));
  }
  EXPECT_GT(noticed, all / 2);  // the carrier does damage
}

}  // namespace
}  // namespace tasuki::inner
