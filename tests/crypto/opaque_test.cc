// OPAQUE between two honest sides, and with one that is not.
#include "crypto/opaque.h"

#include "crypto/hash.h"
#include "crypto/opaque_parts.h"
#include "hex.h"

#include <gtest/gtest.h>

namespace tasuki::crypto::opaque {
namespace {

Secret password(std::string_view text) {
  return Secret(as_bytes(text));
}

// The encodings of the identity and of what is no element at all.
const oprf::Element identity{};
const oprf::Element no_element = [] {
  oprf::Element bytes;
  bytes.fill(0xff);
  return bytes;
}();

// Somebody registered, and all that a login takes.
struct House {
  ServerSetup setup = ServerSetup::generate();
  ByteString id = {'a', 'k', 'i'};
  Identities names{as_bytes("aki"), as_bytes("pc-12")};
  Bytes context = as_bytes("tasuki/1 pw");
  Record record = enroll(setup, id, password("hunter2"), stretch_none, names);

  std::optional<Server> answer(const Ke1& ke1) const {
    return Server::respond(setup, &record, id, names, context, ke1);
  }
  std::optional<Client::Finished> finish(Client& client, const Ke2& ke2) const {
    return client.finish(ke2, stretch_none, names, context);
  }
};

TEST(Opaque, BothSidesHoldTheSameKeyAfterTheRightPassword) {
  const House house;
  Client client(password("hunter2"));
  const auto server = house.answer(client.ke1());
  ASSERT_TRUE(server);
  const auto finished = house.finish(client, server->ke2());
  ASSERT_TRUE(finished);
  const auto key = server->finish(finished->ke3);
  ASSERT_TRUE(key);
  EXPECT_TRUE(equal(key->bytes(), finished->session_key.bytes()));
  EXPECT_EQ(key->size(), 64u);
  EXPECT_EQ(finished->server, house.setup.public_key);
}

TEST(Opaque, TheExportKeyIsTheSameAtEveryLoginAndTheSessionKeyNever) {
  const House house;
  const auto log_in = [&] {
    Client client(password("hunter2"));
    return house.finish(client, house.answer(client.ke1())->ke2()).value();
  };
  const auto first = log_in(), second = log_in();
  EXPECT_TRUE(equal(first.export_key.bytes(), second.export_key.bytes()));
  EXPECT_FALSE(equal(first.session_key.bytes(), second.session_key.bytes()));
}

TEST(Opaque, StretchesWithArgon2idAsTheRecordWasMade) {
  House house;
  constexpr Stretch light{1, 8};
  house.record = enroll(house.setup, house.id, password("hunter2"), light, house.names);
  const auto finish_with = [&](Stretch stretch) {
    Client client(password("hunter2"));
    const auto server = house.answer(client.ke1());
    return client.finish(server->ke2(), stretch, house.names, house.context);
  };
  EXPECT_TRUE(finish_with(light));
  EXPECT_FALSE(finish_with(stretch_none));
  EXPECT_FALSE(finish_with({2, 8}));
  EXPECT_FALSE(finish_with({1, 16}));
}

TEST(Opaque, TheDefaultStretchIsWithinItsOwnLimits) {
  EXPECT_TRUE(acceptable(stretch_none));
  EXPECT_TRUE(acceptable(stretch_password));
  EXPECT_TRUE(acceptable(stretch_most));
}

TEST(Opaque, RefusesAStretchThatWouldExhaustTheClientOrMeanNothing) {
  for (const Stretch bad : {Stretch{0, 8}, Stretch{1, 0}, Stretch{1, 7}, Stretch{11, 8},
                            Stretch{1, 1024 * 1024 + 1}, Stretch{0xffffffff, 0xffffffff}}) {
    EXPECT_FALSE(acceptable(bad));
    const House house;
    Client client(password("hunter2"));
    const auto server = house.answer(client.ke1());
    EXPECT_FALSE(client.finish(server->ke2(), bad, house.names, house.context));
    EXPECT_THROW(enroll(house.setup, house.id, password("hunter2"), bad, house.names),
                 std::invalid_argument);
  }
}

TEST(Opaque, WorksWithoutIdentitiesAndWithoutContext) {
  House house;
  house.names = {};
  house.context = {};
  house.record = enroll(house.setup, house.id, password("hunter2"), stretch_none, {});
  Client client(password("hunter2"));
  const auto server = house.answer(client.ke1());
  const auto finished = house.finish(client, server->ke2());
  ASSERT_TRUE(finished);
  EXPECT_TRUE(server->finish(finished->ke3));
}

TEST(Opaque, AnEmptyPasswordIsAPasswordLikeAnyOther) {
  House house;
  house.record = enroll(house.setup, house.id, Secret(), stretch_none, house.names);
  Client right{Secret()}, wrong(password("x"));
  EXPECT_TRUE(house.finish(right, house.answer(right.ke1())->ke2()));
  EXPECT_FALSE(house.finish(wrong, house.answer(wrong.ke1())->ke2()));
}

TEST(Opaque, TheWrongPasswordFails) {
  const House house;
  for (const auto wrong : {"hunter3", "Hunter2", "hunter2 ", "", "hunter22"}) {
    Client client(password(wrong));
    EXPECT_FALSE(house.finish(client, house.answer(client.ke1())->ke2())) << wrong;
  }
}

TEST(Opaque, AClientIsGoodForOneAttempt) {
  const House house;
  Client client(password("hunter2"));
  const auto server = house.answer(client.ke1());
  EXPECT_TRUE(house.finish(client, server->ke2()));
  EXPECT_FALSE(house.finish(client, server->ke2()));
}

TEST(Opaque, EveryInputThatTheSidesSeeDifferentlyMakesTheLoginFail) {
  const House house;
  const auto fails = [&](Identities names, Bytes context) {
    Client client(password("hunter2"));
    const auto server = house.answer(client.ke1());
    return !client.finish(server->ke2(), stretch_none, names, context).has_value();
  };
  EXPECT_FALSE(fails(house.names, house.context));
  EXPECT_TRUE(fails({as_bytes("Aki"), house.names.server}, house.context));
  EXPECT_TRUE(fails({house.names.client, as_bytes("pc-13")}, house.context));
  EXPECT_TRUE(fails({{}, house.names.server}, house.context));
  EXPECT_TRUE(fails({house.names.client, {}}, house.context));
  EXPECT_TRUE(fails({house.names.server, house.names.client}, house.context));
  EXPECT_TRUE(fails(house.names, as_bytes("tasuki/1 gw")));
  EXPECT_TRUE(fails(house.names, {}));
}

TEST(Opaque, AServerThatRenamesItselfAtLoginIsNotBelieved) {
  const House house;
  Client client(password("hunter2"));
  const auto server =
      Server::respond(house.setup, &house.record, house.id, {house.names.client, as_bytes("pc-13")},
                      house.context, client.ke1());
  EXPECT_FALSE(house.finish(client, server->ke2()));
}

TEST(Opaque, AServerWithTheRecordButNotItsKeyIsNotBelieved) {
  const House house;
  auto thief = ServerSetup::generate();
  thief.oprf_seed = house.setup.oprf_seed.copy();
  Client client(password("hunter2"));
  const auto server =
      Server::respond(thief, &house.record, house.id, house.names, house.context, client.ke1());
  EXPECT_FALSE(house.finish(client, server->ke2()));
}

TEST(Opaque, ARecordServesItsOwnCredentialOnly) {
  const House house;
  Client client(password("hunter2"));
  const auto server = Server::respond(house.setup, &house.record, as_bytes("ren"), house.names,
                                      house.context, client.ke1());
  EXPECT_FALSE(house.finish(client, server->ke2()));
}

TEST(Opaque, ALoginWithLongIdentitiesAndContextWorksUpToTheirLimit) {
  House house;
  const ByteString longest(0xffff, 'x'), too_long(0x10000, 'x');
  house.names = {longest, longest};
  house.context = longest;
  house.record = enroll(house.setup, house.id, password("hunter2"), stretch_none, house.names);
  Client client(password("hunter2"));
  const auto server = house.answer(client.ke1());
  EXPECT_TRUE(house.finish(client, server->ke2()));

  house.context = too_long;
  EXPECT_THROW(house.answer(client.ke1()), std::invalid_argument);
  EXPECT_THROW(Client{Secret(too_long)}, std::invalid_argument);
  EXPECT_THROW(
      enroll(house.setup, house.id, password("hunter2"), stretch_none, {too_long, longest}),
      std::invalid_argument);
}

TEST(OpaqueHostile, AKe2ChangedInAnyByteIsRefused) {
  const House house;
  const auto randomness = ClientRandomness::fresh();
  const Ke2 ke2 = house.answer(Client(password("hunter2"), randomness).ke1())->ke2();
  const auto accepts = [&](const Ke2& message) {
    Client client(password("hunter2"), randomness);
    return house.finish(client, message).has_value();
  };
  ASSERT_TRUE(accepts(ke2));
  for (std::size_t at = 0; at < ke2.size(); ++at) {
    for (const std::uint8_t flip : {0x01, 0x80}) {
      Ke2 changed = ke2;
      changed[at] ^= flip;
      EXPECT_FALSE(accepts(changed)) << "byte " << at;
    }
  }
}

TEST(OpaqueHostile, AKe3ChangedInAnyByteIsRefused) {
  const House house;
  Client client(password("hunter2"));
  const auto server = house.answer(client.ke1());
  const Ke3 ke3 = house.finish(client, server->ke2())->ke3;
  ASSERT_TRUE(server->finish(ke3));
  for (std::size_t at = 0; at < ke3.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Ke3 changed = ke3;
      changed[at] ^= std::uint8_t(1 << bit);
      EXPECT_FALSE(server->finish(changed)) << "byte " << at;
    }
  }
  EXPECT_FALSE(server->finish(Ke3{}));
}

TEST(OpaqueHostile, AKe1ChangedOnItsWayNeverLeadsToASession) {
  const House house;
  const auto randomness = ClientRandomness::fresh();
  const Ke1 ke1 = Client(password("hunter2"), randomness).ke1();
  for (std::size_t at = 0; at < ke1.size(); ++at) {
    Ke1 changed = ke1;
    changed[at] ^= 0x02;
    const auto server = house.answer(changed);
    if (!server) continue;  // no element any more
    Client client(password("hunter2"), randomness);
    EXPECT_FALSE(house.finish(client, server->ke2())) << "byte " << at;
  }
}

TEST(OpaqueHostile, AKe1WithAnIdentityOrNoElementIsMalformed) {
  const House house;
  const Ke1 ke1 = Client(password("hunter2")).ke1();
  for (const std::size_t at : {0u, 64u}) {
    for (const auto& bad : {identity, no_element}) {
      Ke1 changed = ke1;
      std::ranges::copy(bad, changed.begin() + std::ptrdiff_t(at));
      EXPECT_FALSE(house.answer(changed));
      EXPECT_FALSE(
          Server::respond(house.setup, nullptr, house.id, house.names, house.context, changed));
    }
  }
}

TEST(OpaqueHostile, AKe2OfZerosOrOnesIsRefused) {
  const House house;
  for (const int fill : {0x00, 0xff}) {
    Ke2 ke2;
    ke2.fill(std::uint8_t(fill));
    Client client(password("hunter2"));
    EXPECT_FALSE(house.finish(client, ke2));
  }
}

// The client's own keyshare and nonce sent back, with the rest as it should be.
TEST(OpaqueHostile, AReflectedKe1IsRefused) {
  const House house;
  Client client(password("hunter2"));
  Ke2 ke2 = house.answer(client.ke1())->ke2();
  std::ranges::copy(Bytes(client.ke1()).subspan(32), ke2.begin() + 192);
  EXPECT_FALSE(house.finish(client, ke2));
}

TEST(OpaqueHostile, AnotherLoginsKe2IsRefused) {
  const House house;
  Client first(password("hunter2")), second(password("hunter2"));
  const auto answer = house.answer(first.ke1());
  EXPECT_FALSE(house.finish(second, answer->ke2()));
}

TEST(OpaqueHostile, AnotherLoginsKe3IsRefused) {
  const House house;
  Client first(password("hunter2")), second(password("hunter2"));
  const auto of_first = house.answer(first.ke1()), of_second = house.answer(second.ke1());
  const auto proof = house.finish(first, of_first->ke2());
  ASSERT_TRUE(proof);
  EXPECT_TRUE(of_first->finish(proof->ke3));
  EXPECT_FALSE(of_second->finish(proof->ke3));
}

TEST(OpaqueFake, AnswersToANameWithoutRecordLikeToAnyOther) {
  const House house;
  Client client(password("hunter2"));
  const auto server = Server::respond(house.setup, nullptr, as_bytes("nobody"), house.names,
                                      house.context, client.ke1());
  ASSERT_TRUE(server);
  EXPECT_TRUE(oprf::is_element(slice<oprf::Element>(server->ke2(), 0)));
  EXPECT_TRUE(oprf::is_element(slice<oprf::Element>(server->ke2(), 224)));
  EXPECT_FALSE(house.finish(client, server->ke2()));
  EXPECT_FALSE(server->finish(Ke3{}));
}

TEST(OpaqueFake, StaysTheSameForTheSameNameAndDiffersBetweenNames) {
  const House house;
  const auto first = fake_record(house.setup, as_bytes("nobody"));
  EXPECT_EQ(first, fake_record(house.setup, as_bytes("nobody")));
  EXPECT_NE(first, fake_record(house.setup, as_bytes("nobody2")));
  EXPECT_NE(first, fake_record(ServerSetup::generate(), as_bytes("nobody")));
  EXPECT_TRUE(std::ranges::all_of(envelope_of(first), [](auto byte) { return byte == 0; }));
}

// With the same randomness on both sides, asking twice shows what of KE2 depends on
// the credential alone: all of it, as with a real record.
TEST(OpaqueFake, GivesTheSameAnswerToTheSameQuestion) {
  const House house;
  const auto randomness = ServerRandomness::fresh();
  const Ke1 ke1 = Client(password("guess")).ke1();
  const auto answer = [&](std::string_view name) {
    return Server::respond(house.setup, nullptr, as_bytes(name), house.names, house.context, ke1,
                           randomness)
        ->ke2();
  };
  EXPECT_EQ(answer("nobody"), answer("nobody"));
  EXPECT_NE(answer("nobody"), answer("nobody2"));
}

TEST(OpaqueFake, IsAnsweredFromARecordOfTheSameShape) {
  const House house;
  const auto randomness = ServerRandomness::fresh();
  const Ke1 ke1 = Client(password("guess")).ke1();
  const Record stand_in = fake_record(house.setup, house.id);
  const auto answer = [&](const Record* record) {
    return Server::respond(house.setup, record, house.id, house.names, house.context, ke1,
                           randomness)
        ->ke2();
  };
  EXPECT_EQ(answer(nullptr), answer(&stand_in));
}

TEST(OpaqueFake, AnswersForARecordThatIsDamaged) {
  House house;
  std::ranges::copy(no_element, house.record.begin());
  const auto randomness = ServerRandomness::fresh();
  const Ke1 ke1 = Client(password("hunter2")).ke1();
  const auto answer = [&](const Record* record) {
    return Server::respond(house.setup, record, house.id, house.names, house.context, ke1,
                           randomness)
        ->ke2();
  };
  EXPECT_EQ(answer(&house.record), answer(nullptr));
}

// Nobody outside can compute the KE3 that fits a fake. Even somebody who could, here
// with the server's own secrets, would not get in; the control is the same stand-in
// kept as somebody's record.
TEST(OpaqueFake, LetsNobodyInEvenWithTheKe3ThatWouldFit) {
  const House house;
  const auto randomness = ServerRandomness::fresh();
  const Ke1 ke1 = Client(password("guess")).ke1();
  const Record stand_in = fake_record(house.setup, house.id);
  const auto answer = [&](const Record* record) {
    return Server::respond(house.setup, record, house.id, house.names, house.context, ke1,
                           randomness)
        .value();
  };
  const auto without = answer(nullptr), control = answer(&stand_in);

  const auto keyshare =
      oprf::derive_key_pair(randomness.keyshare_seed, "OPAQUE-DeriveDiffieHellmanKeyPair");
  const auto client_keyshare = slice<oprf::Element>(ke1, 64);
  const auto client_key = slice<oprf::Element>(client_key_of(stand_in), 0);
  const auto shared = triple_dh({{keyshare.private_key.bytes(), client_keyshare},
                                 {house.setup.private_key.bytes(), client_keyshare},
                                 {keyshare.private_key.bytes(), client_key}});
  auto transcript =
      preamble(house.context, house.names.client, ke1, house.names.server, without.ke2());
  const auto keys = derive_keys(shared.value(), transcript);
  transcript.add(Bytes(without.ke2()).last(64));
  const auto ke3 =
      array_from<Ke3>(hmac_sha512(keys.client_mac_key.bytes(), {transcript.digest()}).bytes());

  EXPECT_TRUE(control.finish(ke3));
  EXPECT_FALSE(without.finish(ke3));
}

TEST(OpaqueRegistration, RefusesMalformedMessages) {
  const House house;
  const auto randomness = ClientRandomness::fresh();
  const auto request = registration_request(password("p"), randomness.blind);
  const auto response = registration_response(house.setup, house.id, request).value();
  const auto finish = [&](const RegistrationResponse& from) {
    return finish_registration(password("p"), randomness.blind, randomness.nonce, from,
                               stretch_none, house.names);
  };
  ASSERT_TRUE(finish(response));
  for (const auto& bad : {identity, no_element}) {
    EXPECT_FALSE(registration_response(house.setup, house.id, bad));
    for (const std::size_t at : {0u, 32u}) {
      auto changed = response;
      std::ranges::copy(bad, changed.begin() + std::ptrdiff_t(at));
      EXPECT_FALSE(finish(changed));
    }
  }
}

TEST(OpaqueRegistration, NeverMakesTheSameRecordTwice) {
  const House house;
  EXPECT_NE(enroll(house.setup, house.id, password("p"), stretch_none, house.names),
            enroll(house.setup, house.id, password("p"), stretch_none, house.names));
}

TEST(OpaqueRegistration, ABlindThatIsNoScalarIsAMistakeOfTheCaller) {
  std::array<std::uint8_t, 32> zero{}, beyond;
  beyond.fill(0xff);
  EXPECT_THROW(registration_request(password("p"), zero), std::invalid_argument);
  EXPECT_THROW(registration_request(password("p"), beyond), std::invalid_argument);
}

TEST(OpaqueServerSetup, ComesBackFromItsEncoding) {
  const auto setup = ServerSetup::generate();
  const auto again = ServerSetup::decode(setup.encode().bytes());
  ASSERT_TRUE(again);
  EXPECT_TRUE(equal(again->oprf_seed.bytes(), setup.oprf_seed.bytes()));
  EXPECT_TRUE(equal(again->private_key.bytes(), setup.private_key.bytes()));
  EXPECT_EQ(again->public_key, setup.public_key);
}

TEST(OpaqueServerSetup, RefusesEveryOtherLengthAndBadKeys) {
  const Secret encoded = ServerSetup::generate().encode();
  for (std::size_t size = 0; size < encoded.size(); ++size) {
    EXPECT_FALSE(ServerSetup::decode(encoded.bytes().first(size)));
  }
  ByteString longer(encoded.bytes().begin(), encoded.bytes().end());
  longer.push_back(0);
  EXPECT_FALSE(ServerSetup::decode(longer));
  ByteString zero_key(96), large_key(96, 0xff);
  EXPECT_FALSE(ServerSetup::decode(zero_key));
  EXPECT_FALSE(ServerSetup::decode(large_key));
}

}  // namespace
}  // namespace tasuki::crypto::opaque
