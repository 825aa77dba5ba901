#include "agent/config.h"

#include "config/files.h"
#include "config/forms.h"
#include "config/log_section.h"

namespace tasuki::agent {
namespace {

using config::Table;

Table<Target> target_table() {
  return Table<Target>()
      .required("address", &Target::address, config::address(),
                {"Where it is, as seen from this machine.", "このマシンから見た接続先。"})
      .field("kind", &Target::kind,
             config::choice<Target::Kind>({{"vnc", Target::Kind::vnc},
                                           {"rdp", Target::Kind::rdp},
                                           {"ssh", Target::Kind::ssh},
                                           {"tcp", Target::Kind::tcp}}),
             {"What answers there: tells a client which program to start.",
              "接続先の種類。クライアントはこれを見て使うプログラムを決めます。"});
}

Table<Forwarding> forward_table() {
  return Table<Forwarding>().field(
      "allow", &Forwarding::allow,
      config::list_of(
          config::parsed<config::ForwardRule>(
              {"a rule such as \"files.example:22\", \"10.1.0.0/16:8000-8999\" or \"printer:*\"",
               "規則（例 \"files.example:22\"、\"10.1.0.0/16:8000-8999\"、\"printer:*\"）"}),
          1024),
      {"Where clients may forward to, besides the targets. Empty: nowhere.",
       "ターゲット以外に転送を許可する接続先。空なら許可しません。"});
}

Table<Direct> direct_table() {
  return Table<Direct>()
      .field("listen", &Direct::listen, config::endpoint_or_none(),
             {"Where connections from the same LAN are taken, which then need no gateway. [::] "
              "takes IPv4 as well. Empty: nowhere; the agent opens no port.",
              "同じ LAN からの（ゲートウェイを通らない）接続を待ち受けるアドレス。[::] は IPv4 も"
              "受け付けます。空なら待ち受けず、ポートを開きません。"})
      .field("announce", &Direct::announce, config::flag(),
             {"Whether clients on the LAN find that address by multicast DNS. What is announced "
              "is a name that only holders of the profile understand.",
              "LAN 上のクライアントがマルチキャスト DNS でそのアドレスを見つけられるようにするか。"
              "公開されるのは、プロファイルを持つ人だけに意味のある名前です。"})
      .field(
          "allow", &Direct::allow,
          config::list_of(config::parsed<config::Netblock>(
                              {"an IP address or block such as \"192.168.1.0/24\" or \"fd00::/8\"",
                               "IP アドレスまたはブロック（例 \"192.168.1.0/24\"、\"fd00::/8\"）"}),
                          1024),
          {"Who may connect there; others are hung up on. Empty: private and link-local "
           "addresses of the networks that this machine's own interfaces are in.",
           "そこに接続できる相手（それ以外は切断します）。空なら、このマシンのネットワークに"
           "属するプライベートアドレスとリンクローカルアドレス。"});
}

Table<Limits> limits_table() {
  return Table<Limits>()
      .field("sessions", &Limits::sessions, config::whole(1, 1024),
             {"Sessions at the same time.", "同時セッション数の上限。"})
      .field("resume_seconds", &Limits::resume, config::seconds(0, 3600),
             {"How long a session waits for its client when the line is lost, before what it is "
              "connected to is cut off. 0: not at all.",
              "回線が切れたとき、セッションがクライアントの復帰を待つ時間（秒）。過ぎると接続先を"
              "切断します。0 なら待ちません。"});
}

Table<GatewayChoice> gateway_table() {
  return Table<GatewayChoice>().field(
      "return_after", &GatewayChoice::return_after, config::seconds(1, 86400),
      {"While registered at another gateway than the profile's first: how often the ones before it "
       "are tried, in seconds, each time spread from half to one and a half.",
       "プロファイルの先頭以外のゲートウェイに登録している間、優先順位の高いゲートウェイを試す"
       "間隔（秒）。毎回 0.5 ～ 1.5 倍に分散します。"});
}

}  // namespace

std::string_view text(Target::Kind kind) {
  switch (kind) {
    case Target::Kind::vnc: return "vnc";
    case Target::Kind::rdp: return "rdp";
    case Target::Kind::ssh: return "ssh";
    case Target::Kind::tcp: break;
  }
  return "tcp";
}

AgentConfig::AgentConfig() {
  log.prefix = "AG";
}

Table<AgentConfig> config_table() {
  return Table<AgentConfig>("agent")
      .field("state", &AgentConfig::state, config::path(),
             {"The directory with the agent's key, profile and password record. Empty: the one of "
              "this file.",
              "エージェントの鍵、プロファイル、パスワードの記録を置くディレクトリ。"
              "空ならこのファイルのある場所。"})
      .section("gateway", &AgentConfig::gateway, gateway_table(),
               {"Which of the profile's gateways.", "プロファイルのゲートウェイの選択。"})
      .section("proxy", &AgentConfig::proxy, config::proxy_table(),
               {"The way out of this network.", "このネットワークから外に出る方法。"})
      .each(
          "targets", &AgentConfig::targets, target_table(),
          {"What clients may ask for by name, in a section each. None: the VNC or RDP server of "
           "this machine, found by itself and called desktop.",
           "クライアントが名前で接続できるもの（それぞれ 1 セクション）。"
           "なければ、このマシンの VNC または RDP サーバーを自動的に見つけ、desktop と呼びます。"})
      .section("forward", &AgentConfig::forward, forward_table(),
               {"Forwarding of any TCP port.", "任意の TCP ポートの転送。"})
      .section("direct", &AgentConfig::direct, direct_table(),
               {"Connections from the same LAN, without a gateway. Off unless listen is set.",
                "ゲートウェイを通らない、同じ LAN からの接続。listen を設定しない限り無効。"})
      .section("limits", &AgentConfig::limits, limits_table(),
               {"What clients may take up.", "クライアントが使える資源の上限。"})
      .section("log", &AgentConfig::log, config::log_table(),
               {"What happened, one event a line.", "出来事の記録（1 行に 1 件）。"});
}

config::Loaded<AgentConfig> load_config(const std::filesystem::path& file) {
  auto loaded = config_table().load(file);
  AgentConfig& value = loaded.value;
  value.state = value.state.empty() ? config::beside(file, ".") : config::beside(file, value.state);
  value.log.directory = config::beside(file, value.log.directory);
  value.proxy.password_file = config::beside(file, value.proxy.password_file);
  loaded.warnings = config::proxy_warnings(value.proxy, file);
  for (const char* secret : {"identity.key", "password.json", "profile.tasuki"})
    if (auto words = config::exposed(value.state / secret))
      loaded.warnings.push_back({file, {}, "state", std::move(*words)});
  return loaded;
}

}  // namespace tasuki::agent
