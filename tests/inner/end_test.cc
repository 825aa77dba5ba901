#include "inner/end.h"

#include "support/ends.h"

#include <gtest/gtest.h>

namespace tasuki::inner {
namespace {

using test::carry;
using test::Ends;
using test::next;
using test::right_password;
using test::secret;
using Phase = ClientEnd::Phase;
using AgentPhase = AgentEnd::Phase;

bool throws_truncated(End& end) {
  try {
    end.carrier_ended();
    return false;
  } catch (const SealError& error) {
    return error.cause == SealError::Cause::truncated;
  }
}

TEST(End, OpensWithTheRightPassword) {
  Ends ends;
  EXPECT_EQ(ends.client.phase(), Phase::connecting);
  ends.pass();
  EXPECT_EQ(ends.client.phase(), Phase::wants_password);
  EXPECT_EQ(ends.agent.phase(), AgentPhase::proving);
  ends.client.password(secret(right_password));
  ends.pass();
  EXPECT_EQ(ends.client.phase(), Phase::open);
  EXPECT_EQ(ends.agent.phase(), AgentPhase::open);
  EXPECT_EQ(ends.client.agent(), test::some_agent().id());
  EXPECT_EQ(ends.agent.client().user.value, "alice");
}

TEST(End, AsksAgainAfterAWrongPassword) {
  Ends ends;
  ends.pass();
  ends.client.password(secret("wrong"));
  ends.pass();
  EXPECT_EQ(ends.client.phase(), Phase::wrong_password);
  ends.client.password(secret(right_password));
  ends.pass();
  EXPECT_EQ(ends.client.phase(), Phase::open);
}

// A client can hold its proof back while the password is changed.
TEST(End, KnowsWhichPasswordWasProved) {
  Ends ends;
  const auto stamp = [&] { return crypto::sha256(ends.book.attempt("alice")->record); };
  const crypto::Sha256 before = stamp();
  ends.pass();
  ends.client.password(secret(right_password));
  ends.agent.receive(ends.client.take());
  ends.book.set("alice", "another password");
  ends.pass();
  ASSERT_EQ(ends.agent.phase(), AgentPhase::open);
  EXPECT_EQ(ends.agent.password(), before);
  EXPECT_NE(ends.agent.password(), stamp());
}

TEST(End, IsDeniedWithTheAgentsReason) {
  Ends ends;
  ends.agent.deny(Denial::too_many_sessions);
  ends.pass();
  EXPECT_EQ(ends.client.phase(), Phase::denied);
  EXPECT_EQ(ends.client.denied().reason, Denial::too_many_sessions);
  EXPECT_EQ(ends.agent.phase(), AgentPhase::denied);
}

TEST(End, IsDeniedAtAnyTimeBeforeItIsOpen) {
  Ends ends;
  ends.pass();
  ends.agent.deny(Denial::policy);
  ends.client.password(secret(right_password));
  ends.pass();
  EXPECT_EQ(ends.client.phase(), Phase::denied);
  EXPECT_EQ(ends.agent.phase(), AgentPhase::denied);
}

TEST(End, CarriesAChannelWhole) {
  Ends ends;
  ends.log_in();
  const ChannelNumber channel = ends.client.session().open("desktop");
  ends.pass();
  EXPECT_EQ(next<Session::Asked>(ends.agent.session()).target, "desktop");
  ends.agent.session().accept(channel, TargetKind::vnc);
  ends.agent.session().write(channel, as_bytes("RFB 003.008\n"));
  ends.pass(1);  // byte by byte
  next<Session::WasOpened>(ends.client.session());
  EXPECT_EQ(as_text(next<Session::Arrived>(ends.client.session()).bytes), "RFB 003.008\n");
}

// ---- whom one talks to ----

TEST(End, TakesAnAgentThatIsThePinnedOne) {
  Ends ends(test::some_agent().id());
  ends.log_in();
  EXPECT_EQ(ends.client.phase(), Phase::open);
}

TEST(End, StopsAtAnotherIdentityThanThePinnedOne) {
  const crypto::AgentId pinned({1, 2, 3});
  Ends ends(pinned);
  try {
    ends.pass();
    FAIL() << "went on";
  } catch (const IdentityChanged& changed) {
    EXPECT_EQ(changed.expected, pinned);
    EXPECT_EQ(changed.actual, test::some_agent().id());
  }
}

// Not even the user's name is said to an agent that is not the pinned one.
TEST(End, SaysNothingToAnotherIdentityThanThePinnedOne) {
  Ends ends(crypto::AgentId({1, 2, 3}));
  EXPECT_THROW(ends.pass(), IdentityChanged);
  Seal impostor(Seal::Side::agent, test::some_agent().context);
  ClientEnd client(test::client_context(), {"realm", "label", "pc", crypto::AgentId({1})},
                   ClientAuthentication::Self{"alice", "", ""});
  impostor.receive(client.take());
  EXPECT_THROW(client.receive(impostor.take()), IdentityChanged);
  impostor.receive(client.take());
  EXPECT_TRUE(test::read(impostor).empty());
}

TEST(End, DoesNotOpenWhenTheTwoBelieveInDifferentRoutes) {
  Ends ends({}, "another-pc");
  ends.log_in();
  EXPECT_EQ(ends.client.phase(), Phase::wrong_password);
  EXPECT_EQ(ends.agent.phase(), AgentPhase::proving);
}

// A gateway with a sealed connection to each side, that passes on what it reads.
TEST(End, DoesNotOpenThroughAGatewayThatReads) {
  const test::SealIdentity gateways;
  Ends ends;
  Seal to_client(Seal::Side::agent, gateways.context);
  Seal to_agent(Seal::Side::client, test::client_context());
  const auto relay = [&] {
    for (int i = 0; i < 6; ++i) {
      carry(ends.client, to_client);
      carry(to_agent, ends.agent);
      const ByteString up = test::read(to_client);
      if (!up.empty()) to_agent.write(up);
      const ByteString down = test::read(to_agent);
      if (!down.empty()) to_client.write(down);
    }
  };
  relay();
  ASSERT_EQ(ends.client.phase(), Phase::wants_password);  // so the relay does relay
  ends.client.password(secret(right_password));
  relay();
  EXPECT_EQ(ends.client.phase(), Phase::wrong_password);
  EXPECT_EQ(ends.agent.phase(), AgentPhase::proving);
  EXPECT_EQ(ends.book.attempts.size(), 1u);
  EXPECT_TRUE(ends.book.successes.empty());
}

// ---- the end of the end ----

TEST(End, IsClosedCleanlyByEitherSide) {
  for (const bool by_client : {true, false}) {
    Ends ends;
    ends.log_in();
    End& one = by_client ? static_cast<End&>(ends.client) : ends.agent;
    End& other = by_client ? static_cast<End&>(ends.agent) : ends.client;
    one.close(CloseReason::shutting_down);
    other.receive(one.take());
    EXPECT_EQ(next<Session::Closed>(other.session()).reason, CloseReason::shutting_down);
    EXPECT_TRUE(other.peer_closed());
    EXPECT_NO_THROW(other.carrier_ended());
  }
}

TEST(End, SendsWhatWasWrittenBeforeItIsClosed) {
  Ends ends;
  ends.log_in();
  const ChannelNumber channel = ends.client.session().open("x");
  ends.pass();
  ends.agent.session().accept(channel, TargetKind::tcp);
  ends.agent.session().write(channel, as_bytes("last words"));
  ends.agent.close(CloseReason::done);
  ends.client.receive(ends.agent.take());
  next<Session::WasOpened>(ends.client.session());
  EXPECT_EQ(as_text(next<Session::Arrived>(ends.client.session()).bytes), "last words");
}

TEST(End, WithoutACloseIsATruncationInEveryPhase) {
  Ends fresh;
  EXPECT_TRUE(throws_truncated(fresh.client));
  EXPECT_TRUE(throws_truncated(fresh.agent));
  Ends asked;
  asked.pass();
  EXPECT_TRUE(throws_truncated(asked.client));
  EXPECT_TRUE(throws_truncated(asked.agent));
  Ends open;
  open.log_in();
  EXPECT_TRUE(throws_truncated(open.client));
  EXPECT_TRUE(throws_truncated(open.agent));
}

TEST(End, MayBeClosedBeforeItIsOpen) {
  Ends ends;
  ends.pass();
  ends.client.close(CloseReason::done);
  ends.agent.receive(ends.client.take());
  EXPECT_TRUE(ends.agent.peer_closed());
  EXPECT_NO_THROW(ends.agent.carrier_ended());
}

// ---- a client without manners ----

// A client that speaks TLS as it should, and then whatever a test likes.
struct RudeClient {
  Ends ends;
  Seal seal{Seal::Side::client, test::client_context()};

  RudeClient() { carry(seal, ends.agent); }
  void say(Bytes bytes) {
    seal.write(bytes);
    ends.agent.receive(seal.take());
  }
};

TEST(EndAgainstRudeClients, RefusesSessionsBeforeTheyAreProved) {
  for (const ByteString& frame :
       {wire::encode(Open{1, {"desktop"}, Priority::bulk, 1}), wire::encode(Ping{1}),
        wire::encode(Close{CloseReason::done}), wire::encode(Credit{1, 1})}) {
    RudeClient rude;
    EXPECT_THROW(rude.say(frame), wire::ProtocolError);
    EXPECT_EQ(rude.ends.agent.phase(), AgentPhase::connecting);
    EXPECT_FALSE(rude.ends.agent.open());
  }
}

TEST(EndAgainstRudeClients, RefusesLargeFramesBeforeTheProof) {
  RudeClient rude;
  const auto header = wire::frame_header(0x40, wire::max_payload_before_auth + 1);
  EXPECT_THROW(rude.say(header), wire::ProtocolError);
}

TEST(EndAgainstRudeClients, RefusesAnEndInsideAFrame) {
  RudeClient rude;
  rude.say(ByteString{0x40, 0, 0, 50, 1});
  rude.seal.close();
  EXPECT_THROW(rude.ends.agent.receive(rude.seal.take()), wire::ProtocolError);
}

TEST(EndAgainstRudeClients, TakesFramesUpToTheLimitOnceOpenAndNoLarger) {
  for (const std::size_t size : {wire::max_payload, wire::max_payload + 1}) {
    Ends ends;
    ends.log_in();
    const ChannelNumber channel = ends.client.session().open("x");
    ends.pass();
    ends.agent.session().accept(channel, TargetKind::tcp);
    // The client's own session would not make such a frame: take the agent's side only.
    Session& agent = ends.agent.session();
    wire::FrameReader reader(wire::max_payload);
    ByteString frame = wire::encode_frame(std::uint8_t(MessageType::data), ByteString(size));
    frame[wire::frame_header_size + 3] = std::uint8_t(channel);
    reader.receive(frame);
    if (size == wire::max_payload)
      EXPECT_NO_THROW(agent.receive(reader.next().value()));
    else
      EXPECT_THROW(reader.next(), wire::ProtocolError);
  }
}

}  // namespace
}  // namespace tasuki::inner
