#include "store/store.h"

#include "../config/scratch.h"

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tasuki::store {
namespace {

using control::ComputerId;
using control::KeyLabel;

KeyLabel label(const std::string& text) {
  return KeyLabel::parse(text).value();
}
ComputerId id(const std::string& text) {
  return ComputerId::parse(text).value();
}
crypto::AgentId agent(std::uint8_t seed) {
  return crypto::AgentId(crypto::sha256(Bytes(&seed, 1)));
}

GatewayKey key(const std::string& text, Seconds created = 1000) {
  GatewayKey key;
  key.label = label(text);
  key.name = "営業部 \"sales\"";
  key.record.fill(std::uint8_t(text.size()));
  key.stretch = crypto::opaque::stretch_password;
  key.created = created;
  return key;
}

void sql(const std::filesystem::path& file, const char* statements) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(handle, statements, nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(handle);
  sqlite3_close(handle);
}

std::string refusal(const std::filesystem::path& file) {
  try {
    open_sqlite(file);
    return "it was opened";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class StoreTest : public testing::Test {
protected:
  Scratch scratch_;
  std::filesystem::path file_ = scratch_ / "store.db";
};

TEST_F(StoreTest, KeepsAKeyWithAllItsFields) {
  const GatewayKey before = key("abc", 1234);
  open_sqlite(file_)->add_key(before);
  const auto after = open_sqlite(file_)->find_key(before.label);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->label, before.label);
  EXPECT_EQ(after->name, before.name);
  EXPECT_EQ(after->record, before.record);
  EXPECT_EQ(after->stretch, before.stretch);
  EXPECT_EQ(after->created, 1234);
  EXPECT_EQ(after->revoked, 0);
}

TEST_F(StoreTest, FindsNoKeyThatWasNotAdded) {
  EXPECT_FALSE(open_sqlite(file_)->find_key(label("abc")));
}

TEST_F(StoreTest, ListsKeysByCreation) {
  const auto store = open_sqlite(file_);
  store->add_key(key("second", 20));
  store->add_key(key("first", 10));
  const auto keys = store->keys();
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[0].label, label("first"));
}

TEST_F(StoreTest, RefusesTwoKeysOfOneLabel) {
  const auto store = open_sqlite(file_);
  store->add_key(key("abc"));
  EXPECT_THROW(store->add_key(key("abc")), std::runtime_error);
  EXPECT_EQ(store->keys().size(), 1u);
}

TEST_F(StoreTest, RevokesAKeyOnce) {
  const auto store = open_sqlite(file_);
  store->add_key(key("abc"));
  EXPECT_FALSE(store->revoke_key(label("other"), 50));
  EXPECT_TRUE(store->revoke_key(label("abc"), 50));
  EXPECT_FALSE(store->revoke_key(label("abc"), 60));
  EXPECT_EQ(store->find_key(label("abc"))->revoked, 50);
}

TEST_F(StoreTest, AComputerIdBelongsToTheAgentThatClaimedItFirst) {
  const auto store = open_sqlite(file_);
  store->add_key(key("abc"));
  EXPECT_TRUE(store->claim(label("abc"), id("office-pc"), agent(1), 100));
  EXPECT_TRUE(store->claim(label("abc"), id("Office-PC"), agent(1), 200));
  EXPECT_FALSE(store->claim(label("abc"), id("office-pc"), agent(2), 300));
  const auto claims = store->claims();
  ASSERT_EQ(claims.size(), 1u);
  EXPECT_EQ(claims[0].agent, agent(1));
  EXPECT_EQ(claims[0].claimed, 100);
  EXPECT_EQ(claims[0].seen, 200);
}

TEST_F(StoreTest, EachGatewayKeyHasItsOwnComputerIds) {
  const auto store = open_sqlite(file_);
  store->add_key(key("abc"));
  store->add_key(key("xyz"));
  EXPECT_TRUE(store->claim(label("xyz"), id("pc"), agent(1), 100));
  EXPECT_TRUE(store->claim(label("abc"), id("pc"), agent(2), 100));
  EXPECT_TRUE(store->claim(label("abc"), id("a-pc"), agent(2), 100));
  const auto claims = store->claims();
  ASSERT_EQ(claims.size(), 3u);
  EXPECT_EQ(claims[0].id, id("a-pc"));
  EXPECT_EQ(claims[2].label, label("xyz"));
}

TEST_F(StoreTest, AReleasedIdMayBeClaimedByAnother) {
  const auto store = open_sqlite(file_);
  store->add_key(key("abc"));
  store->claim(label("abc"), id("pc"), agent(1), 100);
  EXPECT_FALSE(store->release(label("abc"), id("other")));
  EXPECT_TRUE(store->release(label("abc"), id("pc")));
  EXPECT_TRUE(store->claim(label("abc"), id("pc"), agent(2), 200));
}

TEST_F(StoreTest, RefusesAClaimUnderAKeyThatNeverWas) {
  const auto store = open_sqlite(file_);
  EXPECT_THROW(store->claim(label("abc"), id("pc"), agent(1), 100), std::runtime_error);
}

TEST_F(StoreTest, IsForItsUserAlone) {
  const mode_t before = ::umask(0);
  const auto store = open_sqlite(file_);
  store->add_key(key("abc"));
  ::umask(before);
  for (const char* suffix : {"", "-wal", "-shm"})
    EXPECT_EQ(mode_of(file_.string() + suffix), 0600u) << suffix;
}

TEST_F(StoreTest, TwoHandlesSeeEachOthersChangesAtOnce) {
  const auto gateway = open_sqlite(file_);
  const auto admin = open_sqlite(file_);
  EXPECT_FALSE(gateway->find_key(label("abc")));
  admin->add_key(key("abc"));
  EXPECT_TRUE(gateway->find_key(label("abc")));
  EXPECT_TRUE(gateway->claim(label("abc"), id("pc"), agent(1), 100));
  EXPECT_FALSE(admin->claim(label("abc"), id("pc"), agent(2), 100));
}

TEST_F(StoreTest, ManyProcessesMakeAndFillItTogether) {
  constexpr int processes = 4;
  constexpr int keys = 25;
  std::vector<pid_t> children;
  for (int p = 0; p < processes; ++p) {
    const pid_t child = ::fork();
    if (child == 0) {
      int failed = 0;
      try {
        const auto store = open_sqlite(file_);
        for (int k = 0; k < keys; ++k)
          store->add_key(key("p" + std::to_string(p) + "k" + std::to_string(k)));
      } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        failed = 1;
      }
      ::_exit(failed);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(open_sqlite(file_)->keys().size(), std::size_t(processes * keys));
}

TEST_F(StoreTest, SaysThatAFileOfGarbageIsNoDatabase) {
  scratch_.write("store.db", std::string(10000, 'x'));
  const std::string why = refusal(file_);
  EXPECT_TRUE(mentions(why, file_.string())) << why;
  EXPECT_TRUE(mentions(why, "is not a database")) << why;
  EXPECT_TRUE(mentions(why, "put back a copy")) << why;
}

TEST_F(StoreTest, NoticesADamagedPage) {
  {
    const auto store = open_sqlite(file_);
    for (int i = 0; i < 200; ++i) store->add_key(key("k" + std::to_string(i)));
  }
  std::string bytes = content_of(file_);
  ASSERT_GT(bytes.size(), 16384u);
  for (std::size_t i = 8192; i < 12288; ++i) bytes[i] = char(0xaa);
  scratch_.write("store.db", bytes);
  const std::string why = refusal(file_);
  EXPECT_TRUE(mentions(why, "is damaged")) << why;
}

TEST_F(StoreTest, NoticesATruncatedFileOfAnyLength) {
  {
    const auto store = open_sqlite(file_);
    for (int i = 0; i < 50; ++i) store->add_key(key("k" + std::to_string(i)));
  }
  const std::string bytes = content_of(file_);
  for (std::size_t size = 1; size < bytes.size(); size += 997) {
    scratch_.write("store.db", bytes.substr(0, size));
    EXPECT_TRUE(mentions(refusal(file_), file_.string())) << size;
  }
}

TEST_F(StoreTest, NoticesARowThatMakesNoSense) {
  open_sqlite(file_)->add_key(key("abc"));
  sql(file_, "UPDATE gateway_key SET record = x'00'");
  try {
    open_sqlite(file_)->find_key(label("abc"));
    FAIL() << "took a short record";
  } catch (const std::runtime_error& error) {
    EXPECT_TRUE(mentions(error.what(), "makes no sense")) << error.what();
  }
}

TEST_F(StoreTest, RefusesAFileOfANewerTasukiAndLeavesItAlone) {
  open_sqlite(file_)->add_key(key("abc"));
  sql(file_, "PRAGMA user_version = 99");
  const std::string why = refusal(file_);
  EXPECT_TRUE(mentions(why, "newer Tasuki (version 99")) << why;
  EXPECT_TRUE(mentions(why, "update Tasuki")) << why;
  sql(file_, "PRAGMA user_version = 1");
  EXPECT_TRUE(open_sqlite(file_)->find_key(label("abc")));
}

TEST_F(StoreTest, RefusesSomebodyElsesDatabase) {
  sql(file_, "CREATE TABLE bookmarks (url TEXT)");
  EXPECT_TRUE(mentions(refusal(file_), "not Tasuki's"));
  sql(file_, "INSERT INTO bookmarks VALUES ('still here')");
}

TEST_F(StoreTest, MissesItsTables) {
  open_sqlite(file_);
  sql(file_, "DROP TABLE claim");
  EXPECT_TRUE(mentions(refusal(file_), "tables"));
}

TEST_F(StoreTest, SaysWhichDirectoryIsMissing) {
  const std::string why = refusal(scratch_ / "nowhere/store.db");
  EXPECT_TRUE(mentions(why, "nowhere/store.db")) << why;
  EXPECT_TRUE(mentions(why, "No such file or directory")) << why;
}

TEST_F(StoreTest, TellsWhoWaitsForALockThatIsNeverReleased) {
  const auto store = open_sqlite(file_);
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(file_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  try {
    store->add_key(key("abc"));
    FAIL() << "wrote past a lock";
  } catch (const std::runtime_error& error) {
    EXPECT_TRUE(mentions(error.what(), "another process holds it")) << error.what();
  }
  EXPECT_TRUE(store->keys().empty());  // reading goes on
  sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  store->add_key(key("abc"));
  EXPECT_EQ(store->keys().size(), 1u);
}

}  // namespace
}  // namespace tasuki::store
