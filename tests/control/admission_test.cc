// The way into a gateway, both sides, as honest peers go it and as honest ones fail.
#include "support/admission.h"

#include <gtest/gtest.h>

namespace tasuki::control {
namespace {

using test::admit;
using test::computer;
using test::Door;
using test::frame;
using test::frame_in;
using test::frames_in;

Refusal refusal_of(auto call) {
  try {
    call();
  } catch (const RefusedError& refused) {
    return refused.reason;
  } catch (const RefusedByGateway& refused) {
    return refused.reason;
  }
  ADD_FAILURE() << "was not refused";
  return {};
}

TEST(Admission, AnAgentProvesItsKeyAndRegisters) {
  const Door door;
  const test::AgentIdentity self;
  GatewayAdmission gateway = door.gateway();
  PeerAdmission agent = door.peer(Role::agent);
  admit(gateway, agent);
  EXPECT_TRUE(gateway.admitted());
  EXPECT_TRUE(agent.admitted());

  const auto step = gateway.receive(
      frame_in(agent.register_as(computer("Office-PC"), self.key, self.certificate)));
  const auto* wants = std::get_if<WantsRegistration>(&step.request.value());
  ASSERT_TRUE(wants);
  EXPECT_EQ(wants->computer, computer("office-pc"));
  EXPECT_EQ(wants->key, self.key.public_key());
  EXPECT_TRUE(step.reply.empty());
}

TEST(Admission, AClientProvesItsKeyListsAndConnects) {
  const Door door;
  GatewayAdmission gateway = door.gateway();
  PeerAdmission client = door.peer(Role::client);
  admit(gateway, client);
  for (int i = 0; i < 3; ++i) {
    const auto listing = gateway.receive(frame_in(client.list()));
    EXPECT_TRUE(std::holds_alternative<WantsListing>(listing.request.value()));
  }
  const auto step = gateway.receive(frame_in(client.connect(computer("office-pc"))));
  EXPECT_EQ(std::get<WantsConnection>(step.request.value()).computer, computer("office-pc"));
}

TEST(Admission, TheGatewayLearnsTheLabelAndTheSoftware) {
  const Door door;
  GatewayAdmission gateway = door.gateway();
  PeerAdmission client = door.peer(Role::client);
  admit(gateway, client);
  EXPECT_EQ(gateway.label(), test::label("office"));
  EXPECT_EQ(gateway.software(), "test 1");
}

TEST(Admission, ThePeerLearnsWhatTheGatewaySaysOfItself) {
  const Door door;
  GatewayAdmission gateway({{1, 2, 3}, 25}, Door::setup(), door.exporter, door.find_key);
  PeerAdmission agent = door.peer(Role::agent);
  EXPECT_FALSE(agent.greeted());
  admit(gateway, agent);
  EXPECT_EQ(agent.hello().gateway, (GatewayId{1, 2, 3}));
  EXPECT_EQ(agent.hello().keepalive, 25);
}

TEST(Admission, GreetsEveryoneWithANonceOfTheirOwn) {
  const Door door;
  EXPECT_NE(door.gateway().hello(), door.gateway().hello());
}

TEST(Admission, WorksWhereThereIsNoExporterOnEitherSide) {
  const Door browser(Exporter{});
  GatewayAdmission gateway = browser.gateway();
  PeerAdmission client = browser.peer(Role::client);
  admit(gateway, client);
  EXPECT_TRUE(gateway.admitted());
}

TEST(Admission, ProvesAKeyThatAPersonChoseByStretchingIt) {
  Door door;
  door.find_key = [](const KeyLabel& label) {
    return test::enroll_gateway_key(Door::setup(), label, "cherry", crypto::opaque::Stretch{1, 8});
  };
  GatewayAdmission gateway = door.gateway();
  PeerAdmission client = door.peer(Role::client, "cherry");
  admit(gateway, client);
  EXPECT_TRUE(gateway.admitted());
}

TEST(Admission, APeerWithAWrongKeyFindsThatOutByItself) {
  const Door door;
  GatewayAdmission gateway = door.gateway();
  PeerAdmission client = door.peer(Role::client, "tk-wrong");
  const ByteString key1 = client.receive(frame_in(gateway.hello()));
  const ByteString key2 = gateway.receive(frame_in(key1)).reply;
  EXPECT_EQ(refusal_of([&] { client.receive(frame_in(key2)); }), Refusal::gateway_key);
  EXPECT_FALSE(client.admitted());
}

TEST(Admission, IsAGuessFromTheFirstMessageOfAProofToItsSuccess) {
  const Door door;
  GatewayAdmission gateway = door.gateway();
  PeerAdmission client = door.peer(Role::client);
  EXPECT_FALSE(gateway.guessing());
  const ByteString key1 = client.receive(frame_in(gateway.hello()));
  const ByteString key2 = gateway.receive(frame_in(key1)).reply;
  EXPECT_TRUE(gateway.guessing());  // a peer that leaves now has learned right or wrong
  gateway.receive(frame_in(client.receive(frame_in(key2))));
  EXPECT_FALSE(gateway.guessing());
}

TEST(Admission, AProofThatDoesNotFitIsRefusedAndStaysAGuess) {
  const Door door;
  GatewayAdmission gateway = door.gateway();
  PeerAdmission client = door.peer(Role::client);
  gateway.receive(frame_in(client.receive(frame_in(gateway.hello()))));
  const auto reason = refusal_of([&] { gateway.receive(frame(GatewayKey3{})); });
  EXPECT_EQ(reason, Refusal::gateway_key);
  EXPECT_TRUE(gateway.guessing());
  EXPECT_FALSE(gateway.admitted());
}

// What a prober sees of one label: the types and lengths of the gateway's frames, the
// stretch, and the refusal at the end.
std::string seen_of(std::string_view key_label, const Door& door = Door(),
                    std::string_view guess = "a guess") {
  GatewayAdmission gateway = door.gateway();
  PeerAdmission prober = door.peer(Role::client, guess, key_label);
  const ByteString key1 = prober.receive(frame_in(gateway.hello()));
  const wire::Frame answer = frame_in(gateway.receive(frame_in(key1)).reply);
  const auto key2 = wire::decode<GatewayKey2>(answer);
  std::string seen = std::to_string(answer.type) + "/" + std::to_string(answer.payload.size());
  seen += "/" + std::to_string(key2.stretch_passes) + "/" + std::to_string(key2.stretch_kib);
  seen += refusal_of([&] { prober.receive(answer); }) == Refusal::gateway_key ? "/wrong" : "/?";
  return seen + "/" + std::string(name(refusal_of([&] { gateway.receive(frame(GatewayKey3{})); })));
}

TEST(Admission, AnUnknownLabelLooksLikeAWrongKey) {
  EXPECT_EQ(seen_of("office"), seen_of("nobody"));
  EXPECT_EQ(seen_of("office"), "3/328/0/0/wrong/gateway_key");
}

TEST(Admission, ARevokedKeyLooksLikeAWrongOne) {
  for (const auto stretch : {crypto::opaque::stretch_none, crypto::opaque::Stretch{1, 8}}) {
    KeyRecord record =
        test::enroll_gateway_key(Door::setup(), test::label("office"), test::right_key, stretch);
    Door door;
    door.find_key = [&](const KeyLabel&) { return record; };
    const std::string wrong = seen_of("office", door);
    record.in_force = false;
    EXPECT_EQ(seen_of("office", door, test::right_key), wrong);
  }
}

// Nobody shows by two answers to one label that the label is unknown: what depends
// on the label alone is the same each time.
TEST(Admission, AnUnknownLabelAnswersTheSameBlindedKeyTheSameWay) {
  const Door door;
  PeerAdmission prober = door.peer(Role::client, "a guess", "nobody");
  GatewayAdmission first = door.gateway();
  GatewayAdmission second = door.gateway();
  const wire::Frame key1 = frame_in(prober.receive(frame_in(first.hello())));
  const auto one = wire::decode<GatewayKey2>(frame_in(first.receive(key1).reply)).ke2;
  const auto two = wire::decode<GatewayKey2>(frame_in(second.receive(key1).reply)).ke2;
  EXPECT_TRUE(std::equal(one.begin(), one.begin() + 32, two.begin()));  // the evaluated element
  EXPECT_FALSE(std::equal(one.begin() + 32, one.end(), two.begin() + 32));
}

TEST(Admission, LooksTheKeyUpOnceForEachProof) {
  Door door;
  int asked = 0;
  door.find_key = [&, find = door.find_key](const KeyLabel& label) {
    ++asked;
    return find(label);
  };
  GatewayAdmission gateway = door.gateway();
  EXPECT_EQ(asked, 0);
  PeerAdmission client = door.peer(Role::client);
  admit(gateway, client);
  gateway.receive(frame_in(client.list()));
  EXPECT_EQ(asked, 1);
}

TEST(Admission, APeerOfAnotherVersionSaysSoBeforeItProvesAnything) {
  const Door door;
  PeerAdmission client = door.peer(Role::client);
  Hello hello;
  hello.version = 2;
  EXPECT_EQ(refusal_of([&] { client.receive(frame(hello)); }), Refusal::version);
}

TEST(Admission, ThePeerIsToldWhyAndWhenToComeAgain) {
  const Door door;
  PeerAdmission client = door.peer(Role::client);
  try {
    client.receive(frame(Refused{Refusal::busy, 30}));
    FAIL();
  } catch (const RefusedByGateway& refused) {
    EXPECT_EQ(refused.reason, Refusal::busy);
    EXPECT_EQ(refused.retry_after, 30);
    EXPECT_STREQ(refused.what(), "refused by the gateway: busy");
  }
}

TEST(Admission, UnknownFeaturesAreIgnored) {
  const Door door;
  GatewayAdmission gateway = door.gateway();
  PeerAdmission client = door.peer(Role::client);
  auto key1 = wire::decode<GatewayKey1>(frame_in(client.receive(frame_in(gateway.hello()))));
  key1.features = 0xffffffff;
  EXPECT_NO_THROW(gateway.receive(frame(key1)));
}

}  // namespace
}  // namespace tasuki::control
