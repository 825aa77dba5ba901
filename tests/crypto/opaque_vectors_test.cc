// Bit for bit what RFC 9497 and RFC 9807 print.
#include "crypto/hash.h"
#include "crypto/opaque_parts.h"
#include "crypto/oprf.h"

#include "hex.h"
#include "opaque_vectors.h"

#include <gtest/gtest.h>

namespace tasuki::crypto {
namespace {

using namespace opaque;
using Array32 = std::array<std::uint8_t, 32>;

Secret secret(std::string_view hex) {
  return Secret(from_hex(hex));
}
std::string hex(const Secret& value) {
  return to_hex(value.bytes());
}

ServerSetup setup_of(std::string_view oprf_seed, std::string_view private_key) {
  ByteString bytes = from_hex(oprf_seed);
  append(bytes, from_hex(private_key));
  return ServerSetup::decode(bytes).value();
}

// A vector's inputs, once decoded.
struct Inputs {
  explicit Inputs(const vectors::Real& v)
      : setup(setup_of(v.oprf_seed, v.server_private_key)),
        credential_id(from_hex(vectors::credential_id)),
        context(from_hex(vectors::context)),
        client_identity(from_hex(v.client_identity)),
        server_identity(from_hex(v.server_identity)) {}

  Identities identities() const { return {client_identity, server_identity}; }

  ServerSetup setup;
  ByteString credential_id, context, client_identity, server_identity;
};

class OprfVectors : public testing::TestWithParam<vectors::Oprf> {};
INSTANTIATE_TEST_SUITE_P(Rfc9497, OprfVectors, testing::ValuesIn(vectors::oprf));

TEST_P(OprfVectors, DeriveTheKeyPair) {
  const auto& v = GetParam();
  const auto info = from_hex(v.key_info);
  const auto pair = oprf::derive_key_pair(from_hex(v.seed), as_text(info));
  EXPECT_EQ(hex(pair.private_key), v.private_key);
  EXPECT_EQ(pair.public_key, oprf::public_key(pair.private_key.bytes()));
}

TEST_P(OprfVectors, AreReproducedStepByStep) {
  const auto& v = GetParam();
  const auto input = from_hex(v.input), blind = from_hex(v.blind);
  const auto blinded = oprf::blind(input, blind);
  ASSERT_TRUE(blinded);
  EXPECT_EQ(to_hex(*blinded), v.blinded);
  const auto evaluated = oprf::multiply(from_hex(v.private_key), *blinded);
  ASSERT_TRUE(evaluated);
  EXPECT_EQ(to_hex(*evaluated), v.evaluated);
  const auto output = oprf::finalize(input, blind, *evaluated);
  ASSERT_TRUE(output);
  EXPECT_EQ(hex(*output), v.output);
}

class OpaqueVectors : public testing::TestWithParam<vectors::Real> {};
INSTANTIATE_TEST_SUITE_P(Rfc9807, OpaqueVectors, testing::ValuesIn(vectors::real));

TEST_P(OpaqueVectors, ReproduceTheRegistration) {
  const auto& v = GetParam();
  const Inputs in(v);
  const Secret password = secret(v.password);
  const auto blind = array_from_hex<Array32>(v.blind_registration);
  EXPECT_EQ(to_hex(in.setup.public_key), v.server_public_key);
  EXPECT_EQ(hex(oprf_key(in.setup, in.credential_id)), v.oprf_key);

  const auto request = registration_request(password, blind);
  EXPECT_EQ(to_hex(request), v.registration_request);
  const auto response = registration_response(in.setup, in.credential_id, request);
  ASSERT_TRUE(response);
  EXPECT_EQ(to_hex(*response), v.registration_response);
  const auto result =
      finish_registration(password, blind, array_from_hex<Array32>(v.envelope_nonce), *response,
                          stretch_none, in.identities());
  ASSERT_TRUE(result);
  EXPECT_EQ(to_hex(result->record), v.registration_upload);
  EXPECT_EQ(hex(result->export_key), v.export_key);
}

TEST_P(OpaqueVectors, ReproduceTheLogin) {
  const auto& v = GetParam();
  const Inputs in(v);
  const auto record = array_from_hex<Record>(v.registration_upload);

  Client client(secret(v.password),
                {array_from_hex<Array32>(v.blind_login), array_from_hex<Array32>(v.client_nonce),
                 array_from_hex<Array32>(v.client_keyshare_seed)});
  EXPECT_EQ(to_hex(client.ke1()), v.ke1);
  const auto server = Server::respond(
      in.setup, &record, in.credential_id, in.identities(), in.context, client.ke1(),
      {array_from_hex<Array32>(v.masking_nonce), array_from_hex<Array32>(v.server_nonce),
       array_from_hex<Array32>(v.server_keyshare_seed)});
  ASSERT_TRUE(server);
  EXPECT_EQ(to_hex(server->ke2()), v.ke2);
  const auto finished = client.finish(server->ke2(), stretch_none, in.identities(), in.context);
  ASSERT_TRUE(finished);
  EXPECT_EQ(to_hex(finished->ke3), v.ke3);
  EXPECT_EQ(hex(finished->session_key), v.session_key);
  EXPECT_EQ(hex(finished->export_key), v.export_key);
  EXPECT_EQ(to_hex(finished->server), v.server_public_key);
  const auto session_key = server->finish(finished->ke3);
  ASSERT_TRUE(session_key);
  EXPECT_EQ(hex(*session_key), v.session_key);
}

TEST_P(OpaqueVectors, ReproduceTheKeysInBetween) {
  const auto& v = GetParam();
  const Inputs in(v);
  const auto ke1 = array_from_hex<Ke1>(v.ke1);
  const auto ke2 = array_from_hex<Ke2>(v.ke2);
  const auto record = array_from_hex<Record>(v.registration_upload);

  const auto randomized = randomized_password(secret(v.password), from_hex(v.blind_login),
                                              slice<oprf::Element>(ke2, 0), stretch_none);
  ASSERT_TRUE(randomized);
  EXPECT_EQ(hex(*randomized), v.randomized_password);
  EXPECT_EQ(hex(masking_key(*randomized)), to_hex(masking_key_of(record)));

  const auto keyshare =
      oprf::derive_key_pair(from_hex(v.server_keyshare_seed), "OPAQUE-DeriveDiffieHellmanKeyPair");
  const auto client_keyshare = slice<oprf::Element>(ke1, 64);
  const auto client_key = slice<oprf::Element>(client_key_of(record), 0);
  const auto shared = triple_dh({{keyshare.private_key.bytes(), client_keyshare},
                                 {in.setup.private_key.bytes(), client_keyshare},
                                 {keyshare.private_key.bytes(), client_key}});
  ASSERT_TRUE(shared);
  const auto keys =
      derive_keys(*shared, preamble(in.context, identity_or(in.client_identity, client_key), ke1,
                                    identity_or(in.server_identity, in.setup.public_key), ke2));
  EXPECT_EQ(hex(keys.handshake_secret), v.handshake_secret);
  EXPECT_EQ(hex(keys.server_mac_key), v.server_mac_key);
  EXPECT_EQ(hex(keys.client_mac_key), v.client_mac_key);
  EXPECT_EQ(hex(keys.session_key), v.session_key);
}

// The RFC's stand-in for a missing record, given as a record: its public key, its
// masking key and an envelope of zeros.
TEST(OpaqueFakeVector, IsReproduced) {
  const auto& v = vectors::fake;
  const auto setup = setup_of(v.oprf_seed, v.server_private_key);
  EXPECT_EQ(to_hex(setup.public_key), v.server_public_key);
  EXPECT_EQ(oprf::public_key(from_hex(v.client_private_key)),
            array_from_hex<oprf::Element>(v.client_public_key));
  Record stand_in;
  concatenate(stand_in, {from_hex(v.client_public_key), from_hex(v.masking_key), Envelope{}});

  const auto client_identity = from_hex(v.client_identity);
  const auto server_identity = from_hex(v.server_identity);
  const auto server = Server::respond(
      setup, &stand_in, from_hex(vectors::credential_id), {client_identity, server_identity},
      from_hex(vectors::context), array_from_hex<Ke1>(v.ke1),
      {array_from_hex<Array32>(v.masking_nonce), array_from_hex<Array32>(v.server_nonce),
       array_from_hex<Array32>(v.server_keyshare_seed)});
  ASSERT_TRUE(server);
  EXPECT_EQ(to_hex(server->ke2()), v.ke2);
}

}  // namespace
}  // namespace tasuki::crypto
