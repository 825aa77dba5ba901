// RFC 9807 in its own order: the registration (section 5), then a login (section
// 6) as its three messages go. The formulas behind them are in opaque_parts.cc.
#include "crypto/opaque.h"

#include "crypto/opaque_parts.h"

#include <algorithm>
#include <stdexcept>

namespace tasuki::crypto::opaque {
namespace {

// Where the fields lie in the messages.
constexpr std::size_t ke1_keyshare = 64;
constexpr std::size_t ke2_masking_nonce = 32, ke2_masked = 64, ke2_keyshare = 224, ke2_mac = 256;

oprf::KeyPair keyshare_from(Bytes seed) {
  return oprf::derive_key_pair(seed, "OPAQUE-DeriveDiffieHellmanKeyPair");
}

oprf::Element blinded(const Secret& password, Bytes blind) {
  const auto element = oprf::blind(password.bytes(), blind);
  if (!element) throw std::invalid_argument("the blind is no scalar");
  return *element;
}

std::array<std::uint8_t, 32> fresh_blind() {
  return slice<std::array<std::uint8_t, 32>>(oprf::random_scalar().bytes(), 0);
}

}  // namespace

// What both sides keep and draw.

ServerSetup ServerSetup::generate() {
  ServerSetup setup{.oprf_seed = Secret::random(64), .private_key = oprf::random_scalar()};
  setup.public_key = oprf::public_key(setup.private_key.bytes()).value();
  return setup;
}

std::optional<ServerSetup> ServerSetup::decode(Bytes bytes) {
  if (bytes.size() != 64 + 32) return std::nullopt;
  ServerSetup setup{.oprf_seed = Secret(bytes.first(64)), .private_key = Secret(bytes.last(32))};
  const auto public_key = oprf::public_key(setup.private_key.bytes());
  if (!public_key) return std::nullopt;
  setup.public_key = *public_key;
  return setup;
}

Secret ServerSetup::encode() const {
  Secret bytes(64 + 32);
  concatenate(bytes.buffer(), {oprf_seed.bytes(), private_key.bytes()});
  return bytes;
}

ClientRandomness ClientRandomness::fresh() {
  return {fresh_blind(), random_array<32>(), random_array<32>()};
}

ClientRandomness::~ClientRandomness() {
  wipe(blind);
  wipe(keyshare_seed);
}

ServerRandomness ServerRandomness::fresh() {
  return {random_array<32>(), random_array<32>(), random_array<32>()};
}

ServerRandomness::~ServerRandomness() {
  wipe(keyshare_seed);
}

// Registration.

Record enroll(const ServerSetup& setup, Bytes credential_id, const Secret& password,
              Stretch stretch, Identities identities) {
  if (!acceptable(stretch)) throw std::invalid_argument("a stretch that no client would accept");
  const auto randomness = ClientRandomness::fresh();
  const auto request = registration_request(password, randomness.blind);
  const auto response = registration_response(setup, credential_id, request).value();
  return finish_registration(password, randomness.blind, randomness.nonce, response, stretch,
                             identities)
      .value()
      .record;
}

RegistrationRequest registration_request(const Secret& password,
                                         const std::array<std::uint8_t, 32>& blind) {
  return blinded(password, blind);
}

std::optional<RegistrationResponse> registration_response(const ServerSetup& setup,
                                                          Bytes credential_id,
                                                          const RegistrationRequest& request) {
  const auto evaluated = oprf::multiply(oprf_key(setup, credential_id).bytes(), request);
  if (!evaluated) return std::nullopt;
  RegistrationResponse response;
  concatenate(response, {*evaluated, setup.public_key});
  return response;
}

std::optional<RegistrationResult> finish_registration(
    const Secret& password, const std::array<std::uint8_t, 32>& blind,
    const std::array<std::uint8_t, 32>& envelope_nonce, const RegistrationResponse& response,
    Stretch stretch, Identities identities) {
  const auto evaluated = slice<oprf::Element>(response, 0);
  const auto server = slice<PublicKey>(response, 32);
  if (!acceptable(stretch) || !oprf::is_element(server)) return std::nullopt;
  const auto randomized = randomized_password(password, blind, evaluated, stretch);
  if (!randomized) return std::nullopt;

  Opened opened = open_envelope(*randomized, envelope_nonce, server, identities);
  RegistrationResult result{.record = {}, .export_key = std::move(opened.export_key)};
  concatenate(result.record, {opened.client.public_key, masking_key(*randomized).bytes(),
                              envelope_nonce, opened.tag.bytes()});
  return result;
}

// Login, first message: the blinded password, a nonce, a fresh key.

Client::Client(Secret password, const ClientRandomness& randomness)
    : password_(std::move(password)), blind_(randomness.blind) {
  auto keyshare = keyshare_from(randomness.keyshare_seed);
  concatenate(ke1_, {blinded(password_, blind_.bytes()), randomness.nonce, keyshare.public_key});
  keyshare_ = std::move(keyshare.private_key);
}

// Login, second message: the password evaluated, the envelope under its mask, a
// fresh key, and proof of the server's own key.

std::optional<Server> Server::respond(const ServerSetup& setup, const Record* record,
                                      Bytes credential_id, Identities identities, Bytes context,
                                      const Ke1& ke1, const ServerRandomness& randomness) {
  // The fake is made whether or not it is needed: the same work for everybody.
  const Record fake = fake_record(setup, credential_id);
  const Record* used = record ? record : &fake;
  const bool sound = oprf::is_element(slice<oprf::Element>(client_key_of(*used), 0));
  if (!sound) used = &fake;

  const auto evaluated =
      oprf::multiply(oprf_key(setup, credential_id).bytes(), slice<oprf::Element>(ke1, 0));
  if (!evaluated) return std::nullopt;

  MaskedResponse response;
  concatenate(response, {setup.public_key, envelope_of(*used)});
  response = mask(masking_key_of(*used), randomness.masking_nonce, response);

  const auto keyshare = keyshare_from(randomness.keyshare_seed);
  const auto client_keyshare = slice<oprf::Element>(ke1, ke1_keyshare);
  const auto client_key = slice<oprf::Element>(client_key_of(*used), 0);
  const auto shared = triple_dh({{keyshare.private_key.bytes(), client_keyshare},
                                 {setup.private_key.bytes(), client_keyshare},
                                 {keyshare.private_key.bytes(), client_key}});
  if (!shared) return std::nullopt;

  Server server;
  concatenate(Buffer(server.ke2_).first(ke2_mac), {*evaluated, randomness.masking_nonce, response,
                                                   randomness.nonce, keyshare.public_key});
  auto transcript = preamble(context, identity_or(identities.client, client_key), ke1,
                             identity_or(identities.server, setup.public_key), server.ke2_);
  SessionKeys keys = derive_keys(*shared, transcript);
  const Secret mac = hmac_sha512(keys.server_mac_key.bytes(), {transcript.digest()});
  std::ranges::copy(mac.bytes(), server.ke2_.begin() + ke2_mac);

  transcript.add(mac.bytes());
  server.expected_ = hmac_sha512(keys.client_mac_key.bytes(), {transcript.digest()});
  server.session_key_ = std::move(keys.session_key);
  server.real_ = record != nullptr && sound;
  return server;
}

// Login, third message: the client opens the envelope, checks the server's proof
// and gives its own.

std::optional<Client::Finished> Client::finish(const Ke2& ke2, Stretch stretch,
                                               Identities identities, Bytes context) {
  // Moved out, so that they are wiped on every way out of here.
  const Secret password = std::move(password_), blind = std::move(blind_),
               keyshare = std::move(keyshare_);
  if (blind.empty() || !acceptable(stretch)) return std::nullopt;

  const auto randomized =
      randomized_password(password, blind.bytes(), slice<oprf::Element>(ke2, 0), stretch);
  if (!randomized) return std::nullopt;
  const auto response = mask(masking_key(*randomized).bytes(), slice<Nonce>(ke2, ke2_masking_nonce),
                             slice<MaskedResponse>(ke2, ke2_masked));
  const auto server = slice<PublicKey>(response, 0);
  const auto envelope = slice<Envelope>(response, 32);
  Opened opened = open_envelope(*randomized, Bytes(envelope).first(32), server, identities);
  if (!equal(opened.tag.bytes(), Bytes(envelope).subspan(32))) return std::nullopt;

  const auto server_keyshare = slice<oprf::Element>(ke2, ke2_keyshare);
  const auto shared = triple_dh({{keyshare.bytes(), server_keyshare},
                                 {keyshare.bytes(), server},
                                 {opened.client.private_key.bytes(), server_keyshare}});
  if (!shared) return std::nullopt;

  auto transcript = preamble(context, identity_or(identities.client, opened.client.public_key),
                             ke1_, identity_or(identities.server, server), ke2);
  SessionKeys keys = derive_keys(*shared, transcript);
  const Secret mac = hmac_sha512(keys.server_mac_key.bytes(), {transcript.digest()});
  if (!equal(mac.bytes(), Bytes(ke2).subspan(ke2_mac))) return std::nullopt;

  transcript.add(mac.bytes());
  const Secret proof = hmac_sha512(keys.client_mac_key.bytes(), {transcript.digest()});
  return Finished{.ke3 = slice<Ke3>(proof.bytes(), 0),
                  .session_key = std::move(keys.session_key),
                  .export_key = std::move(opened.export_key),
                  .server = server};
}

std::optional<Secret> Server::finish(const Ke3& ke3) const {
  const bool fits = equal(ke3, expected_.bytes());
  if (!(fits & real_)) return std::nullopt;
  return session_key_.copy();
}

}  // namespace tasuki::crypto::opaque
