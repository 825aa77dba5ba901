#include "inner/authentication.h"

#include "support/passwords.h"

#include <gtest/gtest.h>

namespace tasuki::inner {
namespace {

using test::frame;
using test::frame_in;
using test::Login;
using test::right_password;
using test::secret;
using ClientState = ClientAuthentication::State;
using AgentState = AgentAuthentication::State;

TEST(Authentication, LetsTheRightPasswordIn) {
  Login login;
  login.greet();
  EXPECT_EQ(login.client.state(), ClientState::wants_password);
  login.try_password(right_password);
  EXPECT_EQ(login.client.state(), ClientState::done);
  EXPECT_EQ(login.agent.state(), AgentState::done);
}

TEST(Authentication, GivesBothSidesTheSameGrant) {
  Login login;
  login.greet();
  login.try_password(right_password);
  const Grant &clients = login.client.grant(), &agents = login.agent.grant();
  EXPECT_EQ(clients.terms.session, agents.terms.session);
  EXPECT_TRUE(crypto::equal(clients.resume_secret.bytes(), agents.resume_secret.bytes()));
  EXPECT_EQ(clients.resume_secret.size(), 32u);
}

TEST(Authentication, NeverGivesTheSameGrantTwice) {
  Login one, two;
  for (Login* login : {&one, &two}) {
    login->greet();
    login->try_password(right_password);
  }
  EXPECT_NE(one.agent.grant().terms.session, two.agent.grant().terms.session);
  EXPECT_FALSE(crypto::equal(one.agent.grant().resume_secret.bytes(),
                             two.agent.grant().resume_secret.bytes()));
}

TEST(Authentication, TellsTheAgentWhoComes) {
  Login login;
  login.greet();
  EXPECT_EQ(login.agent.client().user.value, "alice");
  EXPECT_EQ(login.agent.client().software.value, "test 1");
  EXPECT_EQ(login.agent.client().host.value, "laptop");
}

TEST(Authentication, TakesTheRightPasswordAfterAWrongOne) {
  Login login;
  login.greet();
  login.try_password("wrong");
  EXPECT_EQ(login.client.state(), ClientState::wrong_password);
  EXPECT_EQ(login.agent.state(), AgentState::waiting);
  login.try_password(right_password);
  EXPECT_EQ(login.client.state(), ClientState::done);
  EXPECT_EQ(login.agent.state(), AgentState::done);
}

TEST(Authentication, EndsAfterThreeWrongPasswords) {
  Login login;
  login.greet();
  for (int i = 0; i < 3; ++i) login.try_password("wrong");
  const ByteString fourth = login.client.password(secret(right_password));
  EXPECT_THROW(login.agent.receive(frame_in(fourth)), wire::ProtocolError);
  EXPECT_EQ(login.agent.state(), AgentState::waiting);
  EXPECT_EQ(login.book.attempts.size(), 3u);
}

// The client learns right or wrong from the agent's answer, and may stop there.
TEST(Authentication, CountsATryWhenItArrives) {
  Login login;
  login.greet();
  EXPECT_TRUE(login.book.attempts.empty());
  login.agent.receive(frame_in(login.client.password(secret("wrong"))));
  EXPECT_EQ(login.book.attempts, std::vector<std::string>{"alice"});
  EXPECT_TRUE(login.book.successes.empty());
}

TEST(Authentication, ForgivesTheTriesOnlyWhenTheProofIsThere) {
  Login login;
  login.greet();
  login.try_password("wrong");
  const auto answer = login.agent.receive(frame_in(login.client.password(secret(right_password))));
  const ByteString proof = login.client.receive(frame_in(answer));
  EXPECT_TRUE(login.book.successes.empty());
  login.agent.receive(frame_in(proof));
  EXPECT_EQ(login.book.attempts.size(), 2u);
  EXPECT_EQ(login.book.successes, std::vector<std::string>{"alice"});
}

// Even a first message that is none is a try: it comes from somebody who guesses.
TEST(Authentication, CountsAMalformedTry) {
  Login login;
  login.greet();
  EXPECT_THROW(login.agent.receive(frame(Password1{})), wire::ProtocolError);
  EXPECT_EQ(login.book.attempts.size(), 1u);
}

// ---- what a guesser sees ----

// Types and lengths of what the agent says to one try, the stretch, and what comes of it.
std::string seen_by_a_guesser(const std::string& user, bool locked = false) {
  Login login(user);
  login.book.set("alice", right_password, crypto::opaque::stretch_password);
  login.book.locked = locked;
  const wire::Frame methods = frame_in(login.agent.receive(frame_in(login.client.hello())));
  login.client.receive(methods);
  const auto answer =
      frame_in(login.agent.receive(frame_in(login.client.password(secret("guess")))));
  const auto message = wire::decode<Password2>(answer);
  login.client.receive(answer);
  std::string seen = test::hex(methods.payload) + " " + std::to_string(answer.type) + "/" +
                     std::to_string(answer.payload.size()) + " " +
                     std::to_string(message.stretch_passes) + "x" +
                     std::to_string(message.stretch_kib);
  seen += login.client.state() == ClientState::wrong_password ? " wrong" : " ?";
  try {
    login.agent.receive(frame(Password3{}));
  } catch (const wire::ProtocolError& error) {
    seen += std::string(" ") + error.what();
  }
  return seen;
}

TEST(Authentication, ShowsNoDifferenceBetweenAWrongPasswordAndAnUnknownUser) {
  EXPECT_EQ(seen_by_a_guesser("alice"), seen_by_a_guesser("mallory"));
  EXPECT_EQ(seen_by_a_guesser("alice"), seen_by_a_guesser(""));
}

TEST(Authentication, ShowsNoDifferenceWhileNoTriesAreTaken) {
  EXPECT_EQ(seen_by_a_guesser("alice"), seen_by_a_guesser("alice", true));
}

TEST(Authentication, CountsTheTriesOfUnknownUsersToo) {
  Login login("mallory");
  login.greet();
  login.try_password(right_password);
  EXPECT_EQ(login.book.attempts, std::vector<std::string>{"mallory"});
  EXPECT_EQ(login.client.state(), ClientState::wrong_password);
}

TEST(Authentication, RefusesTheRightPasswordWhileNoTriesAreTaken) {
  Login login;
  login.book.locked = true;
  login.greet();
  login.try_password(right_password);
  EXPECT_EQ(login.client.state(), ClientState::wrong_password);
  EXPECT_EQ(login.agent.state(), AgentState::waiting);
}

// ---- denial ----

TEST(Denial, IsTheAnswerWhereNoPasswordIsSet) {
  test::Passwords none(test::some_agent().id());
  AgentAuthentication agent({}, test::some_agent().id(), none);
  ClientAuthentication client({}, test::some_agent().id(), {"alice", "", ""});
  const ByteString answer = agent.receive(frame_in(client.hello()));
  EXPECT_EQ(agent.state(), AgentState::denied);
  client.receive(frame_in(answer));
  EXPECT_EQ(client.state(), ClientState::denied);
  EXPECT_EQ(client.denied().reason, Denial::no_password);
}

TEST(Denial, ReachesTheClientWithItsReason) {
  Login login;
  login.agent.deny(Denial::too_many_sessions);
  login.greet();
  EXPECT_EQ(login.client.state(), ClientState::denied);
  EXPECT_EQ(login.client.denied().reason, Denial::too_many_sessions);
}

TEST(Denial, MayComeWhileAPasswordIsAwaited) {
  Login login;
  login.greet();
  login.agent.deny(Denial::policy);
  const ByteString answer = login.agent.receive(frame_in(login.client.password(secret("x"))));
  EXPECT_EQ(login.agent.state(), AgentState::denied);
  login.client.receive(frame_in(answer));
  EXPECT_EQ(login.client.state(), ClientState::denied);
}

TEST(Denial, MayComeInPlaceOfTheLastWord) {
  Login login;
  login.greet();
  const auto answer = login.agent.receive(frame_in(login.client.password(secret(right_password))));
  const ByteString proof = login.client.receive(frame_in(answer));
  login.agent.deny(Denial::policy);
  const ByteString last = login.agent.receive(frame_in(proof));
  EXPECT_EQ(login.agent.state(), AgentState::denied);
  login.client.receive(frame_in(last));
  EXPECT_EQ(login.client.state(), ClientState::denied);
}

// ---- the route ----

TEST(Route, IsPartOfWhatTheProofsAreBoundTo) {
  test::SealPair pair = test::SealPair::shaken();
  const Route route{"realm", "label", "pc", test::some_agent().id()};
  const auto bound = binding(pair.client, route);
  EXPECT_EQ(bound, binding(pair.agent, route));
  Route other = route;
  other.realm = "other";
  EXPECT_NE(bound, binding(pair.agent, other));
  other = route;
  other.key_label = "other";
  EXPECT_NE(bound, binding(pair.agent, other));
  other = route;
  other.computer = "other";
  EXPECT_NE(bound, binding(pair.agent, other));
  other = route;
  other.agent = crypto::AgentId({1});
  EXPECT_NE(bound, binding(pair.agent, other));
}

TEST(Route, CannotBeShiftedFromOneFieldToTheNext) {
  test::SealPair pair = test::SealPair::shaken();
  EXPECT_NE(binding(pair.client, {"ab", "c", "d", {}}), binding(pair.client, {"a", "bc", "d", {}}));
  EXPECT_NE(binding(pair.client, {"a", "bc", "d", {}}), binding(pair.client, {"a", "b", "cd", {}}));
}

}  // namespace
}  // namespace tasuki::inner
