// What `tasuki gateway init` and `tasuki admin key add` do, without a terminal.
//
// A gateway's state is one directory, for its user alone:
//
//   gateway.toml     how it runs; the only file meant for editing
//   identity.toml    who it is: realm, gateway id, addresses
//   root.pem         the realm's root certificate; its private key is elsewhere
//   leaf.pem, .key   what the gateway shows to peers; root-issued, 90 days
//   opaque.key       the long-term material behind every gateway key's record
//   store.db         gateway keys' records, claimed Computer IDs
//
// All functions throw SetupError, whose words name the cause and the cure. What
// they write is on the disk when they return. No threads.
#pragma once

#include "config/files.h"
#include "config/profile.h"
#include "crypto/opaque.h"
#include "net/address.h"

#include <array>
#include <filesystem>
#include <span>

namespace tasuki::gateway {

struct SetupError : std::runtime_error {
  enum class Cause {
    exists,       // there is a gateway in that directory already
    bad_request,  // an argument cannot be used
    bad_key,      // a chosen gateway key breaks the rule
    incomplete,   // a file of the state is missing
    damaged,      // a file of the state is not what it should be
    wrong_root,   // that private key is not the root's
    disk,         // reading or writing failed
  };
  SetupError(Cause why, config::Words text)
      : std::runtime_error(text.en), cause(why), words(std::move(text)) {}
  Cause cause;
  config::Words words;
};

using GatewayId = std::array<std::uint8_t, 16>;
inline constexpr unsigned leaf_days = 90;

struct InitRequest {
  std::filesystem::path state{};
  std::string realm{};                    // empty: the first address's host
  std::vector<net::Address> addresses{};  // where peers find it, preferred first; 1 to 16
  std::filesystem::path root_key_file{};  // empty: state/root-key.pem
  std::filesystem::path profile_file{};   // empty: state/REALM.tasuki
  config::Language language = config::Language::english;  // of gateway.toml's comments
};

struct InitResult {
  std::string realm;
  std::filesystem::path config_file;
  std::filesystem::path root_key_file;  // the operator is to move this away
  std::filesystem::path profile_file;
  control::KeyLabel label;
  std::string link;  // of the profile; a secret
};

// Makes a gateway's whole state, or nothing: what was begun is removed on failure.
InitResult init(const InitRequest& request);

// What a running gateway needs of its state.
struct GatewayMaterial {
  ByteString root;  // DER
  ByteString leaf;  // DER, issued by root
  crypto::SigningKey leaf_key;
  crypto::opaque::ServerSetup opaque;
  GatewayId gateway_id{};
  std::string realm;
  std::vector<net::Address> addresses;
  std::int64_t leaf_ends = 0;  // seconds since 1970; a leaf past its end still loads
};
GatewayMaterial load_material(const std::filesystem::path& state);

// A new leaf key and certificate, for the addresses given (none: the same as
// before). A running gateway uses them after its next start.
void renew_leaf(const std::filesystem::path& state, const std::filesystem::path& root_key_file,
                std::span<const net::Address> addresses = {});

struct AddedKey {
  control::KeyLabel label;
  crypto::Secret key;  // its text
};

// Adds a gateway key, chosen by a person or (nullopt) made of 128 random bits, to
// the store. A running gateway admits it at once. `name` is for people, at most 64
// characters.
AddedKey add_key(const std::filesystem::path& state, std::optional<crypto::Secret> chosen,
                 const std::string& name);

// "tk-" and 26 characters of base32, in groups.
crypto::Secret make_key();

// The profile that brings a peer to this gateway with this key, signed by its leaf.
// Without addresses, those of identity.toml. `link` is for pasting, `file` for saving.
struct MadeProfile {
  std::string link;
  std::string file;
};
MadeProfile make_profile(const GatewayMaterial& material, const control::KeyLabel& label,
                         const crypto::Secret& key, std::span<const net::Address> addresses = {});

}  // namespace tasuki::gateway
