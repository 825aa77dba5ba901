// What a gateway keeps across restarts: gateway keys (as OPAQUE records) and who
// claimed which Computer ID. Live connections are not here: the gateway that has
// them is the sole truth for them.
//
// Several processes may have the same store open (the gateway and `tasuki admin`):
// each call is a transaction of its own. Not thread-safe within a process. Throws
// std::runtime_error with the path and the cause when the disk or the file fails.
#pragma once

#include "control/names.h"
#include "crypto/identity.h"
#include "crypto/opaque.h"

#include <filesystem>
#include <memory>
#include <vector>

namespace tasuki::store {

using Seconds = std::int64_t;  // since 1970, UTC

struct GatewayKey {
  control::KeyLabel label;
  std::string name;  // for people: "sales department"
  crypto::opaque::Record record{};
  crypto::opaque::Stretch stretch;
  Seconds created = 0;
  Seconds revoked = 0;  // 0: in force
};

// A Computer ID belongs to the key that first registered it under a gateway key.
struct Claim {
  control::KeyLabel label;
  control::ComputerId id;
  crypto::AgentId agent;
  Seconds claimed = 0;
  Seconds seen = 0;
};

class Store {
public:
  virtual ~Store() = default;

  virtual void add_key(const GatewayKey& key) = 0;
  virtual std::optional<GatewayKey> find_key(
      const control::KeyLabel& label) = 0;                                   // revoked ones too
  virtual std::vector<GatewayKey> keys() = 0;                                // by creation
  virtual bool revoke_key(const control::KeyLabel& label, Seconds now) = 0;  // false: none in force

  // Claims the ID for the agent, or confirms its claim. False: another agent has it.
  virtual bool claim(const control::KeyLabel& label, const control::ComputerId& id,
                     const crypto::AgentId& agent, Seconds now) = 0;
  virtual bool release(const control::KeyLabel& label, const control::ComputerId& id) = 0;
  virtual std::vector<Claim> claims() = 0;  // by label, then ID
};

// Opens or makes the SQLite file, mode 0600, in WAL mode.
std::unique_ptr<Store> open_sqlite(const std::filesystem::path& file);

}  // namespace tasuki::store
