// Which agent a Computer ID stands for: HOME/pins.json, one AgentID per realm, key
// label and Computer ID. Written only after that agent has proved that it knows the
// password, or by a person's explicit word.
#pragma once

#include "config/words.h"
#include "control/names.h"
#include "crypto/identity.h"

#include <filesystem>
#include <vector>

namespace tasuki::client {

struct Pin {
  std::string realm;
  std::string key_label;
  control::ComputerId computer;
  crypto::AgentId agent;
  std::int64_t since = 0;  // seconds since 1970
};

// Throws config::FileError when the file cannot be read or written or is damaged.
class Pins {
public:
  explicit Pins(std::filesystem::path home) : file_(home / "pins.json") {}

  std::vector<Pin> all() const;
  std::optional<crypto::AgentId> find(const std::string& realm, const std::string& key_label,
                                      const control::ComputerId& computer) const;
  void set(const Pin& pin);  // replaces
  bool remove(const std::string& realm, const std::string& key_label,
              const control::ComputerId& computer);

private:
  std::filesystem::path file_;
};

}  // namespace tasuki::client
