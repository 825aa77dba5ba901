#include "cli/outcome.h"

#include "agent/enrolment.h"
#include "cli/outcome_network.h"
#include "cli/parse.h"
#include "client/client.h"
#include "client/desktop.h"
#include "client/profiles.h"
#include "config/files.h"
#include "gateway/setup.h"
#include "net/stream.h"

#include <gtest/gtest.h>

namespace tasuki::cli {
namespace {

using control::Refusal;

Circumstances about_pc1() {
  Circumstances about;
  about.computer = "pc1";
  about.target = "desktop";
  about.profile = "office";
  return about;
}

template <typename E>
Outcome explained(const E& thrown, const Circumstances& about = about_pc1()) {
  Outcome outcome = explain(std::make_exception_ptr(thrown), about);
  // Whatever it is: both languages, and nothing left to fill in.
  if (outcome.exit != Exit::interrupted) {
    EXPECT_FALSE(outcome.words.en.empty());
    EXPECT_FALSE(outcome.words.ja.empty());
  }
  EXPECT_EQ(outcome.words.en.find('{'), std::string::npos) << outcome.words.en;
  return outcome;
}

Circumstances in_session() {
  Circumstances about = about_pc1();
  about.in_session = true;
  return about;
}

crypto::AgentId agent_id(std::uint8_t fill) {
  crypto::Sha256 digest;
  digest.fill(fill);
  return crypto::AgentId(digest);
}

TEST(ExitStatus, OfEachKindOfTrouble) {
  using net::ReachError, net::StreamError;
  const Words words{"what; cure", "原因。対処"};
  EXPECT_EQ(explained(UsageError(words)).exit, Exit::usage);
  EXPECT_EQ(explained(Trouble(Exit::viewer, words)).exit, Exit::viewer);
  EXPECT_EQ(explained(Interrupted(2)).exit, Exit::interrupted);
  EXPECT_EQ(explained(config::FileError(words)).exit, Exit::configuration);

  using Profile = client::ProfileError;
  EXPECT_EQ(explained(Profile(Profile::Cause::unknown, words)).exit, Exit::configuration);
  EXPECT_EQ(explained(Profile(Profile::Cause::identity_changed, words)).exit, Exit::identity);
  using Setup = gateway::SetupError;
  EXPECT_EQ(explained(Setup(Setup::Cause::exists, words)).exit, Exit::configuration);
  EXPECT_EQ(explained(Setup(Setup::Cause::bad_key, words)).exit, Exit::usage);
  using Enrolment = agent::EnrolmentError;
  EXPECT_EQ(explained(Enrolment(Enrolment::Cause::damaged, words)).exit, Exit::configuration);
  EXPECT_EQ(explained(Enrolment(Enrolment::Cause::bad_password, words)).exit, Exit::usage);

  EXPECT_EQ(explained(ReachError(ReachError::Cause::refused, "x")).exit, Exit::not_reached);
  EXPECT_EQ(explained(std::system_error(make_error_code(StreamError::untrusted))).exit,
            Exit::not_reached);
  EXPECT_EQ(explained(control::RefusedByGateway({Refusal::gateway_key, 0})).exit, Exit::refused);
  EXPECT_EQ(explained(control::RefusedByGateway({Refusal::unavailable, 0})).exit,
            Exit::unavailable);
  EXPECT_EQ(explained(client::WrongPassword("")).exit, Exit::password);
  EXPECT_EQ(explained(client::Denied(inner::Denial::no_password, "")).exit, Exit::password);
  EXPECT_EQ(explained(inner::IdentityChanged(agent_id(1), agent_id(2))).exit, Exit::identity);
  EXPECT_EQ(explained(client::NoViewer(inner::TargetKind::vnc, {"a"})).exit, Exit::viewer);
  EXPECT_EQ(explained(peer::ChannelRefused(inner::ChannelError::not_allowed)).exit, Exit::target);
  EXPECT_EQ(explained(inner::SealError(inner::SealError::Cause::truncated, "")).exit, Exit::broken);
  EXPECT_EQ(explained(peer::SessionClosed(inner::CloseReason::ended_by_owner)).exit, Exit::broken);
  EXPECT_EQ(explained(std::runtime_error("odd")).exit, Exit::failure);
}

TEST(ExitStatus, IsNumberedAsTheContractSays) {
  const std::vector<int> numbers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 130};
  std::vector<int> listed;
  for (const ExitRow& row : exit_rows()) {
    listed.push_back(int(row.exit));
    EXPECT_FALSE(row.meaning.en.empty());
    EXPECT_FALSE(row.meaning.ja.empty());
  }
  EXPECT_EQ(listed, numbers);
}

TEST(ExitStatus, ABrokenConnectionIsTheGatewaysOrTheSessions) {
  const std::system_error reset(std::make_error_code(std::errc::connection_reset));
  EXPECT_EQ(explained(reset).exit, Exit::not_reached);
  const std::system_error late(std::make_error_code(std::errc::timed_out));
  EXPECT_NE(explained(late).words.en.find("firewall"), std::string::npos);
  EXPECT_EQ(explained(reset, in_session()).exit, Exit::broken);
  const boost::system::system_error of_boost(boost::asio::error::connection_reset);
  EXPECT_EQ(explained(of_boost).exit, Exit::not_reached);
  EXPECT_EQ(explained(of_boost, in_session()).exit, Exit::broken);
}

TEST(Reaching, SaysSomethingOfItsOwnForEachCause) {
  using Cause = net::ReachError::Cause;
  std::set<std::string> en, ja;
  const auto causes = {Cause::name_unknown,         Cause::refused,
                       Cause::unreachable,          Cause::timed_out,
                       Cause::proxy_unreachable,    Cause::proxy_needs_password,
                       Cause::proxy_wrong_password, Cause::proxy_forbids,
                       Cause::proxy_failed};
  for (const Cause cause : causes) {
    const Outcome outcome = explained(net::ReachError(cause, "gw:443 says no"));
    EXPECT_NE(outcome.words.en.find("gw:443"), std::string::npos);
    en.insert(outcome.words.en);
    ja.insert(outcome.words.ja);
  }
  EXPECT_EQ(en.size(), causes.size());
  EXPECT_EQ(ja.size(), causes.size());
}

TEST(Reaching, Names407ForHttpProxiesOnly) {
  using Cause = net::ReachError::Cause;
  for (const Cause cause : {Cause::proxy_needs_password, Cause::proxy_wrong_password}) {
    const Outcome http = explained(net::ReachError(cause, "proxy http://p:8080 asks"));
    EXPECT_NE(http.words.en.find("407"), std::string::npos);
    EXPECT_NE(http.words.ja.find("407"), std::string::npos);
    const Outcome socks = explained(net::ReachError(cause, "proxy socks5://p:1080 asks"));
    EXPECT_EQ(socks.words.en.find("407"), std::string::npos);
  }
}

TEST(RefusedByGateway, SaysSomethingOfItsOwnForEachReason) {
  std::set<std::string> en;
  std::size_t reasons = 0;
  for (std::uint8_t number = 1; known(Refusal(number)); ++number, ++reasons)
    en.insert(explained(control::RefusedByGateway({Refusal(number), 0})).words.en);
  EXPECT_EQ(en.size(), reasons);
}

TEST(RefusedByGateway, NamesTheSecondsToWait) {
  const Outcome busy = explained(control::RefusedByGateway({Refusal::busy, 37}));
  EXPECT_NE(busy.words.en.find("37 seconds"), std::string::npos);
  EXPECT_NE(busy.words.ja.find("37 秒"), std::string::npos);
}

TEST(RefusedByGateway, TellsAnAgentAnotherCureThanAClient) {
  Circumstances agent = about_pc1();
  agent.at_agent = true;
  agent.state = "/var/lib/tasuki/agent";
  const control::RefusedByGateway revoked({Refusal::revoked, 0});
  EXPECT_NE(explained(revoked).words.en.find("tasuki profile add"), std::string::npos);
  EXPECT_NE(explained(revoked, agent).words.en.find("/var/lib/tasuki/agent/profile.tasuki"),
            std::string::npos);
}

TEST(Registration, OfWhichAnAgentSpeaksByNameIsExplained) {
  const std::string revoked = control::RefusedByGateway({Refusal::revoked, 0}).what();
  EXPECT_NE(registration_trouble(revoked, about_pc1()).ja.find("失効"), std::string::npos);
  const Words other = registration_trouble("gw:443 refuses the connection", about_pc1());
  EXPECT_EQ(other.en.rfind("gw:443 refuses the connection. It goes on trying", 0), 0u);
}

TEST(IdentityChanged, ShowsBothAndTheCommandToAcceptIt) {
  const Outcome changed = explained(inner::IdentityChanged(agent_id(1), agent_id(2)));
  for (const std::string& text : {changed.words.en, changed.words.ja}) {
    EXPECT_NE(text.find(agent_id(1).text()), std::string::npos);
    EXPECT_NE(text.find("tasuki pin accept pc1 " + agent_id(2).text() + " --profile office"),
              std::string::npos);
  }
}

TEST(WrongPassword, WarnsOfTheLockOutThatShowsNoDifference) {
  const Outcome wrong = explained(client::WrongPassword("wrong password"));
  EXPECT_NE(wrong.words.en.find("15 minutes"), std::string::npos);
  EXPECT_NE(wrong.words.ja.find("15 分"), std::string::npos);
}

TEST(Denied, QuotesTheAdministratorWithoutControlCharacters) {
  const Outcome denied = explained(client::Denied(inner::Denial::policy, "not\n\x1b[31mtoday"));
  EXPECT_NE(denied.words.en.find("not  [31mtoday"), std::string::npos);
}

TEST(Unexpected, IsOneClearLine) {
  const Outcome odd = explained(std::runtime_error("first\nsecond"));
  EXPECT_EQ(odd.words.en.rfind("unexpected: first second", 0), 0u);
  EXPECT_EQ(odd.words.en.find('\n'), std::string::npos);
  EXPECT_EQ(explain(std::make_exception_ptr(42), {}).exit, Exit::failure);
}

TEST(Channel, HasWordsForEachError) {
  std::set<std::string> en;
  for (std::uint8_t number = 1; known(inner::ChannelError(number)); ++number) {
    const Words words = explain(inner::ChannelError(number), about_pc1());
    EXPECT_FALSE(words.ja.empty());
    en.insert(words.en);
  }
  EXPECT_GE(en.size(), 6u);
}

TEST(Cure, IsAddedToACauseThatHasNone) {
  EXPECT_NE(with_cure({"x: cannot be read", "x: 読めません"}).en.find("Check that"),
            std::string::npos);
  EXPECT_EQ(with_cure({"x: is odd; do this", "変です。こうしてください"}).en, "x: is odd; do this");
}

}  // namespace
}  // namespace tasuki::cli
