// Ends that resume a session: the way it should be, and against peers that say anything
// else. A session that could not be had is as it was.
#include "support/resumable.h"

#include <gtest/gtest.h>

namespace tasuki::inner {
namespace {

using test::carry;
using test::next;
using test::Resumable;
using test::trace;
using Phase = ClientEnd::Phase;
using AgentPhase = AgentEnd::Phase;

// A session in the middle of things: the agent keeps three frames that the client has not
// acknowledged, of which it has one.
struct Interrupted : Resumable {
  ChannelNumber channel;
  Interrupted() : channel(open()) {
    client.acknowledge();
    pass();
    for (const std::string_view word : {"one", "two", "three"}) {
      agent.write(channel, as_bytes(word));
      const ByteString said = agent.take();
      if (word == "one") test::deliver(said, client);
    }
    client.carrier_lost();
    agent.carrier_lost();
    forget_events();
  }
};

// ---- as it should be ----

TEST(AResume, GoesOnWhereTheSessionWas) {
  Interrupted s;
  const auto over = s.carrier();
  s.resume(*over);
  ASSERT_EQ(over->client.phase(), Phase::open);
  ASSERT_EQ(over->agent.phase(), AgentPhase::open);
  next<Session::AllMayWrite>(s.client);
  EXPECT_EQ(as_text(next<Session::Arrived>(s.client).bytes), "two");
  EXPECT_EQ(as_text(next<Session::Arrived>(s.client).bytes), "three");
  EXPECT_FALSE(s.client.next_event());
}

TEST(AResume, AcknowledgesWhatHasArrivedWithoutAnotherWord) {
  Interrupted s;
  const auto over = s.carrier();
  carry(over->client, over->agent);
  over->client.resume(s.client);
  carry(over->client, over->agent);
  ASSERT_EQ(over->agent.phase(), AgentPhase::wants_session);
  const std::size_t before = s.agent.memory_used();
  over->agent.resume(s.agent);
  EXPECT_LT(s.agent.memory_used(), before);
}

TEST(AResume, GoesOnOverTheNextCarrierAsOften) {
  Interrupted s;
  for (std::uint32_t i = 1; i <= 5; ++i) {
    const auto over = s.carrier();
    s.resume(*over);
    ASSERT_EQ(over->client.phase(), Phase::open);
    EXPECT_EQ(s.agent.ticket().attempts, i);
    over->detach();
  }
}

// Make before break: the new carrier stands before the old one is left.
TEST(AResume, LeavesTheOldCarrierBehindForBothSides) {
  Interrupted s;
  const auto old = s.carrier();
  s.resume(*old);
  s.forget_events();
  s.agent.write(s.channel, as_bytes("on its way"));
  const ByteString late = old->agent.take();
  const auto over = s.carrier();
  carry(over->client, over->agent);
  old->client.detach();
  over->client.resume(s.client);
  carry(over->client, over->agent);
  old->agent.detach();
  over->agent.resume(s.agent);
  carry(over->client, over->agent);
  old->client.receive(late);
  next<Session::AllMayWrite>(s.client);
  EXPECT_EQ(as_text(next<Session::Arrived>(s.client).bytes), "on its way");
  EXPECT_FALSE(s.client.next_event());
  EXPECT_TRUE(old->client.take().empty());
}

TEST(AResume, MayBeDeniedAndTriedNoMoreOnThisCarrier) {
  Interrupted s;
  const auto over = s.carrier();
  carry(over->client, over->agent);
  const auto before = trace(s.client);
  over->client.resume(s.client);
  carry(over->client, over->agent);
  over->agent.deny(Denial::no_session);
  EXPECT_EQ(over->agent.phase(), AgentPhase::denied);
  carry(over->client, over->agent);
  EXPECT_EQ(over->client.phase(), Phase::denied);
  EXPECT_EQ(over->client.denied().reason, Denial::no_session);
  EXPECT_THROW(over->client.resume(s.client), std::logic_error);
  auto after = trace(s.client);
  EXPECT_EQ(--after.back(), before.back());  // but for the attempt
  EXPECT_EQ(after, before);
}

// A log-in may be denied before it is known what the client has come for; a session that
// exists is not one too many.
TEST(AResume, IsNotDeniedByWhatIsSaidOfLogIns) {
  Interrupted s;
  const auto over = s.carrier();
  over->agent.deny(Denial::too_many_sessions);
  s.resume(*over);
  EXPECT_EQ(over->client.phase(), Phase::open);
}

TEST(AResume, NeedsAnAgentThatIsKnown) {
  EXPECT_THROW(
      ClientEnd(test::client_context(), {"realm", "label", "pc", std::nullopt}, std::nullopt),
      std::logic_error);
}

TEST(AResume, IsNotEvenAskedForAtAnotherAgent) {
  const crypto::AgentId pinned({1, 2, 3});
  Seal impostor(Seal::Side::agent, test::some_agent().context);
  ClientEnd client(test::client_context(), {"realm", "label", "pc", pinned}, std::nullopt);
  impostor.receive(client.take());
  EXPECT_THROW(client.receive(impostor.take()), IdentityChanged);
  impostor.receive(client.take());
  EXPECT_TRUE(test::read(impostor).empty());
  EXPECT_EQ(client.phase(), Phase::connecting);
}

// ---- a client that says what it likes ----

struct RudeClient : Interrupted {
  AgentEnd end{test::some_agent().context, {"realm", "label", "pc", test::some_agent().id()}, book};
  Seal seal{Seal::Side::client, test::client_context()};

  RudeClient() {
    book.set("alice");
    carry(seal, end);
  }
  void say(const auto& message) {
    seal.write(wire::encode(message));
    end.receive(seal.take());
  }
  crypto::Sha256 bound_to() const {
    return binding(seal, {"realm", "label", "pc", test::some_agent().id()});
  }
  // What the client would say, with what the caller makes of its ticket and its place.
  Resume resume(std::function<void(Ticket&, std::uint64_t&)> change = {}) {
    Ticket own{client.ticket().session, client.ticket().secret.copy(), 300,
               client.ticket().attempts};
    std::uint64_t place = client.bytes_received();
    if (change) change(own, place);
    return ask_to_resume(own, bound_to(), place);
  }
  // Whether the agent may take it; the session is as it was, whatever it says.
  bool is_taken(const Resume& resume) {
    const auto before = trace(agent);
    say(resume);
    EXPECT_EQ(end.phase(), AgentPhase::wants_session);
    EXPECT_EQ(end.wanted(), resume.session);
    const bool yes = end.may_resume(agent);
    if (!yes) {
      EXPECT_THROW(end.resume(agent), std::logic_error);
    }
    EXPECT_EQ(trace(agent), before);
    EXPECT_FALSE(end.open());
    return yes;
  }
};

TEST(AnAgentThatIsAsked, TakesTheRightResume) {
  RudeClient rude;
  EXPECT_TRUE(rude.is_taken(rude.resume()));
}

TEST(AnAgentThatIsAsked, TakesEveryPlaceThatIsTheEndOfAFrameItKeeps) {
  // Kept: "one", "two", "three", of which the client has the first.
  const std::uint64_t one = wire::frame_header_size + 4 + 3, three = one + 2;
  for (const std::uint64_t further : {std::uint64_t(0), one, one + three}) {
    RudeClient rude;
    EXPECT_TRUE(
        rude.is_taken(rude.resume([&](Ticket&, std::uint64_t& place) { place += further; })));
  }
}

TEST(AnAgentThatIsAsked, TakesNoOtherPlace) {
  RudeClient counts;
  const std::uint64_t end = counts.agent.bytes_sent(), has = counts.client.bytes_received();
  for (const std::uint64_t wrong : {has + 1, has - 1, end - 1, end + 1, end + (1u << 31),
                                    std::uint64_t(0), ~std::uint64_t(0)}) {
    RudeClient rude;
    EXPECT_FALSE(rude.is_taken(rude.resume([&](Ticket&, std::uint64_t& place) { place = wrong; })))
        << wrong;
  }
}

TEST(AnAgentThatIsAsked, TakesNoWrongProof) {
  RudeClient rude;
  Resume resume = rude.resume();
  resume.mac[7] ^= 1;
  EXPECT_FALSE(rude.is_taken(resume));
}

TEST(AnAgentThatIsAsked, TakesNoOtherSecret) {
  RudeClient rude;
  EXPECT_FALSE(rude.is_taken(rude.resume(
      [](Ticket& own, std::uint64_t&) { own.secret = crypto::Secret(crypto::Sha256{1}); })));
}

// Recorded, or held back, and brought over another connection.
TEST(AnAgentThatIsAsked, TakesNoResumeOfAnotherConnection) {
  RudeClient first, second;
  EXPECT_FALSE(second.is_taken(first.resume()));
  EXPECT_TRUE(first.is_taken(first.resume()));
}

TEST(AnAgentThatIsAsked, TakesNoAttemptThatIsNotNew) {
  RudeClient rude;
  rude.agent.ticket().attempts = 5;
  for (const auto& [attempts, yes] :
       std::vector<std::pair<std::uint32_t, bool>>{{0, false}, {4, false}, {5, true}}) {
    RudeClient each;
    each.agent.ticket().attempts = 5;
    EXPECT_EQ(each.is_taken(
                  each.resume([n = attempts](Ticket& own, std::uint64_t&) { own.attempts = n; })),
              yes)
        << attempts;
  }
}

TEST(AnAgentThatIsAsked, HearsNothingMoreUntilItHasAnswered) {
  for (const bool again : {true, false}) {
    RudeClient rude;
    rude.say(rude.resume());
    if (again)
      EXPECT_THROW(rude.say(rude.resume()), wire::ProtocolError);
    else
      EXPECT_THROW(rude.say(Finish{rude.channel}), wire::ProtocolError);
    EXPECT_FALSE(rude.end.open());
  }
}

TEST(AnAgentThatIsAsked, IsAskedInPlaceOfALogInAndNotWithinOne) {
  RudeClient rude;
  rude.say(ClientHello{{"alice"}, ClientKind::native, {}, {}, 0});
  ASSERT_EQ(rude.end.phase(), AgentPhase::proving);
  EXPECT_THROW(rude.say(rude.resume()), wire::ProtocolError);
}

TEST(AnAgentThatIsAsked, IsNotAskedByResumed) {
  RudeClient rude;
  EXPECT_THROW(rude.say(Resumed{}), wire::ProtocolError);
}

TEST(AnAgentThatIsAsked, IsAskedByAWholeResumeOnly) {
  RudeClient rude;
  ByteString body = wire::encode_body(rude.resume());
  body.pop_back();
  rude.seal.write(wire::encode_frame(std::uint8_t(MessageType::resume), body));
  EXPECT_THROW(rude.end.receive(rude.seal.take()), wire::ProtocolError);
}

// ---- an agent that says what it likes, though it has the right key ----

struct RudeAgent : Interrupted {
  ClientEnd end{
      test::client_context(), {"realm", "label", "pc", test::some_agent().id()}, std::nullopt};
  Seal seal{Seal::Side::agent, test::some_agent().context};
  Resume asked;

  RudeAgent() { carry(end, seal); }
  void let_it_ask() {
    end.resume(client);
    carry(end, seal);
    asked = wire::decode<Resume>(test::frame_in(test::read(seal)));
  }
  void say(const auto& message) {
    seal.write(wire::encode(message));
    end.receive(seal.take());
  }
  Resumed answer(std::uint64_t place) {
    Ticket own{agent.ticket().session, agent.ticket().secret.copy(), 300, 0};
    Resumed terms;
    terms.next = place;
    return agree_to_resume(own, binding(seal, {"realm", "label", "pc", test::some_agent().id()}),
                           asked, terms);
  }
};

TEST(AClientThatAsked, GoesOnWithTheRightAnswer) {
  RudeAgent rude;
  rude.let_it_ask();
  rude.say(rude.answer(rude.agent.bytes_received()));
  EXPECT_EQ(rude.end.phase(), Phase::open);
}

TEST(AClientThatAsked, BelievesNoWrongProof) {
  RudeAgent rude;
  rude.let_it_ask();
  const auto before = trace(rude.client);
  Resumed answer = rude.answer(rude.agent.bytes_received());
  answer.mac[0] ^= 1;
  EXPECT_THROW(rude.say(answer), wire::ProtocolError);
  EXPECT_FALSE(rude.end.open());
  EXPECT_EQ(trace(rude.client), before);
}

TEST(AClientThatAsked, BelievesNoAnswerToAnotherQuestion) {
  RudeAgent rude;
  rude.let_it_ask();
  --rude.asked.attempt;
  const Resumed answer = rude.answer(rude.agent.bytes_received());
  EXPECT_THROW(rude.say(answer), wire::ProtocolError);
  EXPECT_FALSE(rude.end.open());
}

TEST(AClientThatAsked, GoesOnFromNowhereElse) {
  RudeAgent counts;
  const std::uint64_t end = counts.client.bytes_sent();
  ASSERT_EQ(end, counts.agent.bytes_received());
  for (const std::uint64_t wrong : {end + 1, end - 1, std::uint64_t(1), ~std::uint64_t(0)}) {
    RudeAgent rude;
    rude.let_it_ask();
    const auto before = trace(rude.client);
    const Resumed answer = rude.answer(wrong);
    EXPECT_THROW(rude.say(answer), wire::ProtocolError) << wrong;
    EXPECT_FALSE(rude.end.open());
    EXPECT_EQ(trace(rude.client), before);
  }
}

TEST(AClientThatAsked, HearsNothingBeforeItHasAsked) {
  RudeAgent rude;
  EXPECT_THROW(rude.say(Resumed{}), wire::ProtocolError);
  RudeAgent another;
  EXPECT_THROW(another.say(Denied{Denial::no_session, {}}), wire::ProtocolError);
  RudeAgent third;
  EXPECT_THROW(third.say(Methods{}), wire::ProtocolError);
}

TEST(AClientThatAsked, HearsNoFramesBeforeTheAnswer) {
  RudeAgent rude;
  rude.let_it_ask();
  EXPECT_THROW(rude.say(Reset{rude.channel, ChannelError::ended}), wire::ProtocolError);
  EXPECT_TRUE(rude.client.has(rude.channel));
  RudeAgent another;
  another.let_it_ask();
  EXPECT_THROW(another.say(Acknowledge{0}), wire::ProtocolError);
}

TEST(AClientThatAsked, IsNotLetInAfterADenial) {
  RudeAgent rude;
  rude.let_it_ask();
  rude.say(Denied{Denial::no_session, {}});
  ASSERT_EQ(rude.end.phase(), Phase::denied);
  const Resumed answer = rude.answer(rude.agent.bytes_received());
  EXPECT_THROW(rude.say(answer), wire::ProtocolError);
}

TEST(AClientThatAsked, GetsTheSessionBackElsewhereAfterAllThat) {
  RudeAgent rude;
  rude.let_it_ask();
  EXPECT_THROW(rude.say(Acknowledge{0}), wire::ProtocolError);
  rude.end.detach();
  const auto over = rude.carrier();
  rude.resume(*over);
  EXPECT_EQ(over->client.phase(), Phase::open);
}

}  // namespace
}  // namespace tasuki::inner
