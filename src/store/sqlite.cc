// The store in one SQLite file. The schema's history is `migrations`: a file that is
// older is brought up to date when it is opened, one that is newer is refused.
#include "store/database.h"
#include "store/store.h"

#include <array>
#include <chrono>
#include <thread>

namespace tasuki::store {
namespace {

// "Task": tells our files from other people's SQLite files.
constexpr std::int64_t application_id = 0x5461736b;

// The n-th one makes version n out of version n - 1. Never edit one that was released.
constexpr std::array migrations{
    R"(
    CREATE TABLE gateway_key (
      label TEXT NOT NULL PRIMARY KEY,
      name TEXT NOT NULL,
      record BLOB NOT NULL,             -- the OPAQUE record
      stretch_passes INTEGER NOT NULL,  -- Argon2id's; 0 and 0: none
      stretch_memory_kib INTEGER NOT NULL,
      created INTEGER NOT NULL,         -- seconds since 1970, as all times here
      revoked INTEGER NOT NULL          -- 0: in force
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE claim (
      label TEXT NOT NULL REFERENCES gateway_key (label),
      id TEXT NOT NULL,
      agent BLOB NOT NULL,
      claimed INTEGER NOT NULL,
      seen INTEGER NOT NULL,
      PRIMARY KEY (label, id)
    ) STRICT, WITHOUT ROWID;
    )",
};
constexpr auto newest_version = std::int64_t(migrations.size());

// While it lives, a commit returns only when it is on the disk. Otherwise the last
// commits may be lost in a power cut (the file stays sound): good enough for the time
// at which an agent was last seen, and it saves a disk flush at every registration.
class Durable {
public:
  explicit Durable(Database& database) : database_(database) {
    database_.run("PRAGMA synchronous = FULL");
  }
  Durable(const Durable&) = delete;
  Durable& operator=(const Durable&) = delete;
  ~Durable() {
    ::sqlite3_exec(database_.handle(), "PRAGMA synchronous = NORMAL", nullptr, nullptr, nullptr);
  }

private:
  Database& database_;
};

// Write-ahead logging lets `tasuki admin` read and write beside the gateway. The
// change needs the file for itself for a moment, for which SQLite does not wait.
void use_write_ahead_log(Database& database) {
  using namespace std::chrono_literals;
  for (int tries = 0; tries < 100; ++tries) {
    try {
      if (database.text("PRAGMA journal_mode = WAL") == "wal") return;
    } catch (const std::runtime_error&) {
      if ((::sqlite3_errcode(database.handle()) & 0xff) != SQLITE_BUSY) throw;
    }
    std::this_thread::sleep_for(50ms);
  }
  throw std::runtime_error(database.file() + ": another process holds it; try again");
}

std::int64_t version_of(Database& database) {
  // In this order, since another process may be making the schema at this moment.
  const bool empty = database.number("SELECT count(*) FROM sqlite_schema") == 0;
  const std::int64_t owner = database.number("PRAGMA application_id");
  const std::int64_t version = database.number("PRAGMA user_version");
  if (owner != application_id && !(empty && owner == 0))
    throw std::runtime_error(database.file() +
                             ": is a database, but not Tasuki's; "
                             "name another file or move this one away");
  if (version > newest_version)
    throw std::runtime_error(database.file() + ": was written by a newer Tasuki (version " +
                             std::to_string(version) + ", this one knows up to " +
                             std::to_string(newest_version) + "); update Tasuki");
  return version;
}

void migrate(Database& database) {
  if (version_of(database) == newest_version) return;
  const Durable durable(database);
  Transaction transaction(database);
  // Another process may have come first.
  for (std::int64_t version = version_of(database); version < newest_version; ++version)
    database.run(migrations[std::size_t(version)]);
  database.run(("PRAGMA application_id = " + std::to_string(application_id)).c_str());
  database.run(("PRAGMA user_version = " + std::to_string(newest_version)).c_str());
  transaction.commit();
}

Database open_database(const std::filesystem::path& file) {
  Database database(file);
  database.run(
      "PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL");
  version_of(database);  // before anything is written to a file that may not be ours
  use_write_ahead_log(database);
  migrate(database);
  if (database.text("PRAGMA quick_check(1)") != "ok") database.damaged("is damaged");
  return database;
}

class SqliteStore final : public Store {
public:
  explicit SqliteStore(const std::filesystem::path& file) : database_(open_database(file)) {}

  void add_key(const GatewayKey& key) override {
    const Durable durable(database_);
    add_key_
        .bind(key.label.text(), key.name, Bytes(key.record), std::int64_t(key.stretch.passes),
              std::int64_t(key.stretch.memory_kib), key.created, key.revoked)
        .run();
  }

  std::optional<GatewayKey> find_key(const control::KeyLabel& label) override {
    std::optional<GatewayKey> key;
    for (find_key_.bind(label.text()); find_key_.step();) key = read_key(find_key_);
    return key;
  }

  std::vector<GatewayKey> keys() override {
    std::vector<GatewayKey> keys;
    for (keys_.bind(); keys_.step();) keys.push_back(read_key(keys_));
    return keys;
  }

  bool revoke_key(const control::KeyLabel& label, Seconds now) override {
    const Durable durable(database_);
    revoke_key_.bind(now, label.text()).run();
    return database_.changes() > 0;
  }

  bool claim(const control::KeyLabel& label, const control::ComputerId& id,
             const crypto::AgentId& agent, Seconds now) override {
    confirm_.bind(now, label.text(), id.text(), Bytes(agent.bytes())).run();
    if (database_.changes() > 0) return true;
    const Durable durable(database_);
    claim_.bind(label.text(), id.text(), Bytes(agent.bytes()), now, now).run();
    return database_.changes() > 0;
  }

  bool release(const control::KeyLabel& label, const control::ComputerId& id) override {
    const Durable durable(database_);
    release_.bind(label.text(), id.text()).run();
    return database_.changes() > 0;
  }

  std::vector<Claim> claims() override {
    std::vector<Claim> claims;
    for (claims_.bind(); claims_.step();) claims.push_back(read_claim(claims_));
    return claims;
  }

private:
  // Somebody's hands were in the file if a row does not parse.
  template <typename T>
  T sound(std::optional<T> value) {
    if (!value) database_.damaged("holds a row that makes no sense");
    return *value;
  }

  template <std::size_t N>
  std::array<std::uint8_t, N> exactly(Bytes bytes) {
    if (bytes.size() != N) database_.damaged("holds a row that makes no sense");
    std::array<std::uint8_t, N> array;
    std::copy(bytes.begin(), bytes.end(), array.begin());
    return array;
  }

  GatewayKey read_key(const Statement& row) {
    return {.label = sound(control::KeyLabel::parse(row.text(0))),
            .name = row.text(1),
            .record = exactly<std::tuple_size_v<crypto::opaque::Record>>(row.bytes(2)),
            .stretch = {std::uint32_t(row.number(3)), std::uint32_t(row.number(4))},
            .created = row.number(5),
            .revoked = row.number(6)};
  }

  Claim read_claim(const Statement& row) {
    return {.label = sound(control::KeyLabel::parse(row.text(0))),
            .id = sound(control::ComputerId::parse(row.text(1))),
            .agent = crypto::AgentId(exactly<32>(row.bytes(2))),
            .claimed = row.number(3),
            .seen = row.number(4)};
  }

  Database database_;
  Statement add_key_{database_, "INSERT INTO gateway_key VALUES (?, ?, ?, ?, ?, ?, ?)"};
  Statement find_key_{database_, "SELECT * FROM gateway_key WHERE label = ?"};
  Statement keys_{database_, "SELECT * FROM gateway_key ORDER BY created, label"};
  Statement revoke_key_{database_,
                        "UPDATE gateway_key SET revoked = ? WHERE label = ? AND revoked = 0"};
  Statement confirm_{database_,
                     "UPDATE claim SET seen = ? WHERE label = ? AND id = ? AND agent = ?"};
  Statement claim_{database_, "INSERT INTO claim VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"};
  Statement release_{database_, "DELETE FROM claim WHERE label = ? AND id = ?"};
  Statement claims_{database_, "SELECT * FROM claim ORDER BY label, id"};
};

}  // namespace

std::unique_ptr<Store> open_sqlite(const std::filesystem::path& file) {
  return std::make_unique<SqliteStore>(file);
}

}  // namespace tasuki::store
