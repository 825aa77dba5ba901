// The profiles a person has imported: HOME/profiles/NAME.tasuki, mode 0600.
//
// Several gateways and keys stand side by side: a profile is known by its realm and
// key label. A realm is known by its root: a profile that names a known realm with
// another root is refused, since it may come from someone else.
//
// Throws ProfileError, whose words name the cause and the cure. Several processes
// may work on the same home; each file is written whole. No threads.
#pragma once

#include "config/profile.h"
#include "config/words.h"

#include <optional>
#include <stdexcept>

namespace tasuki::client {

struct ProfileError : std::runtime_error {
  enum class Cause {
    bad_profile,       // what was to be added, or a kept file, is not a sound profile
    identity_changed,  // the realm is known with another root
    name_taken,        // by a profile of another realm or key
    bad_name,
    unknown,    // there is none of that name, or none at all
    ambiguous,  // there are several and none was named
    disk,
  };
  ProfileError(Cause why, config::Words text)
      : std::runtime_error(text.en), cause(why), words(std::move(text)) {}
  Cause cause;
  config::Words words;
};

class Profiles {
public:
  explicit Profiles(std::filesystem::path home) : home_(std::move(home)) {}

  struct Added {
    std::string name;
    bool replaced = false;  // the same realm and key label were there before
  };
  // `source` is a file's path or a link. Without a name, the realm becomes the name
  // (then realm-2 and so on for its further keys).
  Added add(const std::string& source, const std::string& name = {});

  struct Item {
    std::string name;
    std::variant<config::Profile, config::BadProfile> content;  // a damaged file stays listed
  };
  std::vector<Item> list() const;  // by name

  void remove(const std::string& name);

  // The profile of that name; without one, `preferred` (the configuration's), else
  // the only one there is.
  config::Profile find(const std::string& name, const std::string& preferred = {}) const;

private:
  std::filesystem::path directory() const { return home_ / "profiles"; }
  std::filesystem::path file(const std::string& name) const;
  void save(const std::string& name, const std::string& text) const;

  std::filesystem::path home_;
};

}  // namespace tasuki::client
