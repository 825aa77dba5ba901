#include "crypto/opaque_parts.h"

#include "crypto/sodium.h"

#include <algorithm>
#include <functional>
#include <new>
#include <stdexcept>

namespace tasuki::crypto::opaque {
namespace {

constexpr std::size_t hash_size = 64;
constexpr std::size_t seed_size = 32;

// Labels of the project's own, for what RFC 9807 leaves open. Each is appended to a
// credential identifier, as "OprfKey" is; no label ends in another, so that no two
// identifiers make the same input.
constexpr std::string_view fake_client_key_label = "Tasuki-FakeClientKey";
constexpr std::string_view fake_masking_key_label = "Tasuki-FakeMaskingKey";

Secret with_argon2id(Bytes input, Stretch stretch) {
  constexpr std::array<std::uint8_t, argon2id_salt> no_salt{};
  return argon2id(input, no_salt, stretch.passes, stretch.memory_kib);
}

// Expand-Label (6.4.2.1): TLS 1.3's structure, with a prefix of its own.
Secret expand_label(const Secret& secret, std::string_view label, Bytes context) {
  constexpr std::string_view prefix = "OPAQUE-";
  const std::array<std::uint8_t, 1> label_size{std::uint8_t(prefix.size() + label.size())};
  const std::array<std::uint8_t, 1> context_size{std::uint8_t(context.size())};
  return hkdf_expand(secret.bytes(),
                     {oprf::length_prefix(hash_size), label_size, as_bytes(prefix), as_bytes(label),
                      context_size, context},
                     hash_size);
}

}  // namespace

bool acceptable(Stretch stretch) {
  if (stretch == stretch_none) return true;
  return stretch.passes >= 1 && stretch.passes <= stretch_most.passes && stretch.memory_kib >= 8 &&
         stretch.memory_kib <= stretch_most.memory_kib;
}

Bytes client_key_of(const Record& record) {
  return Bytes(record).first(32);
}
Bytes masking_key_of(const Record& record) {
  return Bytes(record).subspan(32, 64);
}
Bytes envelope_of(const Record& record) {
  return Bytes(record).subspan(96);
}

Secret oprf_key(const ServerSetup& setup, Bytes credential_id) {
  const Secret seed =
      hkdf_expand(setup.oprf_seed.bytes(), {credential_id, as_bytes("OprfKey")}, seed_size);
  return oprf::derive_key_pair(seed.bytes(), "OPAQUE-DeriveKeyPair").private_key;
}

Record fake_record(const ServerSetup& setup, Bytes credential_id) {
  const auto derive = [&](std::string_view label) {
    return hkdf_expand(setup.oprf_seed.bytes(), {credential_id, as_bytes(label)}, hash_size);
  };
  // Not the public half of a pair, but an element whose private half nobody has.
  const auto client_key = oprf::element_from_uniform(derive(fake_client_key_label).bytes());
  const Envelope zeros{};
  Record record;
  concatenate(record, {client_key, derive(fake_masking_key_label).bytes(), zeros});
  return record;
}

std::optional<Secret> randomized_password(const Secret& password, Bytes blind,
                                          const oprf::Element& evaluated, Stretch stretch) {
  const auto output = oprf::finalize(password.bytes(), blind, evaluated);
  if (!output) return std::nullopt;
  const Secret stretched =
      stretch == stretch_none ? output->copy() : with_argon2id(output->bytes(), stretch);
  return hkdf_extract({}, {output->bytes(), stretched.bytes()});
}

Secret masking_key(const Secret& randomized_password) {
  return hkdf_expand(randomized_password.bytes(), {as_bytes("MaskingKey")}, hash_size);
}

MaskedResponse mask(Bytes masking_key, const Nonce& nonce, const MaskedResponse& response) {
  const Secret pad =
      hkdf_expand(masking_key, {nonce, as_bytes("CredentialResponsePad")}, response.size());
  MaskedResponse masked;
  std::ranges::transform(response, pad.bytes(), masked.begin(), std::bit_xor<>());
  return masked;
}

Opened open_envelope(const Secret& randomized_password, Bytes envelope_nonce,
                     const PublicKey& server, Identities identities) {
  const auto derive = [&](std::string_view label, std::size_t size) {
    return hkdf_expand(randomized_password.bytes(), {envelope_nonce, as_bytes(label)}, size);
  };
  const Secret auth_key = derive("AuthKey", hash_size);
  Opened opened{
      .client = oprf::derive_key_pair(derive("PrivateKey", seed_size).bytes(),
                                      "OPAQUE-DeriveDiffieHellmanKeyPair"),
      .export_key = derive("ExportKey", hash_size),
      .tag = {},
  };
  const Bytes server_identity = identity_or(identities.server, server);
  const Bytes client_identity = identity_or(identities.client, opened.client.public_key);
  opened.tag =
      hmac_sha512(auth_key.bytes(),
                  {envelope_nonce, server, oprf::length_prefix(server_identity.size()),
                   server_identity, oprf::length_prefix(client_identity.size()), client_identity});
  return opened;
}

Transcript preamble(Bytes context, Bytes client_identity, const Ke1& ke1, Bytes server_identity,
                    const Ke2& ke2) {
  Transcript transcript;
  transcript.add(as_bytes("OPAQUEv1-"));
  transcript.add(oprf::length_prefix(context.size()));
  transcript.add(context);
  transcript.add(oprf::length_prefix(client_identity.size()));
  transcript.add(client_identity);
  transcript.add(ke1);
  transcript.add(oprf::length_prefix(server_identity.size()));
  transcript.add(server_identity);
  transcript.add(Bytes(ke2).first(sizeof(Ke2) - hash_size));
  return transcript;
}

SessionKeys derive_keys(const Secret& shared, const Transcript& preamble) {
  const Sha512 hash = preamble.digest();
  const Secret key = hkdf_extract({}, {shared.bytes()});
  SessionKeys keys;
  keys.handshake_secret = expand_label(key, "HandshakeSecret", hash);
  keys.session_key = expand_label(key, "SessionKey", hash);
  keys.server_mac_key = expand_label(keys.handshake_secret, "ServerMAC", {});
  keys.client_mac_key = expand_label(keys.handshake_secret, "ClientMAC", {});
  return keys;
}

std::optional<Secret> triple_dh(std::initializer_list<Exchange> three) {
  Secret shared(three.size() * sizeof(oprf::Element));
  auto end = shared.buffer().begin();
  for (const auto& [scalar, element] : three) {
    auto result = oprf::multiply(scalar, element);
    if (!result) return std::nullopt;
    end = std::ranges::copy(*result, end).out;
    wipe(*result);
  }
  return shared;
}

void concatenate(Buffer to, Parts parts) {
  std::size_t total = 0;
  for (const Bytes part : parts) total += part.size();
  if (total != to.size()) throw std::logic_error("parts of another length than their whole");
  auto end = to.begin();
  for (const Bytes part : parts) end = std::ranges::copy(part, end).out;
}

}  // namespace tasuki::crypto::opaque
