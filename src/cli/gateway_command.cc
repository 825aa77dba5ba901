// tasuki gateway init, renew-leaf. The others are in gateway_run.cc.
#include "cli/catalogue.h"
#include "cli/client_side.h"
#include "cli/gateway.h"
#include "cli/options.h"
#include "cli/states.h"
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
      .commands = {init_command(), gateway_run_command(), gateway_upgrade_command(),
                   renew_command()}};
}

}  // namespace tasuki::cli
