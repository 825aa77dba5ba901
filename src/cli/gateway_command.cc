// tasuki gateway init, run, renew-leaf.
#include "cli/catalogue.h"
#include "cli/client_side.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/states.h"
#include "cli/times.h"
#include "config/forms.h"
#include "crypto/certificates.h"
#include "gateway/admin.h"
#include "gateway/setup.h"

namespace tasuki::cli {
namespace {

namespace fs = std::filesystem;

// ── init ────────────────────────────────────────────────────────────────────

std::string shell_word(const std::string& text) {
  if (text.find_first_of(" '\"$`\\()&;|<>*?") == text.npos) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

Exit init(const gateway::InitRequest& asked, Console& console) {
  gateway::InitRequest request{asked};
  const bool default_state = request.state.empty();
  if (default_state) request.state = default_gateway_state();
  request.language = console.language();
  const gateway::InitResult made = gateway::init(request);
  const auto file = [](const fs::path& path) { return place("file", path.string()); };
  console.say(fill(say::gateway_made, {place("realm", made.realm)}));
  console.say(fill(say::gateway_made_config, {file(made.config_file)}));
  console.say(fill(say::gateway_made_profile, {file(made.profile_file)}));
  console.say(fill(say::gateway_made_label, {place("label", made.label.text())}));
  console.say(fill(say::gateway_made_root, {file(made.root_key_file)}));
  console.print("\n");
  console.say(fill(say::gateway_root_advice, {place("days", std::to_string(gateway::leaf_days))}));
  console.say(fill(say::gateway_profile_advice));
  const std::string state = default_state ? "" : " --state " + shell_word(request.state.string());
  console.say(fill(say::next_step, {place("command", "tasuki gateway run" + state)}));
  return Exit::done;
}

Command init_command() {
  const auto asked = std::make_shared<gateway::InitRequest>();
  return Command{
      .name = "init",
      .about = {"Make a new gateway: keys, certificates, store and a first profile.",
                "新しいゲートウェイ（鍵、証明書、データベース、最初のプロファイル）を作成します。"},
      .more =
          {"Nothing that exists is overwritten. The root's private key goes to a file of its own, "
           "which belongs on another machine.",
           "既存のものは上書きしません。ルート秘密鍵は独立したファイルに保存されるので、別のマシン"
           "に"
           "移してください。"},
      .options =
          {options::needed(options::addresses(
               "--address", "HOST[:PORT]", asked->addresses,
               {"Where computers and people find this gateway: a name or an IP address, port "
                "443 if left out. May be given several times, preferred first.",
                "このゲートウェイの所在（ホスト名または IP アドレス。ポート省略時は 443）。"
                "複数指定でき、先のものを優先します。"})),
           options::text("--realm", "NAME", asked->realm,
                         {"The organisation's name. Default: the first address's host.",
                          "組織の名前。既定値: 最初のアドレスのホスト名"}),
           options::directory("--state", asked->state,
                              {"The gateway's directory. Default: /var/lib/tasuki/gateway for "
                               "root, else $XDG_STATE_HOME/tasuki/gateway.",
                               "ゲートウェイのディレクトリ。既定値: root は "
                               "/var/lib/tasuki/gateway、他は $XDG_STATE_HOME/tasuki/gateway"}),
           options::file("--root-key", "FILE", asked->root_key_file,
                         {"Where the root's private key is written. Default: root-key.pem in "
                          "the gateway's directory.",
                          "ルート秘密鍵の保存先。既定値: ディレクトリ内の root-key.pem"}),
           options::file("--profile", "FILE", asked->profile_file,
                         {"Where the first profile is written. Default: REALM.tasuki in the "
                          "gateway's directory.",
                          "最初のプロファイルの保存先。既定値: ディレクトリ内の REALM.tasuki"})},
      .examples = {{"sudo tasuki gateway init --address gw.example.com",
                    {"A gateway that is found as gw.example.com, port 443.",
                     "gw.example.com のポート 443 で使うゲートウェイを作成します。"}},
                   {"tasuki gateway init --address 192.0.2.1:8443 --realm office --root-key "
                    "/media/usb/root-key.pem",
                    {"Another port and realm; the root key goes straight to a USB stick.",
                     "ポートとレルムを指定し、ルート秘密鍵を USB メモリーに直接保存します。"}}},
      .run = [asked](Console& console) { return init(*asked, console); }};
}

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

void start(gateway::Gateway& gateway, const gateway::GatewayConfig& config) {
  try {
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
                                                   std::function<void()> drained) {
  std::error_code why;
  try {
    return std::make_unique<gateway::AdminSocket>(loop, gateway, config.admin_socket(),
                                                  std::move(drained));
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

// Everything in place, then ready, then until somebody says stop.
Exit run(const Running& asked, Console& console) {
  const gateway::GatewayConfig config = read_config(asked, console);
  console.about.state = config.state.string();
  gateway::GatewayMaterial material = gateway::load_material(config.state);
  open_log(config.log);
  warn_of_the_end(material, console);
  const auto store = store::open_sqlite(config.state / "store.db");

  asio::io_context loop(1);
  gateway::Gateway gateway(loop, config, std::move(material), *store);
  std::unique_ptr<gateway::AdminSocket> admin;
  Service service(loop, [&] {
    admin.reset();
    gateway.stop();
  });
  admin = admin_socket(loop, gateway, config, [&] { service.finish(nullptr); });
  start(gateway, config);

  std::string at;
  for (const tcp::endpoint& each : gateway.listening()) at += (at.empty() ? "" : ", ") + text(each);
  log::info("GATEWAY_READY", {{"listen", at}, {"version", TASUKI_VERSION}});
  console.say(fill(say::gateway_ready, {place("addresses", at)}));
  Service::notify("READY=1\nSTATUS=ready at " + at);
  const Exit exit = service.run();
  log::info("GATEWAY_STOPPED");
  return exit;
}

Command run_command() {
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

// ── renew-leaf ──────────────────────────────────────────────────────────────

struct Renewal {
  fs::path state, root_key;
  std::vector<net::Address> addresses;
};

Exit renew(const Renewal& asked, Console& console) {
  const fs::path state = asked.state.empty() ? default_gateway_state() : asked.state;
  require_gateway(state);
  const fs::path key = asked.root_key.empty() ? state / "root-key.pem" : asked.root_key;
  std::error_code unknown;
  if (!fs::exists(key, unknown))
    throw Trouble(Exit::configuration, fill(say::root_key_missing, {place("file", key.string())}));
  gateway::renew_leaf(state, key, asked.addresses);
  console.say(fill(say::leaf_renewed, {place("days", std::to_string(gateway::leaf_days))}));
  return Exit::done;
}

Command renew_command() {
  const auto asked = std::make_shared<Renewal>();
  return Command{
      .name = "renew-leaf",
      .about = {"Renew the gateway's certificate with the root key.",
                "ルート秘密鍵でゲートウェイの証明書を更新します。"},
      .more =
          {"To be done within 90 days, or when the gateway's addresses change. Profiles stay good.",
           "90 日以内、またはアドレスの変更時に行います。プロファイルはそのまま使えます。"},
      .options = {options::directory("--state", asked->state,
                                     {"The gateway's directory.", "ゲートウェイのディレクトリ。"}),
                  options::file("--root-key", "FILE", asked->root_key,
                                {"The root's private key. Default: root-key.pem in that directory.",
                                 "ルート秘密鍵。既定値: ディレクトリ内の root-key.pem"}),
                  options::addresses("--address", "HOST[:PORT]", asked->addresses,
                                     {"Where the gateway is found from now on. Default: as before.",
                                      "今後のゲートウェイの所在。既定値: これまでと同じ"})},
      .examples = {{"sudo tasuki gateway renew-leaf --root-key /media/usb/root-key.pem",
                    {"With the root key on a USB stick.",
                     "USB メモリー上のルート秘密鍵を使います。"}}},
      .run = [asked](Console& console) { return renew(*asked, console); }};
}

}  // namespace

Command gateway_command() {
  return Command{
      .name = "gateway",
      .about = {"Make and run a gateway, the relay that everybody dials.",
                "全員が接続する中継点、ゲートウェイを作成・実行します。"},
      .more =
          {"A gateway joins computers and people who both only dial out, and cannot read what it "
           "carries.",
           "ゲートウェイは、外向きにしか接続しないコンピューターと利用者をつなぎます。運ぶ内容を"
           "読むことはできません。"},
      .examples = {{"sudo tasuki gateway init --address gw.example.com",
                    {"First, make it.", "まず作成します。"}},
                   {"sudo tasuki gateway run", {"Then run it.", "次に実行します。"}}},
      .commands = {init_command(), run_command(), renew_command()}};
}

}  // namespace tasuki::cli
