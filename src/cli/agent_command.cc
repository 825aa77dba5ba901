// tasuki agent enroll, run, status, password.
#include "cli/agent_enroll.h"
#include "cli/catalogue.h"
#include "cli/client_side.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/outcome_network.h"
#include "cli/password.h"
#include "cli/session_view.h"
#include "cli/states.h"
#include "cli/times.h"

#include "agent/agent.h"
#include "agent/direct.h"

#include <nlohmann/json.hpp>

namespace tasuki::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using nlohmann::ordered_json;

Option state_option(fs::path& into) {
  return options::directory(
      "--state", into,
      {"The agent's directory. Default: /var/lib/tasuki/agent for root, else "
       "$XDG_STATE_HOME/tasuki/agent.",
       "エージェントのディレクトリ。既定値: root は /var/lib/tasuki/agent、他は "
       "$XDG_STATE_HOME/tasuki/agent"});
}

fs::path state_of(const fs::path& asked) {
  return fs::absolute(asked.empty() ? agent::default_state() : asked);
}

// ── enroll ──────────────────────────────────────────────────────────────────

Command enroll_command() {
  const auto asked = std::make_shared<Enrolment>();
  Option id = options::computer(asked->computer,
                                {"How people will call this computer: 1 to 31 of A-Z a-z 0-9 _ -.",
                                 "このコンピューターの呼び名（英数字と _ - の 1 ～ 31 文字）。"});
  id.name = "--id";
  id.value = "NAME";
  id.offers = Offers::nothing;
  Option profile =
      options::text("PROFILE", "PROFILE", asked->profile,
                    {"The gateway's profile: a file, or a link; - reads it from "
                     "standard input.",
                     "ゲートウェイのプロファイル（ファイルまたはリンク。- は標準入力）。"});
  profile.offers = Offers::files;
  return Command{
      .name = "enroll",
      .about = {"Make this computer reachable: its key, its name, its access password.",
                "このコンピューターを接続可能にします（鍵、名前、アクセスパスワードの設定）。"},
      .more =
          {"Asks twice for the access password that people will need, and registers the name at "
           "the gateway. If the gateway refuses, nothing is kept.",
           "接続時に必要なアクセスパスワードを 2 回尋ね、名前をゲートウェイに登録します。"
           "ゲートウェイに拒否された場合は何も保存しません。"},
      .operands = {options::needed(std::move(profile))},
      .options = {options::needed(std::move(id)), state_option(asked->state),
                  options::descriptor(
                      "--password-fd", asked->password_fd,
                      {"Read the access password from this file descriptor (one line).",
                       "アクセスパスワードをこのファイルディスクリプターから 1 行"
                       "読み込みます。"}),
                  options::flag("--weak-password", asked->weak_password,
                                {"Take a password that breaks the rule, at your own risk.",
                                 "規則を満たさないパスワードを自己責任で使います。"}),
                  options::proxy(asked->proxy)},
      .examples = {{"sudo tasuki agent enroll office.tasuki --id pc1",
                    {"This computer becomes pc1.", "このコンピューターを pc1 とします。"}},
                   {"sudo tasuki agent enroll office.tasuki --id pc1 --proxy "
                    "http://taro@proxy.example:8080",
                    {"Through a proxy that asks for a password; it is kept for the agent.",
                     "パスワードの必要なプロキシを経由します（エージェント用に保存されます）。"}}},
      .run = [asked](Console& console) {
        asked->state = state_of(asked->state);
        return enroll(*asked, console);
      }};
}

// ── run ─────────────────────────────────────────────────────────────────────

struct Running {
  fs::path state, config;
};

agent::AgentConfig read_config(const Running& asked, Console& console) {
  const fs::path state = state_of(asked.state);
  if (asked.config.empty()) require_agent(state);
  const fs::path file = asked.config.empty() ? state / "agent.toml" : asked.config;
  auto loaded = agent::load_config(file);
  judge(console, file, loaded.mistakes, loaded.warnings);
  if (!asked.state.empty()) loaded.value.state = state;
  require_agent(loaded.value.state);
  return std::move(loaded.value);
}

// Tells the person, once each, that the agent is registered, or that it takes long.
class Watch {
public:
  Watch(asio::io_context& loop, const agent::Agent& agent, Console& console)
      : timer_(loop), agent_(agent), console_(console) {
    look();
  }
  void stop() { timer_.cancel(); }

private:
  static constexpr std::chrono::milliseconds interval{200};
  static constexpr unsigned looks_before_worry = 25;  // 5 s

  void look() {
    const agent::Status status = agent_.status();
    if (!status.gateway.empty()) {
      console_.say(fill(say::agent_ready,
                        {place("computer", status.computer), place("gateway", status.gateway)}));
      Service::notify("STATUS=registered at " + status.gateway);
      return;
    }
    if (++looks_ == looks_before_worry && !status.trouble.empty())
      console_.warn(fill(say::not_registered_yet,
                         {{"why", registration_trouble(status.trouble, console_.about)}}));
    timer_.expires_after(interval);
    timer_.async_wait([this](ErrorCode cancelled) {
      if (!cancelled) look();
    });
  }

  asio::steady_timer timer_;
  const agent::Agent& agent_;
  Console& console_;
  unsigned looks_ = 0;
};

Exit run(const Running& asked, Console& console) {
  const agent::AgentConfig config = read_config(asked, console);
  console.about.at_agent = true;
  console.about.state = config.state.string();
  agent::Identity identity = agent::load_identity(config.state);
  console.about.computer = identity.computer.text();
  open_log(config.log);

  asio::io_context loop(1);
  agent::Agent agent(loop, config, std::move(identity));
  std::optional<Watch> watch;
  Service service(loop, [&] {
    watch->stop();
    agent.stop();
  });
  log::info("AGENT_STARTED", {{"id", console.about.computer}, {"version", TASUKI_VERSION}});
  try {
    agent.start([&](std::exception_ptr why) { service.finish(why); });
  } catch (const std::system_error& error) {  // of its control socket
    const Filling state = place("state", config.state.string());
    if (error.code() == std::errc::filename_too_long)
      throw Trouble(Exit::configuration, fill(say::state_too_deep, {state}));
    if (error.code() != std::errc::address_in_use) throw;
    throw Trouble(Exit::failure, fill(say::agent_runs_already, {state}));
  } catch (const agent::CannotListen& error) {
    throw Trouble(Exit::failure, fill(say::agent_cannot_listen,
                                      {place("at", error.at), place("why", error.code.message())}));
  }
  watch.emplace(loop, agent, console);
  Service::notify("READY=1");
  const Exit exit = service.run();
  log::info("AGENT_STOPPED");
  return exit;
}

Command run_command() {
  const auto asked = std::make_shared<Running>();
  return Command{
      .name = "run",
      .about = {"Keep this computer reachable until told to stop.",
                "停止を指示されるまで、このコンピューターを接続可能にします。"},
      .more = {"Keeps one connection to the gateway, and tries again by itself when it breaks. "
               "Opens no "
               "port unless [direct] in agent.toml says so. Everybody who is connected is shown by "
               "\"tasuki agent status\".",
               "ゲートウェイへの接続を一つ保ち、切れると自動的に再接続します。agent.toml の "
               "[direct] で許可しない限り、ポートは開きません。"
               "接続中の"
               "利用者は tasuki agent status で確認できます。"},
      .options = {state_option(asked->state),
                  options::file("--config", "FILE", asked->config,
                                {"Another configuration file than agent.toml in that directory.",
                                 "ディレクトリ内の agent.toml 以外の設定ファイル。"})},
      .examples = {{"sudo tasuki agent run",
                    {"The agent in /var/lib/tasuki/agent.",
                     "/var/lib/tasuki/agent のエージェントを実行します。"}}},
      .run = [asked](Console& console) { return run(*asked, console); }};
}

// ── status ──────────────────────────────────────────────────────────────────

struct Query {
  fs::path state;
  bool json = false;
};

void show_status(Console& console, const json& status) {
  const auto text = [&](const char* key) { return status.value(key, std::string()); };
  console.about.computer = text("id");
  console.print(text("id") + "  (" + text("realm") + ")\n");
  console.say(fill(say::agent_made_id, {place("agent", text("agent"))}));
  const Words standing =
      !text("gateway").empty() ? fill(say::status_registered, {place("gateway", text("gateway"))})
      : !text("trouble").empty()
          ? fill(say::status_not_registered,
                 {{"trouble", registration_trouble(text("trouble"), console.about)}})
          : fill(say::status_trying);
  console.print("  " + standing.in(console.language()) + "\n");
  if (!text("direct").empty()) console.say(fill(say::status_direct, {place("at", text("direct"))}));
  console.print("\n");

  const json sessions = status.value("sessions", json::array());
  if (sessions.empty()) return console.say(fill(say::status_no_sessions));
  Table table({{"CLIENT", "接続元"},
               {"MACHINE", "マシン名"},
               {"USER", "ユーザー"},
               {"SINCE", "開始"},
               {"THROUGH", "経由"},
               {"ROUND TRIP", "往復"},
               {"RESUMES", "再開"},
               {"CHANNELS", "チャネル"}});
  for (const json& each : sessions)
    table.add({each.value("client", ""), each.value("host", ""), each.value("user", ""),
               local_time(each.value("since", std::int64_t(0))), way_text(each, console.language()),
               round_trip_text(each), std::to_string(each.value("resumes", 0)),
               std::to_string(each.value("channels", json::array()).size())});
  console.show(table);
}

Exit status(const Query& asked, Console& console) {
  const fs::path state = state_of(asked.state);
  console.about.at_agent = true;
  console.about.state = state.string();
  require_agent(state);
  const Filling where = place("state", state.string());
  std::optional<std::string> answer;
  std::string trouble = "no JSON";
  try {
    answer = agent::ask_status(state);
  } catch (const std::runtime_error& error) {
    trouble = error.what();
    answer = "";
  }
  if (!answer) throw Trouble(Exit::failure, fill(say::no_agent_runs, {where}));
  const json parsed = json::parse(*answer, nullptr, false);
  if (!parsed.is_object())
    throw Trouble(Exit::failure,
                  fill(say::agent_does_not_answer, {where, place("detail", trouble)}));
  if (asked.json)
    console.print(parsed.dump(2) + "\n");
  else
    show_status(console, parsed);
  return Exit::done;
}

Command agent_status_command() {
  const auto asked = std::make_shared<Query>();
  return Command{.name = "status",
                 .about = {"Show whether the agent is registered, and who is connected.",
                           "エージェントの登録状態と、接続中の利用者を表示します。"},
                 .options = {state_option(asked->state), options::json(asked->json)},
                 .examples = {{"sudo tasuki agent status",
                               {"The agent in /var/lib/tasuki/agent.",
                                "/var/lib/tasuki/agent のエージェントの状態を表示します。"}}},
                 .run = [asked](Console& console) { return status(*asked, console); }};
}

// ── password ────────────────────────────────────────────────────────────────

struct NewPassword {
  fs::path state;
  std::string user{agent::owner};
  std::optional<int> password_fd;
  bool weak = false;
};

Exit change_password(const NewPassword& asked, Console& console) {
  const fs::path state = state_of(asked.state);
  require_agent(state);
  const agent::Identity identity = agent::load_identity(state);
  const auto strength = asked.weak ? config::Strength::waived : config::Strength::required;
  const crypto::Secret password = new_password(
      console, asked.password_fd, identity.computer.text(), [&](const crypto::Secret& typed) {
        return config::access_password_fault(typed, identity.profile.gateway_key, strength);
      });
  agent::set_password(state, asked.user, password, strength);
  console.say(fill(say::password_set));
  return Exit::done;
}

Command password_command() {
  const auto asked = std::make_shared<NewPassword>();
  return Command{
      .name = "password",
      .about = {"Set another access password.", "アクセスパスワードを変更します。"},
      .options = {state_option(asked->state), options::user(asked->user),
                  options::descriptor(
                      "--password-fd", asked->password_fd,
                      {"Read the new password from this file descriptor (one line).",
                       "新しいパスワードをこのファイルディスクリプターから 1 行"
                       "読み込みます。"}),
                  options::flag("--weak-password", asked->weak,
                                {"Take a password that breaks the rule, at your own risk.",
                                 "規則を満たさないパスワードを自己責任で使います。"})},
      .examples = {{"sudo tasuki agent password",
                    {"Asks twice for the new password.", "新しいパスワードを 2 回尋ねます。"}}},
      .run = [asked](Console& console) { return change_password(*asked, console); }};
}

}  // namespace

Command agent_command() {
  return Command{
      .name = "agent",
      .about = {"Make this computer reachable.", "このコンピューターを接続可能にします。"},
      .more = {"An agent runs on the computer that is to be reached, dials out to the gateway, and "
               "connects people to what its agent.toml allows.",
               "エージェントは接続されるコンピューターで動き、ゲートウェイに外向きに接続して、agent"
               ".toml で"
               "許可されたものに利用者をつなぎます。"},
      .examples = {{"sudo tasuki agent enroll office.tasuki --id pc1",
                    {"First, enroll this computer.", "まずこのコンピューターを登録します。"}},
                   {"sudo tasuki agent run",
                    {"Then keep it reachable.", "次に接続可能にします。"}}},
      .commands = {enroll_command(), run_command(), agent_status_command(), password_command()}};
}

}  // namespace tasuki::cli
