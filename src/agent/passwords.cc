#include "agent/passwords.h"

#include "config/files.h"

#include <nlohmann/json.hpp>

namespace tasuki::agent {
namespace {

using config::FileError;
using nlohmann::json;

constexpr std::size_t largest_file = 4 * 1024 * 1024;

Attempts::Seconds unix_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

FileError damaged(const std::filesystem::path& file) {
  return FileError(
      {file.string() + " is damaged. Restore it from a backup, or enroll this agent anew.",
       file.string() +
           " が壊れています。バックアップから戻すか、エージェントを登録し直してください。"});
}

json parse(const std::filesystem::path& file) {
  json parsed = json::parse(config::read_file(file, largest_file), nullptr, false);
  if (!parsed.is_object()) throw damaged(file);
  return parsed;
}

}  // namespace

Passwords::Passwords(std::filesystem::path state, Now now)
    : file_(state / "passwords.json"),
      attempts_file_(state / "attempts.json"),
      now_(now ? std::move(now) : unix_seconds) {
  load();
  if (!std::filesystem::exists(attempts_file_)) return;
  const json content = parse(attempts_file_);
  try {
    for (const auto& [user, kept] : content.items())
      attempts_[user] = {kept.at("failures"), kept.at("closed_until")};
  } catch (const json::exception&) {
    throw damaged(attempts_file_);
  }
}

void Passwords::create(const std::filesystem::path& state) {
  const auto setup = crypto::opaque::ServerSetup::generate();
  const json content = {{"setup", crypto::to_base64url(setup.encode().bytes())},
                        {"users", json::object()}};
  config::create_file(state / "passwords.json", as_bytes(content.dump(2) + "\n"));
}

void Passwords::load() {
  loaded_ = std::filesystem::exists(file_) ? std::filesystem::last_write_time(file_)
                                           : std::filesystem::file_time_type{};
  const json content = parse(file_);
  try {
    const auto encoded = crypto::from_base64url(content.at("setup").get<std::string>());
    auto setup = crypto::opaque::ServerSetup::decode(encoded.value_or(ByteString{}));
    if (!setup) throw damaged(file_);
    setup_ = std::move(*setup);
    records_.clear();
    for (const auto& [user, kept] : content.at("users").items()) {
      const auto record = crypto::from_base64url(kept.at("record").get<std::string>());
      Entry entry;
      if (!record || record->size() != entry.record.size()) throw damaged(file_);
      std::copy(record->begin(), record->end(), entry.record.begin());
      entry.stretch = {kept.at("passes"), kept.at("memory_kib")};
      if (!acceptable(entry.stretch)) throw damaged(file_);
      records_[user] = entry;
    }
  } catch (const json::exception&) {
    throw damaged(file_);
  }
}

// `tasuki agent password` is another process: what it sets holds from the next try on.
void Passwords::load_if_changed() {
  std::error_code gone;
  const auto written = std::filesystem::last_write_time(file_, gone);
  if (gone || written == loaded_) return;
  const auto before = records_;
  load();
  // A new password is a new beginning: whoever set it did not have to guess the old one.
  for (const auto& [user, entry] : records_) {
    const auto old = before.find(user);
    if (old == before.end() || old->second.record != entry.record) attempts_.erase(user);
  }
}

void Passwords::save() const {
  json users = json::object();
  for (const auto& [user, entry] : records_)
    users[user] = {{"record", crypto::to_base64url(entry.record)},
                   {"passes", entry.stretch.passes},
                   {"memory_kib", entry.stretch.memory_kib}};
  const json content = {{"setup", crypto::to_base64url(setup_.encode().bytes())}, {"users", users}};
  config::write_file(file_, as_bytes(content.dump(2) + "\n"));
}

void Passwords::save_attempts() const {
  json content = json::object();
  for (const auto& [user, attempts] : attempts_)
    content[user] = {{"failures", attempts.failures}, {"closed_until", attempts.closed_until}};
  // Whoever tries passwords can restart nothing, least of all the power.
  config::write_file(attempts_file_, as_bytes(content.dump(2) + "\n"), config::Mode::secret,
                     config::Survive::process);
}

void Passwords::set(const std::string& user, const crypto::Secret& password,
                    const crypto::AgentId& agent) {
  load_if_changed();
  const auto stretch = crypto::opaque::stretch_password;
  records_[user] = {crypto::opaque::enroll(setup_, inner::credential_id(user), password, stretch,
                                           inner::password_identities(user, agent)),
                    stretch};
  save();
}

std::optional<inner::PasswordBook::Entry> Passwords::attempt(const std::string& user) {
  load_if_changed();
  const auto record = records_.find(user);
  const bool known = record != records_.end();
  // Counted only for users that exist: names that somebody makes up would fill the disk.
  const bool taken = known && attempts_[user].arrive(now_());
  // On the disk before the answer leaves, or a restart would forgive it. Also where nothing
  // has changed: whoever waits for the answer must not learn from its delay that the name is
  // unknown, or that the door is closed.
  save_attempts();
  if (!taken) return std::nullopt;
  return record->second;
}

crypto::Sha256 Passwords::stamp(const std::string& user) {
  load_if_changed();
  const auto record = records_.find(user);
  return record == records_.end() ? crypto::Sha256{} : inner::password_stamp(record->second.record);
}

void Passwords::succeeded(const std::string& user) {
  attempts_.erase(user);
  save_attempts();
}

}  // namespace tasuki::agent
