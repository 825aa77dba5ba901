// What a gateway and a peer do not fall for: proofs made elsewhere, recorded, moved
// to another purpose, or changed on the way.
#include "support/admission.h"

#include <gtest/gtest.h>

#include <random>

namespace tasuki::control {
namespace {

using test::admit;
using test::AgentIdentity;
using test::computer;
using test::Door;
using test::frame;
using test::frame_in;

// ---- the gateway key's proof ----

// One login with the frames that pass open to change. "ok", or who objected.
struct Tampering {
  std::function<void(Hello&)> hello = [](Hello&) {};
  std::function<void(GatewayKey1&)> key1 = [](GatewayKey1&) {};
  std::function<void(GatewayKey2&)> key2 = [](GatewayKey2&) {};
  std::function<void(GatewayKey3&)> key3 = [](GatewayKey3&) {};
};

template <typename M>
wire::Frame changed(Bytes original, const std::function<void(M&)>& change) {
  M message = wire::decode<M>(frame_in(original));
  change(message);
  return frame(message);
}

std::string outcome(const Door& gateways, const Door& peers, const Tampering& tamper = {}) {
  GatewayAdmission gateway = gateways.gateway();
  PeerAdmission peer = peers.peer(Role::client);
  ByteString key1, key2, key3;
  try {
    key1 = peer.receive(changed(gateway.hello(), tamper.hello));
  } catch (const std::exception&) {
    return "peer refuses Hello";
  }
  try {
    key2 = gateway.receive(changed(key1, tamper.key1)).reply;
  } catch (const std::exception&) {
    return "gateway refuses GatewayKey1";
  }
  try {
    key3 = peer.receive(changed(key2, tamper.key2));
  } catch (const RefusedByGateway&) {
    return "peer finds the key wrong";
  } catch (const wire::ProtocolError&) {
    return "peer refuses GatewayKey2";
  }
  try {
    gateway.receive(changed(key3, tamper.key3));
  } catch (const RefusedError&) {
    return "gateway refuses GatewayKey3";
  }
  return gateway.admitted() && peer.admitted() ? "ok" : "?";
}

TEST(AdmissionUnderAttack, SucceedsWhenNobodyTouchesIt) {
  EXPECT_EQ(outcome(Door(), Door()), "ok");
}

// A man in the middle of the outer TLS has two connections, hence two exporters.
TEST(AdmissionUnderAttack, AProofIsWorthNothingOnAnotherConnection) {
  EXPECT_EQ(outcome(Door(ByteString(32, 1)), Door(ByteString(32, 2))), "peer finds the key wrong");
}

TEST(AdmissionUnderAttack, APeerThatCouldBindAndSaysItCouldNotIsRefused) {
  EXPECT_EQ(outcome(Door(), Door(Exporter{})), "gateway refuses GatewayKey1");
}

TEST(AdmissionUnderAttack, APeerThatBoundWhereThereIsNoExporterIsRefused) {
  EXPECT_EQ(outcome(Door(Exporter{}), Door()), "gateway refuses GatewayKey1");
}

TEST(AdmissionUnderAttack, TakingTheBindingAwayOnTheWayDoesNotHelp) {
  const Tampering tamper{.key1 = [](GatewayKey1& m) { m.binding = Binding::none; }};
  EXPECT_EQ(outcome(Door(Exporter{}), Door(), tamper), "peer finds the key wrong");
  EXPECT_EQ(outcome(Door(), Door(), tamper), "gateway refuses GatewayKey1");
}

TEST(AdmissionUnderAttack, ChangingTheRoleSpoilsTheProof) {
  const Tampering tamper{.key1 = [](GatewayKey1& m) { m.role = Role::agent; }};
  EXPECT_EQ(outcome(Door(), Door(), tamper), "peer finds the key wrong");
}

TEST(AdmissionUnderAttack, ChangingTheLabelSpoilsTheProof) {
  Door gateways;  // one that has the same key under two labels
  gateways.find_key = [](const KeyLabel& label) {
    return test::enroll_gateway_key(Door::setup(), label);
  };
  const Tampering tamper{.key1 = [](GatewayKey1& m) { m.label.value = "other"; }};
  EXPECT_EQ(outcome(gateways, Door(), tamper), "peer finds the key wrong");
}

TEST(AdmissionUnderAttack, ChangingTheNonceOrTheGatewaySpoilsTheProof) {
  const Tampering nonce{.hello = [](Hello& m) { m.nonce[0] ^= 1; }};
  EXPECT_EQ(outcome(Door(), Door(), nonce), "peer finds the key wrong");
  const Tampering gateway{.hello = [](Hello& m) { m.gateway[15] ^= 0x80; }};
  EXPECT_EQ(outcome(Door(), Door(), gateway), "peer finds the key wrong");
}

TEST(AdmissionUnderAttack, AGatewayThatAnnouncesAnotherKeyThanItProvesIsRefused) {
  const auto other = crypto::opaque::ServerSetup::generate();
  const Tampering tamper{.hello = [&](Hello& m) { m.opaque_key = other.public_key; }};
  EXPECT_EQ(outcome(Door(), Door(), tamper), "peer refuses GatewayKey2");
}

TEST(AdmissionUnderAttack, AGatewayMayNotAskForEndlessStretching) {
  const Tampering memory{.key2 = [](GatewayKey2& m) { m.stretch_passes = 1, m.stretch_kib = ~0u; }};
  EXPECT_EQ(outcome(Door(), Door(), memory), "peer refuses GatewayKey2");
  const Tampering time{.key2 = [](GatewayKey2& m) { m.stretch_passes = ~0u, m.stretch_kib = 8; }};
  EXPECT_EQ(outcome(Door(), Door(), time), "peer refuses GatewayKey2");
}

TEST(AdmissionUnderAttack, NoBitOfTheProofMayChange) {
  for (std::size_t bit = 0; bit < 320 * 8; bit += 61) {
    const Tampering tamper{
        .key2 = [bit](GatewayKey2& m) { m.ke2[bit / 8] ^= std::uint8_t(1 << bit % 8); }};
    EXPECT_EQ(outcome(Door(), Door(), tamper), "peer finds the key wrong") << "bit " << bit;
  }
  for (std::size_t bit = 0; bit < 64 * 8; bit += 37) {
    const Tampering tamper{
        .key3 = [bit](GatewayKey3& m) { m.ke3[bit / 8] ^= std::uint8_t(1 << bit % 8); }};
    EXPECT_EQ(outcome(Door(), Door(), tamper), "gateway refuses GatewayKey3") << "bit " << bit;
  }
}

TEST(AdmissionUnderAttack, AMalformedFirstMessageIsNoReasonToBreakDown) {
  const Tampering zeros{.key1 = [](GatewayKey1& m) { m.ke1 = {}; }};
  EXPECT_EQ(outcome(Door(), Door(), zeros), "gateway refuses GatewayKey1");
  const Tampering ones{.key1 = [](GatewayKey1& m) { m.ke1.fill(0xff); }};
  EXPECT_EQ(outcome(Door(), Door(), ones), "gateway refuses GatewayKey1");
}

TEST(AdmissionUnderAttack, LabelsAndComputersThatAreNoneAreRefused) {
  for (const std::string bad : {"", "Office", "of-fice", "office "}) {
    const Tampering tamper{.key1 = [&](GatewayKey1& m) { m.label.value = bad; }};
    EXPECT_EQ(outcome(Door(), Door(), tamper), "gateway refuses GatewayKey1") << bad;
  }
  const Door door;
  for (const std::string bad : {"", "pc 1", "pc.1", "../pc"}) {
    GatewayAdmission gateway = door.gateway();
    PeerAdmission client = door.peer(Role::client);
    admit(gateway, client);
    EXPECT_THROW(gateway.receive(frame(Connect{{bad}, 0})), wire::ProtocolError) << bad;
  }
}

TEST(AdmissionUnderAttack, ARecordedLoginIsWorthNothing) {
  const Door door;
  GatewayAdmission first = door.gateway();
  PeerAdmission client = door.peer(Role::client);
  const wire::Frame key1 = frame_in(client.receive(frame_in(first.hello())));
  const wire::Frame key2 = frame_in(first.receive(key1).reply);
  const wire::Frame key3 = frame_in(client.receive(key2));
  first.receive(key3);
  ASSERT_TRUE(first.admitted());

  GatewayAdmission second = door.gateway();
  second.receive(key1);
  EXPECT_THROW(second.receive(key3), RefusedError);
  EXPECT_FALSE(second.admitted());
}

TEST(AdmissionUnderAttack, ARecordedAnswerOfTheGatewayIsWorthNothing) {
  const Door door;
  GatewayAdmission gateway = door.gateway();
  PeerAdmission before = door.peer(Role::client);
  const wire::Frame hello = frame_in(gateway.hello());
  const wire::Frame recorded = frame_in(gateway.receive(frame_in(before.receive(hello))).reply);

  PeerAdmission now = door.peer(Role::client);
  now.receive(hello);
  EXPECT_THROW(now.receive(recorded), RefusedByGateway);
}

// ---- registration ----

// What the gateway makes of a registration with something changed in it.
std::string registration(const std::function<void(Register&)>& change,
                         const AgentIdentity& self = {}) {
  const Door door;
  GatewayAdmission gateway = door.gateway();
  PeerAdmission agent = door.peer(Role::agent);
  admit(gateway, agent);
  const ByteString honest = agent.register_as(computer("office-pc"), self.key, self.certificate);
  try {
    const auto step = gateway.receive(changed(honest, change));
    return step.request ? "ok" : "?";
  } catch (const RefusedError& refused) {
    return std::string(name(refused.reason));
  } catch (const wire::ProtocolError&) {
    return "malformed";
  }
}

TEST(RegistrationUnderAttack, SucceedsWhenNobodyTouchesIt) {
  EXPECT_EQ(registration([](Register&) {}), "ok");
}

TEST(RegistrationUnderAttack, AnotherComputerIdIsNotWhatWasSigned) {
  EXPECT_EQ(registration([](Register& m) { m.computer.value = "boss-pc"; }), "bad_proof");
}

// The ID is signed as it is kept; the case in which it travels says nothing.
TEST(RegistrationUnderAttack, TheCaseOfAComputerIdSaysNothing) {
  EXPECT_EQ(registration([](Register& m) { m.computer.value = "OFFICE-PC"; }), "ok");
}

TEST(RegistrationUnderAttack, SomebodyElsesCertificateDoesNotFitTheSignature) {
  const AgentIdentity victim;
  EXPECT_EQ(registration([&](Register& m) { m.chain.value = {{victim.certificate}}; }),
            "bad_proof");
  EXPECT_EQ(registration([&](Register& m) {
              m.chain.value.insert(m.chain.value.begin(), {victim.certificate});
            }),
            "bad_proof");
}

TEST(RegistrationUnderAttack, NoBitOfTheSignatureMayChange) {
  const AgentIdentity self;
  for (std::size_t byte = 0; byte < 70; byte += 7)
    EXPECT_EQ(
        registration(
            [byte](Register& m) { m.signature.value.at(byte % m.signature.value.size()) ^= 1; },
            self),
        "bad_proof")
        << byte;
  EXPECT_EQ(registration([](Register& m) { m.signature.value.clear(); }), "bad_proof");
  EXPECT_EQ(registration([](Register& m) { m.signature.value.pop_back(); }), "bad_proof");
  EXPECT_EQ(registration([](Register& m) { m.signature.value.push_back(0); }), "bad_proof");
}

TEST(RegistrationUnderAttack, ACertificateThatIsNoneIsMalformed) {
  EXPECT_EQ(registration([](Register& m) { m.chain.value.clear(); }), "malformed");
  EXPECT_EQ(registration([](Register& m) { m.chain.value.front().value.clear(); }), "malformed");
  EXPECT_EQ(registration([](Register& m) { m.chain.value.front().value.pop_back(); }), "malformed");
  EXPECT_EQ(registration([](Register& m) { m.chain.value.front().value.push_back(0); }),
            "malformed");
  EXPECT_EQ(registration([](Register& m) { m.chain.value = {{ByteString(4096, 0x30)}}; }),
            "malformed");
}

TEST(RegistrationUnderAttack, AMalformedComputerIdIsMalformed) {
  for (const std::string bad : {"", "pc 1", "pc\n", "パソコン"})
    EXPECT_EQ(registration([&](Register& m) { m.computer.value = bad; }), "malformed") << bad;
}

TEST(RegistrationUnderAttack, ASignatureFromAnotherConnectionIsWorthNothing) {
  const Door door;
  const AgentIdentity self;
  GatewayAdmission there = door.gateway(), here = door.gateway();
  PeerAdmission victim = door.peer(Role::agent), thief = door.peer(Role::agent);
  admit(there, victim);
  admit(here, thief);
  const ByteString recorded = victim.register_as(computer("pc"), self.key, self.certificate);
  EXPECT_THROW(here.receive(frame_in(recorded)), RefusedError);
  EXPECT_NO_THROW(there.receive(frame_in(recorded)));  // and it was a good one
}

// ---- attachment ----

struct Attachment {
  Door door;
  AgentIdentity self;
  GatewayAdmission gateway = door.gateway();
  Token token{1, 2, 3};

  // Whether the agent's key is behind what the gateway is told.
  bool fits(const wire::Frame& attachment, const crypto::PublicKey& key) {
    const auto step = gateway.receive(attachment);
    const auto& wants = std::get<WantsAttachment>(step.request.value());
    return wants.token == token && key.verify(wants.statement, wants.signature);
  }
  wire::Frame honest() {
    return frame_in(attach(frame_in(gateway.hello()), token, self.key, door.exporter));
  }
};

TEST(AttachmentUnderAttack, FitsTheAgentsKeyWhenNobodyTouchesIt) {
  Attachment a;
  EXPECT_TRUE(a.fits(a.honest(), a.self.key.public_key()));
}

TEST(AttachmentUnderAttack, DoesNotFitAnotherKey) {
  Attachment a;
  EXPECT_FALSE(a.fits(a.honest(), AgentIdentity().key.public_key()));
}

TEST(AttachmentUnderAttack, ASignatureOverAnotherTokenDoesNotFit) {
  Attachment a;
  auto message = wire::decode<Attach>(
      frame_in(attach(frame_in(a.gateway.hello()), Token{9}, a.self.key, a.door.exporter)));
  message.token = a.token;
  EXPECT_FALSE(a.fits(frame(message), a.self.key.public_key()));
}

TEST(AttachmentUnderAttack, ASignatureFromAnotherConnectionDoesNotFit) {
  Attachment a;
  const GatewayAdmission other = a.door.gateway();
  const ByteString elsewhere =
      attach(frame_in(other.hello()), a.token, a.self.key, a.door.exporter);
  EXPECT_FALSE(a.fits(frame_in(elsewhere), a.self.key.public_key()));
}

TEST(AttachmentUnderAttack, ASignatureUnderAnotherExporterDoesNotFit) {
  Attachment a;
  const ByteString elsewhere =
      attach(frame_in(a.gateway.hello()), a.token, a.self.key, ByteString(32, 1));
  EXPECT_FALSE(a.fits(frame_in(elsewhere), a.self.key.public_key()));
}

TEST(AttachmentUnderAttack, MustBeBoundWhereItCanBe) {
  Attachment a;
  auto message = wire::decode<Attach>(a.honest());
  message.binding = Binding::none;
  EXPECT_THROW(a.gateway.receive(frame(message)), wire::ProtocolError);
}

TEST(AttachmentUnderAttack, ARegistrationsSignatureIsForAnotherPurpose) {
  const crypto::Sha512 conversation{};
  const ByteString registration = registration_statement(conversation, computer("pc"));
  const ByteString attachment = attachment_statement(conversation, Token{});
  EXPECT_NE(ByteString(registration.begin(), registration.begin() + 16),
            ByteString(attachment.begin(), attachment.begin() + 16));
}

}  // namespace
}  // namespace tasuki::control
