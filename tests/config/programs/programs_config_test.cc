// The configuration files of gateway, agent and client as a whole.
#include "agent/config.h"
#include "client/config.h"
#include "config/check.h"
#include "gateway/config.h"

#include "../environment.h"
#include "../scratch.h"

namespace tasuki {
namespace {

using config::Findings;
using config::Language;
using config::Mistake;

const std::vector<config::Kind>& kinds() {
  static const std::vector<config::Kind> kinds{config::kind("gateway", &gateway::load_config),
                                               config::kind("agent", &agent::load_config),
                                               config::kind("client", &client::load_config)};
  return kinds;
}

std::vector<std::string> texts(const std::vector<Mistake>& mistakes,
                               Language language = Language::english) {
  std::vector<std::string> texts;
  for (const Mistake& mistake : mistakes) texts.push_back(mistake.text(language));
  return texts;
}

class ProgramsConfig : public testing::Test {
protected:
  std::string mistake(const std::string& content) {
    const auto found = check(content).mistakes;
    if (found.size() != 1) return std::to_string(found.size()) + " mistakes";
    return found[0].text(Language::english).substr(scratch_.path().string().size() + 1);
  }

  Findings check(const std::string& content, mode_t mode = 0600) {
    return config::check_file(scratch_.write("x.toml", content, mode), kinds());
  }

  Scratch scratch_;
};

TEST_F(ProgramsConfig, TheGatewaysPrintedDefaultsAreWithoutMistakeAndDefault) {
  for (const Language language : {Language::english, Language::japanese}) {
    const auto file = scratch_.write("gateway.toml", gateway::config_table().print({}, language));
    EXPECT_EQ(texts(config::check_file(file, kinds()).mistakes), std::vector<std::string>{});
    const auto loaded = gateway::load_config(file);
    EXPECT_EQ(loaded.value.listen, gateway::GatewayConfig().listen);
    EXPECT_EQ(loaded.value.limits.unauthenticated, 4096u);
    EXPECT_EQ(loaded.value.log.prefix, "GW");
    EXPECT_EQ(loaded.value.state, scratch_.path());
    EXPECT_EQ(loaded.value.admin_socket(), scratch_ / "admin.sock");
  }
}

TEST_F(ProgramsConfig, TheGatewaysExampleHoldsWhenItsCommentsAreTakenAway) {
  // Each "# key = value" of the printed file is true as it stands there.
  std::istringstream in(gateway::config_table().print({}, Language::english));
  std::string text;
  for (std::string line; std::getline(in, line);) {
    const bool example = line.starts_with("# ") && line.find(" = ") != std::string::npos;
    text += (example ? line.substr(2) : line) + "\n";
  }
  EXPECT_EQ(texts(check(text).mistakes), std::vector<std::string>{});
}

TEST_F(ProgramsConfig, TheAgentsAndTheClientsPrintedDefaultsAreWithoutMistake) {
  for (const Language language : {Language::english, Language::japanese}) {
    EXPECT_TRUE(check(agent::config_table().print({}, language)).mistakes.empty());
    EXPECT_TRUE(check(client::config_table().print({}, language)).mistakes.empty());
  }
}

TEST_F(ProgramsConfig, TheGatewayReadsAllItsKeys) {
  const auto file = scratch_.write("gateway.toml", R"(role = "gateway"
listen = ["0.0.0.0:3085", "[::1]:443"]
state = "state"
keepalive_seconds = 25
[limits]
handshake_seconds = 5
source_concurrent = 100
allow = ["192.0.2.0/24", "2001:db8::1"]
[log]
directory = "/var/log/tasuki"
prefix = "GX"
files = 3
level = "debug"
)");
  const auto loaded = gateway::load_config(file);
  ASSERT_TRUE(loaded.ok()) << loaded.mistakes[0].text(Language::english);
  const auto& value = loaded.value;
  EXPECT_EQ(value.listen.at(0).port(), 3085);
  EXPECT_TRUE(value.listen.at(1).address().is_loopback());
  EXPECT_EQ(value.state, scratch_ / "state");
  EXPECT_EQ(value.keepalive, std::chrono::seconds(25));
  EXPECT_EQ(value.limits.handshake, std::chrono::seconds(5));
  EXPECT_TRUE(value.limits.allow.at(0).contains(boost::asio::ip::make_address("192.0.2.200")));
  EXPECT_EQ(value.log.directory, "/var/log/tasuki");
  EXPECT_EQ(value.log.files, 3u);
  EXPECT_EQ(value.log.level, log::Level::debug);
}

TEST_F(ProgramsConfig, TheGatewayRefusesWhatCannotHold) {
  const std::string role = "role = \"gateway\"\n";
  EXPECT_EQ(
      mistake(role + "keepalive_seconds = 4"),
      "x.toml:2:21: keepalive_seconds: must be a whole number of seconds from 5 to 3600, not 4");
  EXPECT_EQ(mistake(role + "keepalive_seconds = 3601").substr(0, 32),
            "x.toml:2:21: keepalive_seconds: ");
  EXPECT_EQ(mistake(role + "listen = []").substr(0, 19), "x.toml:2:10: listen");
  EXPECT_EQ(mistake(role + "listen = [\"gw.example.com:443\"]").substr(0, 22),
            "x.toml:2:11: listen[0]");
  EXPECT_EQ(mistake(role + "listen = [\"0.0.0.0\"]").substr(0, 22), "x.toml:2:11: listen[0]");
  EXPECT_EQ(mistake(role + "listen = [\"0.0.0.0:443\", 443]").substr(0, 22),
            "x.toml:2:26: listen[1]");
  EXPECT_EQ(mistake(role + "[limits]\nallow = [\"192.0.2.1/24\"]"),
            "x.toml:3:10: limits.allow[0]: must be an IP address or block such as \"192.0.2.0/24\" "
            "or \"2001:db8::/32\", not \"192.0.2.1/24\"");
  EXPECT_EQ(
      mistake(role + "[log]\nlevel = \"loud\""),
      "x.toml:3:9: log.level: must be one of \"debug\", \"info\", \"warning\", \"error\", not "
      "\"loud\"");
  EXPECT_EQ(mistake(role + "[log]\nprefix = \"../GW\"").substr(0, 24), "x.toml:3:10: log.prefix:");
  EXPECT_EQ(mistake(role + "[log]\nfiles = 0").substr(0, 23), "x.toml:3:9: log.files: ");
}

TEST_F(ProgramsConfig, TheAgentReadsAllItsKeys) {
  const auto file = scratch_.write("agent.toml", R"(role = "agent"
[proxy]
url = "http://me@proxy.example:3128"
password_file = "proxy.password"
[targets.desktop]
address = "localhost:5901"
kind = "vnc"
[targets.db]
address = "db.office.example:5432"
[forward]
allow = ["10.1.0.0/16:8000-8999", "files.example:*"]
[limits]
sessions = 4
)");
  const auto loaded = agent::load_config(file);
  ASSERT_TRUE(loaded.ok()) << loaded.mistakes[0].text(Language::english);
  const auto& value = loaded.value;
  EXPECT_EQ(value.proxy.password_file, scratch_ / "proxy.password");
  EXPECT_EQ(value.targets.at("desktop").kind, agent::Target::Kind::vnc);
  EXPECT_EQ(value.targets.at("db").kind, agent::Target::Kind::tcp);
  EXPECT_EQ(value.targets.at("db").address.text(), "db.office.example:5432");
  EXPECT_TRUE(config::allows(value.forward.allow, "files.example", 22));
  EXPECT_FALSE(config::allows(value.forward.allow, "db.office.example", 5432));
  EXPECT_EQ(value.limits.sessions, 4u);
  EXPECT_EQ(value.log.prefix, "AG");
}

TEST_F(ProgramsConfig, TheAgentRefusesWhatCannotHold) {
  const std::string role = "role = \"agent\"\n";
  EXPECT_EQ(mistake(role + "[targets.desktop]\nkind = \"vnc\""),
            "x.toml:2:1: targets.desktop.address: is missing");
  EXPECT_EQ(mistake(role + "targets.x.address = \"a:1\"\ntargets.x.kind = \"telnet\""),
            "x.toml:3:18: targets.x.kind: must be one of \"vnc\", \"rdp\", \"ssh\", \"tcp\", not "
            "\"telnet\"");
  EXPECT_EQ(mistake(role + "[forward]\nallow = [\"*\"]").substr(0, 30),
            "x.toml:3:10: forward.allow[0]:");
  EXPECT_EQ(mistake(role + "[forwards]\nallow = []"),
            "x.toml:2:2: forwards: there is no such key; did you mean \"forward\"?");
}

TEST_F(ProgramsConfig, TheAgentListensOnNothingUnlessToldTo) {
  EXPECT_FALSE(
      agent::load_config(scratch_.write("a.toml", "role = \"agent\"")).value.direct.listen);
  const std::string direct = "role = \"agent\"\n[direct]\n";
  const auto off = agent::load_config(scratch_.write("a.toml", direct + "listen = \"\""));
  EXPECT_TRUE(off.ok());
  EXPECT_FALSE(off.value.direct.listen);

  const auto on = agent::load_config(scratch_.write(
      "a.toml", direct + "listen = \"[::]:3086\"\nannounce = false\nallow = [\"10.1.0.0/16\"]"));
  ASSERT_TRUE(on.ok());
  EXPECT_EQ(on.value.direct.listen->port(), 3086);
  EXPECT_FALSE(on.value.direct.announce);
  EXPECT_TRUE(on.value.direct.allow.at(0).contains(boost::asio::ip::make_address("10.1.2.3")));
}

TEST_F(ProgramsConfig, TheAgentRefusesToListenWhereItCannot) {
  const std::string direct = "role = \"agent\"\n[direct]\n";
  EXPECT_EQ(mistake(direct + "listen = \"pc1.lan:3086\""),
            "x.toml:3:10: direct.listen: must be an IP address and port of this machine such as "
            "\"[::]:3086\" or \"192.168.1.20:3086\", or empty, not \"pc1.lan:3086\"");
  EXPECT_EQ(mistake(direct + "listen = \"0.0.0.0\"").substr(0, 27), "x.toml:3:10: direct.listen:");
  EXPECT_EQ(mistake(direct + "listen = 3086").substr(0, 27), "x.toml:3:10: direct.listen:");
  EXPECT_EQ(mistake(direct + "allow = [\"10.0.0.1/8\"]").substr(0, 28),
            "x.toml:3:10: direct.allow[0]");
}

TEST_F(ProgramsConfig, TheClientKnowsAComputersAddressesWhateverTheCaseOfItsName) {
  const auto loaded = client::load_config(
      scratch_.write("c.toml",
                     "role = \"client\"\n[direct]\ndiscover = false\n[computers.PC1]\n"
                     "direct = [\"192.168.1.20:3086\", \"[fd00::20]:3086\"]\n"));
  ASSERT_TRUE(loaded.ok());
  EXPECT_FALSE(loaded.value.direct.discover);
  EXPECT_TRUE(client::ClientConfig().direct.discover);
  const auto known = loaded.value.direct_addresses(*control::ComputerId::parse("pc1"));
  ASSERT_EQ(known.size(), 2u);
  EXPECT_EQ(known[1].text(), "[fd00::20]:3086");
  EXPECT_TRUE(loaded.value.direct_addresses(*control::ComputerId::parse("pc2")).empty());
  EXPECT_EQ(
      mistake("role = \"client\"\n[computers.pc1]\ndirect = [\"192.168.1.20\"]").substr(0, 34),
      "x.toml:3:11: computers.pc1.direct[");
}

TEST_F(ProgramsConfig, AWrongProxyIsNotRepeatedSinceItMayHoldAPassword) {
  const std::string text = mistake("role = \"client\"\n[proxy]\nurl = \"htp://me:hunter2@proxy\"");
  EXPECT_EQ(text.substr(0, 22), "x.toml:3:7: proxy.url:");
  EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
}

TEST_F(ProgramsConfig, WarnsOfSecretsThatOthersCanRead) {
  scratch_.write("pw", "hunter2\n", 0644);
  const std::string file =
      "role = \"agent\"\n[proxy]\nurl = \"http://me@p:1\"\npassword_file = \"pw\"";
  auto findings = check(file);
  EXPECT_TRUE(findings.mistakes.empty());
  ASSERT_EQ(findings.warnings.size(), 1u);
  EXPECT_NE(findings.warnings[0].text(Language::english).find("proxy.password_file: "),
            std::string::npos);
  EXPECT_NE(findings.warnings[0].text(Language::english).find("chmod go="), std::string::npos);

  scratch_.write("pw", "hunter2\n", 0600);
  EXPECT_TRUE(check(file).warnings.empty());

  const std::string inside = "role = \"client\"\n[proxy]\nurl = \"http://me:hunter2@p:1\"";
  EXPECT_TRUE(check(inside, 0600).warnings.empty());
  findings = check(inside, 0644);
  ASSERT_EQ(findings.warnings.size(), 1u);
  EXPECT_EQ(findings.warnings[0].text(Language::english).find("hunter2"), std::string::npos);
}

TEST_F(ProgramsConfig, WarnsOfAStateThatOthersCanRead) {
  scratch_.write("leaf.key", "", 0640);
  scratch_.write("password.json", "", 0604);
  const auto gateway = check("role = \"gateway\"").warnings;
  ASSERT_EQ(gateway.size(), 1u);
  EXPECT_NE(gateway[0].text(Language::english).find("leaf.key"), std::string::npos);
  const auto agent = check("role = \"agent\"").warnings;
  ASSERT_EQ(agent.size(), 1u);
  EXPECT_NE(agent[0].text(Language::english).find("password.json"), std::string::npos);
}

TEST_F(ProgramsConfig, AFileThatDoesNotSayWhoseItIsGetsTheCure) {
  EXPECT_EQ(mistake("listen = []"),
            "x.toml:1:1: role: is missing; make role = \"gateway\", \"agent\" or \"client\" the "
            "first line");
  EXPECT_EQ(mistake("role = \"gatway\""),
            "x.toml:1:8: role: there is no such role; make role = \"gateway\", \"agent\" or "
            "\"client\" the first line");
  EXPECT_EQ(mistake("role = 5").substr(0, 18), "x.toml:1:8: role: ");
  EXPECT_EQ(mistake("role = ").substr(0, 9), "x.toml:1:");
  EXPECT_EQ(config::check_file(scratch_ / "missing.toml", kinds()).mistakes.size(), 1u);
}

TEST_F(ProgramsConfig, AgentTomlGivenToTheGatewayIsNoticed) {
  const auto file = scratch_.write("agent.toml", "role = \"agent\"\n");
  EXPECT_EQ(gateway::load_config(file).mistakes.at(0).key, "role");
}

TEST_F(ProgramsConfig, EveryKeyIsDocumentedInBothLanguages) {
  auto rows = gateway::config_table().document();
  for (auto& more : {agent::config_table().document(), client::config_table().document()})
    rows.insert(rows.end(), more.begin(), more.end());
  EXPECT_GT(rows.size(), 35u);
  for (const config::Row& row : rows) {
    EXPECT_FALSE(row.about.en.empty()) << row.key;
    EXPECT_FALSE(row.about.ja.empty()) << row.key;
    EXPECT_FALSE(row.type.en.empty()) << row.key;
    EXPECT_NE(row.about.en, row.about.ja) << row.key;
  }
}

TEST_F(ProgramsConfig, TheClientNeedsNoConfiguration) {
  EXPECT_TRUE(client::load_home_config(scratch_.path()).ok());
  scratch_.write("client.toml", "role = \"client\"\n[viewer]\nvnc = \"vncviewer\"\n");
  EXPECT_EQ(client::load_home_config(scratch_.path()).value.viewer.vnc, "vncviewer");
  scratch_.write("client.toml", "role = \"client\"\n[viewer]\nx11 = \"x\"\n");
  EXPECT_FALSE(client::load_home_config(scratch_.path()).ok());
}

TEST(ClientHome, IsWhereTheEnvironmentSays) {
  const Environment all({{"TASUKI_HOME", "/t"}, {"XDG_CONFIG_HOME", "/x"}, {"HOME", "/h"}});
  EXPECT_EQ(client::home_directory(), "/t");
  const Environment no_tasuki({{"TASUKI_HOME", nullptr}});
  EXPECT_EQ(client::home_directory(), "/x/tasuki");
  const Environment relative({{"XDG_CONFIG_HOME", "x"}});
  EXPECT_EQ(client::home_directory(), "/h/.config/tasuki");
  const Environment none({{"HOME", ""}});
  EXPECT_THROW(client::home_directory(), config::FileError);
}

}  // namespace
}  // namespace tasuki
