// The agent's access passwords on disk: OPAQUE material and one record per user in
// passwords.json, wrong tries in attempts.json. Both mode 0600, written whole.
#pragma once

#include "agent/attempts.h"
#include "inner/authentication.h"

#include <filesystem>
#include <functional>
#include <map>

namespace tasuki::agent {

class Passwords final : public inner::PasswordBook {
public:
  using Now = std::function<Attempts::Seconds()>;

  // Reads what is there. Throws config::FileError when it is missing or damaged.
  explicit Passwords(std::filesystem::path state, Now now = {});

  // A new file, with fresh material and no user.
  static void create(const std::filesystem::path& state);

  // Sets the password of `user` towards the agent's identity, and forgets wrong tries.
  void set(const std::string& user, const crypto::Secret& password, const crypto::AgentId& agent);

  bool has_any() const override { return !records_.empty(); }
  const crypto::opaque::ServerSetup& setup() const override { return setup_; }
  std::optional<Entry> attempt(const std::string& user) override;
  void succeeded(const std::string& user) override;

  // Which password the user has now: another after each change, zeros when there is none.
  // A session that was let in by one is not resumed after the next.
  crypto::Sha256 stamp(const std::string& user);

private:
  void load();
  void load_if_changed();
  void save() const;
  void save_attempts() const;

  const std::filesystem::path file_, attempts_file_;
  const Now now_;
  std::filesystem::file_time_type loaded_{};
  crypto::opaque::ServerSetup setup_;
  std::map<std::string, Entry> records_;
  std::map<std::string, Attempts> attempts_;
};

}  // namespace tasuki::agent
