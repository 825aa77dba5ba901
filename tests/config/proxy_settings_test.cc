#include "config/proxy_settings.h"

#include "environment.h"
#include "scratch.h"

namespace tasuki::config {
namespace {

class ChoosingAProxy : public testing::Test {
protected:
  net::Proxy choose(const std::string& command_line, const std::string& url) {
    return choose_proxy(command_line, {url, password_file_}, {"gw.example.com", 443});
  }

  Scratch scratch_;
  std::filesystem::path password_file_;
  Environment clean_{{"TASUKI_PROXY_PASSWORD", nullptr},
                     {"HTTPS_PROXY", "http://env.example:1"},
                     {"https_proxy", nullptr},
                     {"ALL_PROXY", nullptr},
                     {"all_proxy", nullptr},
                     {"NO_PROXY", nullptr},
                     {"no_proxy", nullptr}};
};

TEST_F(ChoosingAProxy, TheCommandLineComesBeforeTheConfigurationBeforeTheEnvironment) {
  EXPECT_EQ(choose("http://cli.example:1", "http://file.example:1").address.host, "cli.example");
  EXPECT_EQ(choose("", "http://file.example:1").address.host, "file.example");
  EXPECT_EQ(choose("", "").address.host, "env.example");
  EXPECT_EQ(choose("", "none").kind, net::Proxy::Kind::none);
  EXPECT_EQ(choose("none", "http://file.example:1").kind, net::Proxy::Kind::none);
}

TEST_F(ChoosingAProxy, ThePasswordComesFromTheUrlBeforeTheFileBeforeTheEnvironment) {
  password_file_ = scratch_.write("pw", "from-file\n");
  const Environment variable({{"TASUKI_PROXY_PASSWORD", "from-environment"}});
  EXPECT_EQ(choose("", "http://me:from-url@p.example:1").password, "from-url");
  EXPECT_EQ(choose("", "http://me@p.example:1").password, "from-file");
  password_file_.clear();
  EXPECT_EQ(choose("", "http://me@p.example:1").password, "from-environment");
  EXPECT_EQ(choose("", "http://p.example:1").password, "");  // nobody's
}

TEST_F(ChoosingAProxy, TheFilesPasswordIsNotForAnotherProxy) {
  password_file_ = scratch_.write("pw", "from-file\n");
  EXPECT_EQ(choose("http://me@other.example:1", "http://me@p.example:1").password, "");
  EXPECT_EQ(choose("", "").password, "");
}

TEST_F(ChoosingAProxy, AMissingPasswordFileIsNamed) {
  password_file_ = scratch_ / "missing";
  EXPECT_THROW(choose("", "http://me@p.example:1"), FileError);
  EXPECT_THROW(choose("nonsense://", ""), std::invalid_argument);
}

}  // namespace
}  // namespace tasuki::config
