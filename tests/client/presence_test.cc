// Where the sessions of a person are found: in a directory of his own, and nowhere else.
#include "client/presence.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

namespace tasuki::client {
namespace {

namespace fs = std::filesystem;

class Present : public testing::Test {
protected:
  Present() {
    fs::remove_all(runtime);
    fs::create_directories(runtime);
    fs::permissions(runtime, fs::perms::owner_all);
    ::setenv("XDG_RUNTIME_DIR", runtime.c_str(), 1);
  }
  ~Present() override {
    ::unsetenv("XDG_RUNTIME_DIR");
    fs::remove_all(runtime);
  }

  const fs::path runtime =
      fs::temp_directory_path() / ("tasuki-presence-" + std::to_string(::getpid()));
  asio::io_context loop{1};
};

TEST_F(Present, ASessionIsFoundWhileItLives) {
  {
    const Presence presence(loop, [] { return nlohmann::json{{"computer", "pc"}}; });
    std::thread answering([this] { loop.run(); });
    const auto found = ask_everyone();
    loop.stop();
    answering.join();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].at("computer"), "pc");
  }
  EXPECT_TRUE(ask_everyone().empty());
}

// Root may have another person's environment, who may have put a link there.
TEST_F(Present, NothingIsTouchedWhereALinkLeads) {
  const fs::path elsewhere = runtime / "elsewhere";
  fs::create_directory(elsewhere);
  fs::permissions(elsewhere, fs::perms::owner_all | fs::perms::others_read);
  std::ofstream(elsewhere / "other.sock") << "not ours";
  fs::create_directory_symlink(elsewhere, runtime / "tasuki");
  EXPECT_THROW(Presence(loop, [] { return nlohmann::json(); }), std::system_error);
  EXPECT_TRUE(ask_everyone().empty());
  EXPECT_TRUE(fs::exists(elsewhere / "other.sock"));
  EXPECT_EQ(fs::status(elsewhere).permissions(), fs::perms::owner_all | fs::perms::others_read);
}

}  // namespace
}  // namespace tasuki::client
