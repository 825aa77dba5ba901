// Every message in every state: exactly the ones of the table pass (gateway_admission.h).
#include "support/admission.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace tasuki::control {
namespace {

using test::computer;
using test::Door;
using test::frame;
using test::frame_in;

using Types = std::set<MessageType>;

const std::map<MessageType, ByteString>& well_formed() {
  static const std::map<MessageType, ByteString> bodies = [] {
    std::map<MessageType, ByteString> made;
    const auto add = [&](const auto& message) {
      made[std::decay_t<decltype(message)>::type] = wire::encode_body(message);
    };
    add(Hello{}), add(GatewayKey1{}), add(GatewayKey2{}), add(GatewayKey3{}), add(Register{});
    add(Registered{}), add(List{}), add(Listing{}), add(Connect{}), add(Incoming{}),
        add(Declined{});
    add(Attach{}), add(Paired{}), add(Refused{}), add(Ping{}), add(Pong{});
    return made;
  }();
  return bodies;
}

// A gateway's admission that has come to some state, and an honest peer beside it
// that knows what to say next.
struct Stage {
  Door door;
  const test::AgentIdentity& self = test::some_agent();
  GatewayAdmission gateway = door.gateway();
  PeerAdmission peer;
  std::map<MessageType, wire::Frame> honest{};  // what may come now

  explicit Stage(Role role) : peer(door.peer(role)) {
    const wire::Frame hello = frame_in(gateway.hello());
    offer(peer.receive(hello));
    offer(attach(hello, Token{}, self.key, door.exporter));
  }
  void offer(Bytes bytes) {
    const wire::Frame next = frame_in(bytes);
    honest[MessageType(next.type)] = next;
  }
  void say(MessageType type) {
    const wire::Frame next = honest.at(type);
    honest.clear();
    const auto step = gateway.receive(next);
    if (!step.reply.empty()) offer(peer.receive(frame_in(step.reply)));
  }
};

using MakeStage = std::function<std::unique_ptr<Stage>()>;

std::unique_ptr<Stage> greeted() {
  return std::make_unique<Stage>(Role::client);
}
std::unique_ptr<Stage> proving(Role role = Role::client) {
  auto stage = std::make_unique<Stage>(role);
  stage->say(MessageType::gateway_key_1);
  return stage;
}
std::unique_ptr<Stage> admitted(Role role) {
  auto stage = proving(role);
  stage->say(MessageType::gateway_key_3);
  if (role == Role::agent) {
    stage->offer(stage->peer.register_as(computer("pc"), stage->self.key, stage->self.certificate));
  } else {
    stage->offer(wire::encode(List{}));
    stage->offer(stage->peer.connect(computer("pc")));
  }
  return stage;
}
std::unique_ptr<Stage> after(std::unique_ptr<Stage> stage, MessageType last) {
  stage->say(last);
  return stage;
}

const std::map<std::string, MakeStage> stages{
    {"greeted", [] { return greeted(); }},
    {"proving", [] { return proving(); }},
    {"agent", [] { return admitted(Role::agent); }},
    {"client", [] { return admitted(Role::client); }},
    {"registered", [] { return after(admitted(Role::agent), MessageType::register_agent); }},
    {"connecting", [] { return after(admitted(Role::client), MessageType::connect); }},
    {"attached", [] { return after(greeted(), MessageType::attach); }},
};

const std::map<std::string, Types> allowed{
    {"greeted", {MessageType::gateway_key_1, MessageType::attach}},
    {"proving", {MessageType::gateway_key_3}},
    {"agent", {MessageType::register_agent}},
    {"client", {MessageType::list, MessageType::connect}},
    {"registered", {}},
    {"connecting", {}},
    {"attached", {}},
};

TEST(GatewayAdmissionStates, TakeExactlyTheMessagesOfTheTable) {
  for (const auto& [state, make] : stages) {
    for (unsigned type = 0; type < 256; ++type) {
      const auto stage = make();
      const bool may = allowed.at(state).contains(MessageType(type));
      const auto body = well_formed().find(MessageType(type));
      const wire::Frame next =
          may ? stage->honest.at(MessageType(type))
              : wire::Frame{std::uint8_t(type),
                            body == well_formed().end() ? ByteString{} : body->second};
      if (may)
        EXPECT_NO_THROW(stage->gateway.receive(next)) << state << " " << type;
      else
        EXPECT_THROW(stage->gateway.receive(next), wire::ProtocolError) << state << " " << type;
    }
  }
}

// Not even what an honest peer would say in another state.
TEST(GatewayAdmissionStates, TakeNoHonestMessageOutOfItsState) {
  for (const auto& [from, make_from] : stages) {
    const auto source = make_from();
    for (const auto& [type, message] : source->honest) {
      for (const auto& [state, make] : stages) {
        if (allowed.at(state).contains(type)) continue;
        EXPECT_THROW(make()->gateway.receive(message), wire::ProtocolError)
            << "of " << from << " in " << state;
      }
    }
  }
}

TEST(GatewayAdmissionStates, SurviveGarbageInEveryOneOfThem) {
  std::mt19937 random(1);
  for (const auto& [state, make] : stages) {
    for (int i = 0; i < 100; ++i) {
      const auto stage = make();
      wire::Frame garbage{std::uint8_t(random() % 0x24), ByteString(random() % 600)};
      for (auto& byte : garbage.payload) byte = std::uint8_t(random());
      try {
        stage->gateway.receive(garbage);
        EXPECT_TRUE(garbage.payload.empty()) << state;  // List, then
      } catch (const wire::ProtocolError&) {
      } catch (const RefusedError&) {
      }
    }
  }
}

TEST(GatewayAdmissionStates, SurviveHonestMessagesWithABitFlipped) {
  std::mt19937 random(2);
  for (const auto& [state, make] : stages) {
    for (int i = 0; i < 100; ++i) {
      const auto stage = make();
      if (stage->honest.empty()) break;
      auto pick = std::next(stage->honest.begin(), long(random() % stage->honest.size()));
      wire::Frame flipped = pick->second;
      if (flipped.payload.empty()) continue;
      flipped.payload[random() % flipped.payload.size()] ^= std::uint8_t(1 << random() % 8);
      try {
        stage->gateway.receive(flipped);
      } catch (const wire::ProtocolError&) {
      } catch (const RefusedError&) {
      }
    }
  }
}

// ---- the peer's side ----

TEST(PeerAdmissionStates, TakeExactlyHelloAndThenTheProof) {
  for (unsigned type = 0; type < 256; ++type) {
    const auto body = well_formed().find(MessageType(type));
    const wire::Frame next{std::uint8_t(type),
                           body == well_formed().end() ? ByteString{} : body->second};
    const Door door;
    PeerAdmission waiting = door.peer(Role::client);
    if (MessageType(type) == MessageType::hello)
      EXPECT_NO_THROW(waiting.receive(next));
    else if (MessageType(type) == MessageType::refused)
      EXPECT_THROW(waiting.receive(next), RefusedByGateway);
    else
      EXPECT_THROW(waiting.receive(next), wire::ProtocolError) << type;

    PeerAdmission in_proof = door.peer(Role::client);
    in_proof.receive(frame_in(door.gateway().hello()));
    if (MessageType(type) == MessageType::refused ||
        MessageType(type) == MessageType::gateway_key_2)
      EXPECT_THROW(in_proof.receive(next), RefusedByGateway);  // the body is well formed, no proof
    else
      EXPECT_THROW(in_proof.receive(next), wire::ProtocolError) << type;
  }
}

// A second try on the same connection would let a gateway guess twice at one key.
TEST(PeerAdmissionStates, ProveTheKeyOnlyOnce) {
  const Door door;
  GatewayAdmission gateway = door.gateway();
  PeerAdmission client = door.peer(Role::client);
  const wire::Frame key2 =
      frame_in(gateway.receive(frame_in(client.receive(frame_in(gateway.hello())))).reply);
  wire::Frame wrong = key2;
  wrong.payload.back() ^= 1;
  EXPECT_THROW(client.receive(wrong), RefusedByGateway);
  EXPECT_THROW(client.receive(key2), RefusedByGateway);
  EXPECT_FALSE(client.admitted());
}

TEST(PeerAdmissionStates, TakeNothingOnceAdmitted) {
  const Door door;
  GatewayAdmission gateway = door.gateway();
  PeerAdmission client = door.peer(Role::client);
  test::admit(gateway, client);
  EXPECT_THROW(client.receive(frame_in(gateway.hello())), std::logic_error);
}

}  // namespace
}  // namespace tasuki::control
