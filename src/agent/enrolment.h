// What an agent is: its state on disk, and how it comes to be.
//
//   agent.toml       what it connects its clients to; the only file meant for editing
//   profile.tasuki   how it finds its gateway (a secret)
//   identity.key     its private key (a secret)
//   identity.toml    its Computer ID
//   passwords.json   OPAQUE material and records (secret: whoever has it can guess)
//   attempts.json    wrong passwords so far
#pragma once

#include "config/password_rule.h"
#include "config/profile.h"
#include "control/names.h"
#include "crypto/identity.h"

#include <filesystem>

namespace tasuki::agent {

// Words name the cause and the cure.
struct EnrolmentError : std::runtime_error {
  enum class Cause { exists, bad_profile, bad_password, incomplete, damaged, disk };
  EnrolmentError(Cause why, config::Words text)
      : std::runtime_error(text.en), cause(why), words(std::move(text)) {}
  Cause cause;
  config::Words words;
};

// The user whose access password `enroll` sets.
inline constexpr std::string_view owner = "owner";

struct Identity {
  config::Profile profile;
  control::ComputerId computer;
  crypto::SigningKey key;
  ByteString certificate;  // self-signed around the key, made anew at each start

  crypto::AgentId id() const { return key.public_key().id(); }
};

// Makes the state: a new key, the profile, the password's record, agent.toml (with
// comments in that language). Refuses to overwrite. Does not speak to the gateway.
// `profile_text` is a profile's link or a profile file's whole text.
Identity enroll(const std::filesystem::path& state, const std::string& profile_text,
                const control::ComputerId& computer, const crypto::Secret& password,
                config::Strength strength, config::Language language);

// Undoes enroll(), when the gateway then refuses the Computer ID.
void forget(const std::filesystem::path& state);

Identity load_identity(const std::filesystem::path& state);

// Sets another password for `user`; the sessions that are open stay. A running agent
// takes it up at once.
void set_password(const std::filesystem::path& state, const std::string& user,
                  const crypto::Secret& password, config::Strength strength);

// /var/lib/tasuki/agent for root, else XDG_STATE_HOME/tasuki/agent.
std::filesystem::path default_state();

}  // namespace tasuki::agent
