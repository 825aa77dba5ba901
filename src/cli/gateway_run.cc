// tasuki gateway run, upgrade.
#include "cli/catalogue.h"
#include "cli/client_side.h"
#include "cli/gateway.h"
#include "cli/options.h"
#include "cli/outcome.h"
#include "cli/states.h"
#include "cli/times.h"
#include "config/forms.h"
#include "crypto/certificates.h"
#include "gateway/admin.h"
#include "gateway/predecessor.h"
#include "gateway/upgrade.h"

#include <cstdlib>
#include <nlohmann/json.hpp>

namespace tasuki::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// ── run ─────────────────────────────────────────────────────────────────────

struct Running {
  fs::path state, config;
  std::vector<tcp::endpoint> listen;
};

gateway::GatewayConfig read_config(const Running& asked, Console& console) {
  const fs::path state = asked.state.empty() ? default_gateway_state() : asked.state;
  if (asked.config.empty()) require_gateway(state);
  const fs::path file = asked.config.empty() ? state / "gateway.toml" : asked.config;
  auto loaded = gateway::load_config(file);
  judge(console, file, loaded.mistakes, loaded.warnings);
  if (!asked.state.empty()) loaded.value.state = fs::absolute(asked.state);
  require_gateway(loaded.value.state);
  if (!asked.listen.empty()) loaded.value.listen = asked.listen;
  return std::move(loaded.value);
}

std::string text(const tcp::endpoint& at) {
  return net::Address{at.address().to_string(), at.port()}.text();
}

[[noreturn]] void cannot_listen(const gateway::GatewayConfig& config, const std::error_code& why) {
  std::string wanted;
  for (const tcp::endpoint& each : config.listen)
    wanted += (wanted.empty() ? "" : ", ") + text(each);
  const Filling endpoint = place("endpoint", wanted);
  if (why == std::errc::address_in_use)
    throw Trouble(Exit::failure, fill(say::port_in_use, {endpoint}));
  if (why == std::errc::permission_denied)
    throw Trouble(Exit::failure, fill(say::port_forbidden, {endpoint}));
  if (why == std::errc::address_not_available)
    throw Trouble(Exit::failure, fill(say::address_not_here, {endpoint}));
  throw Trouble(Exit::failure,
                fill(say::cannot_listen, {endpoint, place("detail", why.message())}));
}

void start(gateway::Gateway& gateway, const gateway::GatewayConfig& config,
           std::vector<net::Descriptor> listeners) {
  try {
    if (!listeners.empty()) gateway.adopt(std::move(listeners));
    gateway.start();
  } catch (const std::system_error& error) {
    cannot_listen(config, error.code());
  } catch (const boost::system::system_error& error) {
    cannot_listen(config, error.code());
  }
}

// A socket that a living gateway answers on is not taken from it.
std::unique_ptr<gateway::AdminSocket> admin_socket(asio::io_context& loop,
                                                   gateway::Gateway& gateway,
                                                   const gateway::GatewayConfig& config,
                                                   gateway::AdminSocket::Requests requests) {
  std::error_code why;
  try {
    return std::make_unique<gateway::AdminSocket>(loop, gateway, config.admin_socket(),
                                                  std::move(requests));
  } catch (const std::system_error& error) {
    why = error.code();
  } catch (const boost::system::system_error& error) {
    why = error.code();
  }
  if (why == std::errc::address_in_use)
    throw Trouble(Exit::failure,
                  fill(say::gateway_runs_already, {place("state", config.state.string())}));
  throw Trouble(Exit::failure,
                fill(say::cannot_listen, {place("endpoint", config.admin_socket().string()),
                                          place("detail", why.message())}));
}

// A certificate that ends in the middle of a night is renewed the week before.
void warn_of_the_end(const gateway::GatewayMaterial& material, Console& console) {
  constexpr std::int64_t notice = 14 * 24 * 3600;  // seconds
  const auto facts = crypto::facts(material.leaf);
  if (!facts || facts->not_after - unix_now() > notice) return;
  const std::string time = local_time(facts->not_after);
  log::warning("CERTIFICATE_ENDS", {{"at", time}});
  console.warn(fill(say::leaf_ends, {place("time", time)}));
}

// How we came to be, and come to be replaced.
struct Origin {
  net::CommandLine command;
  std::vector<net::Descriptor> listeners;
  std::shared_ptr<gateway::Predecessor> predecessor;  // empty: nobody was here before
};

// Another process is the gateway now. Whoever watches us watches that one from here on.
void announce(pid_t successor) {
  Service::notify("MAINPID=" + std::to_string(successor) + "\nREADY=1");
  ::unsetenv("NOTIFY_SOCKET");
}

// Everything in place, then ready, then until somebody says stop.
Exit serve(const Running& asked, Console& console, asio::io_context& loop, Origin origin) {
  gateway::GatewayConfig config = read_config(asked, console);
  console.about.state = config.state.string();
  gateway::GatewayMaterial material = gateway::load_material(config.state);
  config.log.new_file = origin.predecessor != nullptr;
  open_log(config.log);
  warn_of_the_end(material, console);
  const auto store = store::open_sqlite(config.state / "store.db");

  gateway::Gateway gateway(loop, config, std::move(material), *store);
  if (origin.predecessor) {
    if (!origin.predecessor->ready_and_told_to_go())
      throw Trouble(Exit::failure, fill(say::not_our_turn));
    gateway.follow(origin.predecessor);
  }
  std::unique_ptr<gateway::AdminSocket> admin;
  Service service(loop, [&] {
    admin.reset();
    gateway.stop();
  });
  const auto end = [&] { service.finish(nullptr); };
  std::shared_ptr<gateway::Upgrade> upgrade;
  const auto take_admin_socket = [&] {
    admin = admin_socket(loop, gateway, config,
                         {end, [&](std::chrono::seconds limit) { return upgrade->run(limit); }});
  };
  upgrade = std::make_shared<gateway::Upgrade>(
      loop, gateway, origin.command,
      gateway::Upgrade::Owner{[&] { admin.reset(); }, take_admin_socket, announce, end});
  take_admin_socket();
  start(gateway, config, std::move(origin.listeners));
  if (origin.predecessor) origin.predecessor->serving(TASUKI_VERSION);

  std::string at;
  for (const tcp::endpoint& each : gateway.listening()) at += (at.empty() ? "" : ", ") + text(each);
  log::info("GATEWAY_READY", {{"listen", at}, {"version", TASUKI_VERSION}});
  console.say(fill(say::gateway_ready, {place("addresses", at)}));
  Service::notify("READY=1\nSTATUS=ready at " + at);
  const Exit exit = service.run();
  log::info("GATEWAY_STOPPED");
  return exit;
}

Exit run(const Running& asked, Console& console) {
  Origin origin{net::how_we_were_started(), {}, nullptr};
  net::Inherited inherited = net::take_inherited();
  origin.listeners = std::move(inherited.listeners);
  asio::io_context loop(1);
  if (inherited.channel)
    origin.predecessor =
        std::make_shared<gateway::Predecessor>(loop, std::move(*inherited.channel));
  const auto predecessor = origin.predecessor;
  try {
    return serve(asked, console, loop, std::move(origin));
  } catch (...) {
    // Whoever asked for us reads it there.
    if (predecessor) predecessor->failed(explain(std::current_exception(), console.about).words);
    throw;
  }
}

}  // namespace

Command gateway_run_command() {
  const auto asked = std::make_shared<Running>();
  Option listen{
      .name = "--listen",
      .value = "ADDRESS:PORT",
      .about = {"Listen here instead of where gateway.toml says. May be given several times.",
                "gateway.toml の代わりに、ここで待ち受けます。複数指定できます。"},
      .many = true};
  listen.take = [asked](const std::string& typed) -> std::optional<Words> {
    const auto endpoint = config::parse_endpoint(typed);
    if (!endpoint)
      return Words{
          "it has to be an IP address of this machine and a port, such as [::]:443 or "
          "0.0.0.0:8443",
          "[::]:443 や 0.0.0.0:8443 のような、このマシンの IP アドレスとポートにしてください"};
    asked->listen.push_back(*endpoint);
    return std::nullopt;
  };
  return Command{
      .name = "run",
      .about = {"Run the gateway until it is told to stop.",
                "停止を指示されるまでゲートウェイを実行します。"},
      .more =
          {"Serves one port, 443 by default. Under systemd it says when it is ready, and logs to "
           "the journal.",
           "一つのポート（既定では 443）で動作します。systemd "
           "の下では準備完了を通知し、ジャーナルに"
           "記録します。"},
      .options = {options::directory("--state", asked->state,
                                     {"The gateway's directory, as given to gateway init.",
                                      "gateway init で指定したゲートウェイのディレクトリ。"}),
                  options::file("--config", "FILE", asked->config,
                                {"Another configuration file than gateway.toml in that directory.",
                                 "ディレクトリ内の gateway.toml 以外の設定ファイル。"}),
                  std::move(listen)},
      .examples = {{"sudo tasuki gateway run",
                    {"The gateway in /var/lib/tasuki/gateway.",
                     "/var/lib/tasuki/gateway のゲートウェイを実行します。"}},
                   {"tasuki gateway run --state ./gw --listen [::]:8443",
                    {"Another directory, and a port that needs no root.",
                     "別のディレクトリと、root 権限の要らないポートを使います。"}}},
      .run = [asked](Console& console) { return run(*asked, console); }};
}

// ── upgrade ─────────────────────────────────────────────────────────────────

namespace {

// The new process has 30 s to be ready, and some to take over.
constexpr std::chrono::seconds upgrade_limit{60};

struct Upgrading {
  fs::path state;
  unsigned limit = 300;  // seconds
};

Exit upgrade(const Upgrading& asked, Console& console) {
  const fs::path state = asked.state.empty() ? default_gateway_state() : fs::absolute(asked.state);
  require_gateway(state);
  const auto answer =
      ask_gateway(state, {{"op", "upgrade"}, {"limit", asked.limit}}, upgrade_limit);
  if (!answer)
    throw Trouble(Exit::failure, fill(say::no_gateway_runs, {place("state", state.string())}));
  if (answer->contains("failed")) {
    const json& why = (*answer)["failed"];
    throw Trouble(Exit::failure, fill(say::upgrade_failed,
                                      {{"why", Words{why.value("en", ""), why.value("ja", "")}}}));
  }
  const auto number = [&](const char* name) {
    return place(name, std::to_string(answer->value(name, 0)));
  };
  console.say(fill(say::gateway_upgraded,
                   {number("pid"), place("version", answer->value("version", "")), number("agents"),
                    number("pairs"), place("seconds", std::to_string(asked.limit))}));
  return Exit::done;
}

}  // namespace

Command gateway_upgrade_command() {
  const auto asked = std::make_shared<Upgrading>();
  return Command{
      .name = "upgrade",
      .about = {"Replace the running gateway's program without losing anybody.",
                "接続中のものを失わずに、動作中のゲートウェイのプログラムを置き換えます。"},
      .more =
          {"To be run when the program file was replaced, or the configuration or certificate "
           "changed. The running gateway starts the program anew, with the same arguments, hands "
           "its listening sockets over, and ends when its agents and sessions have moved. If the "
           "new one cannot start, the old one goes on, and this command says why.",
           "プログラムファイルを入れ替えた後や、設定・証明書を変更した後に実行します。動作中の"
           "ゲートウェイは同じ引数でプログラムを起動し直し、待ち受けソケットを引き渡して、エージェ"
           "ント"
           "とセッションが移った後に終了します。新しいものが起動できない場合は、古いものが動作を続"
           "け、"
           "このコマンドが理由を表示します。"},
      .options = {options::directory("--state", asked->state,
                                     {"The gateway's directory.", "ゲートウェイのディレクトリ。"}),
                  options::limit("--limit", asked->limit,
                                 {"The old process ends after so many seconds, whoever is left. "
                                  "Default: 300.",
                                  "この秒数が過ぎたら、残りがあっても古いプロセスを終了します。"
                                  "既定値: 300"})},
      .examples = {{"sudo tasuki gateway upgrade",
                    {"The gateway in /var/lib/tasuki/gateway.",
                     "/var/lib/tasuki/gateway のゲートウェイを置き換えます。"}}},
      .run = [asked](Console& console) { return upgrade(*asked, console); }};
}

}  // namespace tasuki::cli
