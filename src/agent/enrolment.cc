#include "agent/enrolment.h"

#include "agent/config.h"
#include "agent/passwords.h"
#include "config/files.h"
#include "crypto/certificates.h"

#include <unistd.h>

namespace tasuki::agent {
namespace {

using config::FileError;
using config::Words;
using Cause = EnrolmentError::Cause;
namespace fs = std::filesystem;

constexpr std::size_t largest_file = 1024 * 1024;

const char* const files[] = {"agent.toml",    "profile.tasuki", "identity.key",
                             "identity.toml", "passwords.json", "attempts.json"};

[[noreturn]] void damaged(const fs::path& file) {
  throw EnrolmentError(
      Cause::damaged,
      {file.string() +
           " is damaged. Restore it from a backup, or remove the directory and enroll anew.",
       file.string() + " が壊れています。バックアップから戻すか、ディレクトリを削除して登録し直して"
                       "ください。"});
}

std::string read(const fs::path& file) {
  if (!fs::exists(file))
    throw EnrolmentError(
        Cause::incomplete,
        {"There is no agent in " + file.parent_path().string() + " (" + file.filename().string() +
             " is missing). Make one with: tasuki agent enroll PROFILE --id NAME",
         file.parent_path().string() + " にエージェントがありません（" + file.filename().string() +
             " がありません）。tasuki agent enroll PROFILE --id 名前 で登録してください。"});
  return config::read_file(file, largest_file);
}

config::Profile read_profile(const fs::path& file) {
  auto parsed = config::parse_profile(read(file));
  if (auto* profile = std::get_if<config::Profile>(&parsed)) return std::move(*profile);
  damaged(file);
}

// identity.toml holds one line that people may read; it is not for editing.
std::string identity_text(const control::ComputerId& computer, const crypto::AgentId& id) {
  return "# Who this agent is. Made by enrolment; not for editing.\ncomputer = \"" +
         computer.text() + "\"\nagent_id = \"" + id.text() + "\"\n";
}

control::ComputerId read_computer(const fs::path& file) {
  const std::string text = read(file);
  const std::string key = "\ncomputer = \"";
  const std::size_t begin = text.find(key);
  const std::size_t end = begin == text.npos ? text.npos : text.find('"', begin + key.size());
  if (end == text.npos) damaged(file);
  const auto computer = control::ComputerId::parse(
      std::string_view(text).substr(begin + key.size(), end - begin - key.size()));
  if (!computer) damaged(file);
  return *computer;
}

void check_password(const crypto::Secret& password, const crypto::Secret& gateway_key,
                    config::Strength strength) {
  if (auto fault = config::access_password_fault(password, gateway_key, strength))
    throw EnrolmentError(Cause::bad_password, *fault);
}

}  // namespace

Identity enroll(const fs::path& state, const std::string& profile_text,
                const control::ComputerId& computer, const crypto::Secret& password,
                config::Strength strength, config::Language language) {
  auto parsed = config::parse_profile(profile_text);
  if (const auto* bad = std::get_if<config::BadProfile>(&parsed))
    throw EnrolmentError(Cause::bad_profile, config::describe(*bad));
  auto& profile = std::get<config::Profile>(parsed);
  check_password(password, profile.gateway_key, strength);
  if (fs::exists(state / "identity.key"))
    throw EnrolmentError(
        Cause::exists,
        {"There is an agent in " + state.string() +
             " already. Choose another directory with --state, or remove this one first.",
         state.string() + " には既にエージェントがあります。--state "
                          "で別の場所を指定するか、先に削除してください。"});
  try {
    config::make_private_directory(state);
    crypto::SigningKey key = crypto::SigningKey::generate();
    const crypto::AgentId id = key.public_key().id();
    Passwords::create(state);
    Passwords(state).set(std::string(owner), password, id);
    config::write_file(state / "identity.toml", as_bytes(identity_text(computer, id)));
    if (!fs::exists(state / "agent.toml"))
      config::write_file(state / "agent.toml", as_bytes(config_table().print({}, language)),
                         config::Mode::shared);
    config::write_file(state / "profile.tasuki",
                       as_bytes(config::to_file(profile, config::plain_link(profile_text))));
    config::create_file(state / "identity.key", key.to_pem().bytes());  // last: now it exists
    ByteString certificate = crypto::self_signed(key, computer.text());
    return {std::move(profile), computer, std::move(key), std::move(certificate)};
  } catch (const FileError& error) {
    forget(state);
    throw EnrolmentError(Cause::disk, error.words);
  }
}

void forget(const fs::path& state) {
  std::error_code ignored;
  for (const char* file : files) fs::remove(state / file, ignored);
  fs::remove(state, ignored);  // unless somebody keeps other things there
}

Identity load_identity(const fs::path& state) {
  try {
    auto key = crypto::SigningKey::from_pem(as_bytes(read(state / "identity.key")));
    if (!key) damaged(state / "identity.key");
    const auto computer = read_computer(state / "identity.toml");
    ByteString certificate = crypto::self_signed(*key, computer.text());
    return {read_profile(state / "profile.tasuki"), computer, std::move(*key),
            std::move(certificate)};
  } catch (const FileError& error) {
    throw EnrolmentError(Cause::disk, error.words);
  }
}

void set_password(const fs::path& state, const std::string& user, const crypto::Secret& password,
                  config::Strength strength) {
  const Identity identity = load_identity(state);
  check_password(password, identity.profile.gateway_key, strength);
  try {
    Passwords passwords(state);
    passwords.set(user, password, identity.id());
    passwords.succeeded(user);  // whoever may set it has no need to wait
  } catch (const FileError& error) {
    throw EnrolmentError(Cause::disk, error.words);
  }
}

fs::path default_state() {
  if (::geteuid() == 0) return "/var/lib/tasuki/agent";
  if (const char* home = std::getenv("XDG_STATE_HOME"); home && *home)
    return fs::path(home) / "tasuki/agent";
  if (const char* home = std::getenv("HOME"); home && *home)
    return fs::path(home) / ".local/state/tasuki/agent";
  throw EnrolmentError(
      Cause::disk,
      {"Neither HOME nor XDG_STATE_HOME is set. Name a directory with --state.",
       "HOME も XDG_STATE_HOME も設定されていません。--state で場所を指定してください。"});
}

}  // namespace tasuki::agent
