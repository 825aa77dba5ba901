// What the proofs do not fall for: a man in the middle with two sealed connections,
// words changed on the way, recordings, and messages out of turn.
#include "inner/authentication.h"
#include "support/passwords.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace tasuki::inner {
namespace {

using test::frame;
using test::frame_in;
using test::Login;
using test::right_password;
using test::secret;
using ClientState = ClientAuthentication::State;
using AgentState = AgentAuthentication::State;

// ---- changes on the way (inside the sealed connection: a gateway cannot, but the
//      proofs do not lean on that) ----

struct Tampering {
  std::function<void(ClientHello&)> hello = [](ClientHello&) {};
  std::function<void(Methods&)> methods = [](Methods&) {};
  std::function<void(Password1&)> password1 = [](Password1&) {};
  std::function<void(Password2&)> password2 = [](Password2&) {};
  std::function<void(Password3&)> password3 = [](Password3&) {};
  std::function<void(Authenticated&)> authenticated = [](Authenticated&) {};
};

template <typename M>
wire::Frame changed(Bytes original, const std::function<void(M&)>& change) {
  M message = wire::decode<M>(frame_in(original));
  change(message);
  return frame(message);
}

// How far a login with the right password comes.
std::string outcome(const Tampering& tamper, Login&& login = Login()) {
  auto& [book, client, agent] = login;
  try {
    const auto methods = agent.receive(changed(client.hello(), tamper.hello));
    client.receive(changed(methods, tamper.methods));
    const auto one = client.password(secret(right_password));
    const auto two = agent.receive(changed(one, tamper.password1));
    const auto three = client.receive(changed(two, tamper.password2));
    if (client.state() == ClientState::wrong_password) return "client: wrong password";
    const auto last = agent.receive(changed(three, tamper.password3));
    client.receive(changed(last, tamper.authenticated));
  } catch (const wire::ProtocolError& error) {
    return error.what();
  }
  return client.state() == ClientState::done && agent.state() == AgentState::done ? "ok" : "?";
}

TEST(AuthenticationUnderAttack, SucceedsWhenNobodyTouchesIt) {
  EXPECT_EQ(outcome({}), "ok");
}

TEST(AuthenticationUnderAttack, NoProofFitsTwoConnections) {
  EXPECT_EQ(outcome({}, Login("alice", {1}, {2})), "client: wrong password");
}

TEST(AuthenticationUnderAttack, NothingThatWasSaidBeforeTheProofMayChange) {
  EXPECT_EQ(outcome({.hello = [](ClientHello& m) { m.host.value = "trusted-laptop"; }}),
            "client: wrong password");
  EXPECT_EQ(outcome({.hello = [](ClientHello& m) { m.kind = ClientKind::browser; }}),
            "client: wrong password");
  EXPECT_EQ(outcome({.hello = [](ClientHello& m) { m.features ^= 1; }}), "client: wrong password");
  EXPECT_EQ(outcome({.methods = [](Methods& m) { m.policy = 7; }}), "client: wrong password");
  EXPECT_EQ(outcome({.methods = [](Methods& m) { m.features ^= 1; }}), "client: wrong password");
  EXPECT_EQ(outcome({.methods = [](Methods& m) { m.methods.value.push_back(Method::password); }}),
            "client: wrong password");
}

TEST(AuthenticationUnderAttack, NobodyElsesNameFitsTheProof) {
  EXPECT_EQ(outcome({.hello = [](ClientHello& m) { m.user.value = "bob"; }}),
            "client: wrong password");
}

TEST(AuthenticationUnderAttack, NoBitOfTheProofMayChange) {
  for (std::size_t byte = 0; byte < 320; byte += 13)
    EXPECT_EQ(outcome({.password2 = [byte](Password2& m) { m.ke2[byte] ^= 1; }}),
              "client: wrong password")
        << byte;
  for (std::size_t byte = 0; byte < 64; byte += 9)
    EXPECT_EQ(outcome({.password3 = [byte](Password3& m) { m.ke3[byte] ^= 1; }}),
              "password proof does not fit")
        << byte;
}

TEST(AuthenticationUnderAttack, TheTermsAreTheAgents) {
  const std::string refused = "the agent's last word does not fit the conversation";
  EXPECT_EQ(outcome({.authenticated = [](Authenticated& m) { m.rights ^= 1; }}), refused);
  EXPECT_EQ(outcome({.authenticated = [](Authenticated& m) { m.expiry += 3600; }}), refused);
  EXPECT_EQ(outcome({.authenticated = [](Authenticated& m) { m.session[0] ^= 1; }}), refused);
  EXPECT_EQ(outcome({.authenticated = [](Authenticated& m) { m.resume_seconds = 9; }}), refused);
  EXPECT_EQ(outcome({.authenticated = [](Authenticated& m) { m.checkpoint.value = {1}; }}),
            refused);
  EXPECT_EQ(outcome({.authenticated = [](Authenticated& m) { m.mac[63] ^= 1; }}), refused);
}

TEST(AuthenticationUnderAttack, AnAgentMayNotAskForEndlessStretching) {
  const std::string refused = "the agent asks for too much stretching";
  EXPECT_EQ(outcome({.password2 = [](Password2& m) { m.stretch_kib = ~0u; }}), refused);
  EXPECT_EQ(outcome({.password2 = [](Password2& m) { m.stretch_passes = ~0u; }}), refused);
}

TEST(AuthenticationUnderAttack, AnAgentMustOfferAMethodThatWeKnow) {
  EXPECT_EQ(outcome({.methods = [](Methods& m) { m.methods.value.clear(); }}),
            "the agent asks for a proof that this client does not know");
}

TEST(AuthenticationUnderAttack, ARecordedLoginIsWorthNothing) {
  Login before, now;
  before.greet();
  const wire::Frame one = frame_in(before.client.password(secret(right_password)));
  const wire::Frame two = frame_in(before.agent.receive(one));
  const wire::Frame three = frame_in(before.client.receive(two));
  before.agent.receive(three);
  ASSERT_EQ(before.agent.state(), AgentState::done);

  now.agent.receive(frame_in(now.client.hello()));
  now.agent.receive(one);
  EXPECT_THROW(now.agent.receive(three), wire::ProtocolError);
  EXPECT_EQ(now.agent.state(), AgentState::waiting);
}

// A proof that did not fit leaves nothing to send a second one to.
TEST(AuthenticationUnderAttack, AFailedProofIsNotTriedAgain) {
  Login login;
  login.greet();
  const auto answer = login.agent.receive(frame_in(login.client.password(secret(right_password))));
  const wire::Frame proof = frame_in(login.client.receive(frame_in(answer)));
  EXPECT_THROW(login.agent.receive(frame(Password3{})), wire::ProtocolError);
  EXPECT_THROW(login.agent.receive(proof), wire::ProtocolError);
  EXPECT_EQ(login.agent.state(), AgentState::waiting);
}

// ---- the man in the middle at first contact ----

// Whether the right password gets through somebody who sits between client and
// agent with a sealed connection to each, and passes on every word.
bool relayed(bool relay_opens_the_seal) {
  const test::SealIdentity agent_key, own_key;
  const test::SealIdentity& shown = relay_opens_the_seal ? own_key : agent_key;
  Seal client(Seal::Side::client, test::client_context());
  Seal relay_to_client(Seal::Side::agent, shown.context);
  test::carry(client, relay_to_client);
  Seal relay_to_agent(Seal::Side::client, test::client_context());
  Seal agent(Seal::Side::agent, agent_key.context);
  test::carry(relay_to_agent, agent);

  // Without it, the two ends have one connection: what an honest gateway leaves them.
  const Seal& agents_seal = relay_opens_the_seal ? agent : relay_to_client;
  const crypto::AgentId seen_by_client = client.peer_key().id();
  test::Passwords book(agent_key.id());
  book.set("alice");
  ClientAuthentication c(binding(client, {"realm", "label", "pc", seen_by_client}), seen_by_client,
                         {"alice", "", ""});
  AgentAuthentication a(binding(agents_seal, {"realm", "label", "pc", agent_key.id()}),
                        agent_key.id(), book);
  c.receive(frame_in(a.receive(frame_in(c.hello()))));
  const ByteString proof =
      c.receive(frame_in(a.receive(frame_in(c.password(secret(right_password))))));
  if (proof.empty()) return false;
  c.receive(frame_in(a.receive(frame_in(proof))));
  return c.state() == ClientState::done;
}

TEST(AManInTheMiddle, GetsNowhereWithTheRightPasswordAtFirstContact) {
  EXPECT_FALSE(relayed(true));
}

TEST(AManInTheMiddle, IsNotWhatMakesTheLoginAboveFail) {
  EXPECT_TRUE(relayed(false));
}

// Even if he had the agent's own key, he would still have two connections.
TEST(AManInTheMiddle, GetsNowhereWithTheAgentsStolenKeyEither) {
  test::SealPair left = test::SealPair::shaken(), right = test::SealPair::shaken();
  const Route route{"realm", "label", "pc", test::some_agent().id()};
  EXPECT_EQ(outcome({}, Login("alice", binding(left.client, route), binding(right.agent, route))),
            "client: wrong password");
}

// ---- every message in every state ----

const std::map<unsigned, ByteString>& bodies() {
  static const std::map<unsigned, ByteString> made{
      {0x40, wire::encode_body(ClientHello{})}, {0x41, wire::encode_body(Methods{})},
      {0x43, wire::encode_body(Password1{})},   {0x44, wire::encode_body(Password2{})},
      {0x45, wire::encode_body(Password3{})},   {0x47, wire::encode_body(Authenticated{})},
      {0x48, wire::encode_body(Denied{})},      {0x60, wire::encode_body(Open{})},
      {0x71, wire::encode_body(Ping{})},        {0x73, wire::encode_body(Close{})},
  };
  return made;
}

wire::Frame any_frame(unsigned type) {
  const auto body = bodies().find(type);
  return {std::uint8_t(type), body == bodies().end() ? ByteString{} : body->second};
}

using Take = std::function<void(Login&)>;

// `to_state` takes a fresh login there; every type that is not allowed is refused.
void expect_refused_except(const std::set<unsigned>& allowed, bool by_client,
                           const Take& to_state) {
  for (unsigned type = 0x30; type < 0x80; ++type) {
    if (allowed.contains(type)) continue;
    Login login;
    to_state(login);
    if (by_client)
      EXPECT_THROW(login.client.receive(any_frame(type)), wire::ProtocolError) << type;
    else
      EXPECT_THROW(login.agent.receive(any_frame(type)), wire::ProtocolError) << type;
  }
}

const Take nowhere = [](Login&) {};
const Take hello_said = [](Login& l) { l.client.hello(); };
const Take greeted = [](Login& l) { l.greet(); };
const Take asked = [](Login& l) {
  l.greet();
  l.agent.receive(frame_in(l.client.password(secret(right_password))));
};
const Take wrong = [](Login& l) {
  l.greet();
  l.try_password("wrong");
};
const Take proved = [](Login& l) {
  l.greet();
  l.client.receive(frame_in(l.agent.receive(frame_in(l.client.password(secret(right_password))))));
};
const Take done = [](Login& l) {
  l.greet();
  l.try_password(right_password);
};

TEST(AuthenticationStates, OfTheAgentTakeExactlyTheNextMessage) {
  expect_refused_except({0x40}, false, nowhere);
  expect_refused_except({0x43}, false, greeted);
  expect_refused_except({0x43}, false, asked);  // a default Password3 is no proof either
  expect_refused_except({}, false, done);
}

TEST(AuthenticationStates, OfTheClientTakeExactlyTheNextMessageOrANo) {
  expect_refused_except({0x41, 0x48}, true, hello_said);
  expect_refused_except({}, true, greeted);  // it is the person's turn, not the agent's
  expect_refused_except({}, true, wrong);
  expect_refused_except({0x44, 0x48}, true, asked);
  expect_refused_except({0x48}, true, proved);  // a default Authenticated has no fitting MAC
  expect_refused_except({}, true, done);
}

TEST(AuthenticationStates, WantAPasswordOnlyWhenItIsAskedFor) {
  Login login;
  EXPECT_THROW(login.client.password(secret("x")), std::logic_error);
  login.greet();
  login.client.password(secret("x"));
  EXPECT_THROW(login.client.password(secret("x")), std::logic_error);
}

TEST(AuthenticationStates, SurviveGarbage) {
  test::Random random(3);
  for (int i = 0; i < 500; ++i) {
    for (const bool by_client : {false, true}) {
      Login login;
      const Take to_state = std::array{by_client ? hello_said : nowhere, greeted, asked}[i % 3];
      to_state(login);
      const wire::Frame garbage{std::uint8_t(0x40 + random.below(12)),
                                random.bytes(random.below(500))};
      try {
        by_client ? login.client.receive(garbage) : login.agent.receive(garbage);
      } catch (const wire::ProtocolError&) {
      }
    }
  }
}

}  // namespace
}  // namespace tasuki::inner
