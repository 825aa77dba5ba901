#include "gateway/config.h"

#include "config/files.h"
#include "config/forms.h"
#include "config/log_section.h"

namespace tasuki::gateway {
namespace {

using boost::asio::ip::tcp;
using config::Table;

Table<Limits> limits_table() {
  using config::seconds;
  using config::whole;
  return Table<Limits>()
      .field("handshake_seconds", &Limits::handshake, seconds(1, 60),
             {"Time for a new connection's TLS handshake.",
              "新しい接続の TLS ハンドシェイクの制限時間。"})
      .field("greeting_seconds", &Limits::greeting, seconds(1, 120),
             {"Time from the start of a connection to the proof of its gateway key, TLS included.",
              "接続の開始からゲートウェイキーの証明までの制限時間（TLS を含む）。"})
      .field("frame_seconds", &Limits::frame, seconds(1, 60),
             {"Time from a message's first byte to its last.",
              "メッセージの最初のバイトから最後のバイトまでの制限時間。"})
      .field("source_concurrent", &Limits::source_concurrent, whole(1, 65535),
             {"Connections at the same time, not yet proved, from one source (an IPv4 address or "
              "an IPv6 /64).",
              "1 つの接続元（IPv4 アドレスまたは IPv6 の /64）からの、認証前の同時接続数。"})
      .field("source_per_second", &Limits::source_per_second, whole(1, 65535),
             {"New connections per second from one source, in the long run.",
              "1 つの接続元からの 1 秒あたりの新規接続数（平均）。"})
      .field("source_burst", &Limits::source_burst, whole(1, 65535),
             {"New connections from one source at once, before that rate holds.",
              "上の制限が働く前に、1 つの接続元から一度に受け付ける新規接続数。"})
      .field("allow", &Limits::allow,
             config::list_of(
                 config::parsed<config::Netblock>(
                     {"an IP address or block such as \"192.0.2.0/24\" or \"2001:db8::/32\"",
                      "IP アドレスまたはブロック（例 \"192.0.2.0/24\"、\"2001:db8::/32\"）"}),
                 1024),
             {"Sources to which the three limits above do not apply, such as offices behind one "
              "address.",
              "上の 3 つの制限を適用しない接続元。1 つのアドレスを共有するオフィスなど。"})
      .field("unauthenticated", &Limits::unauthenticated, whole(16, 1000000),
             {"Connections at the same time, not yet proved, of all sources together.",
              "認証前の同時接続数の全体の上限。"})
      .field("pending_pairings", &Limits::pending_pairings, whole(1, 1024),
             {"Clients that may wait for the same agent at the same time.",
              "同じエージェントを同時に待てるクライアントの数。"})
      .field("pairing_seconds", &Limits::pairing, seconds(1, 120),
             {"Time for an agent to come for a client that waits.",
              "待っているクライアントにエージェントが応じるまでの制限時間。"});
}

}  // namespace

GatewayConfig::GatewayConfig() : listen{tcp::endpoint(tcp::v6(), 443)} {}

Table<GatewayConfig> config_table() {
  return Table<GatewayConfig>("gateway")
      .field("listen", &GatewayConfig::listen, config::list_of(config::endpoint(), 16, 1),
             {"Where peers are waited for. [::] takes IPv4 as well.",
              "接続を待ち受けるアドレス。[::] は IPv4 も受け付けます。"})
      .field("state", &GatewayConfig::state, config::path(),
             {"The directory with the gateway's keys and store. Empty: the one of this file.",
              "ゲートウェイの鍵とデータを置くディレクトリ。空ならこのファイルのある場所。"})
      .field("keepalive_seconds", &GatewayConfig::keepalive, config::seconds(5, 3600),
             {"How often an idle connection says that it lives (CMPI). Less than what NATs and "
              "firewalls on the way forget a silent connection after.",
              "通信のない接続の生存確認の間隔（CMPI）。途中の NAT やファイアウォールが接続を忘れる"
              "時間より短くしてください。"})
      .section("limits", &GatewayConfig::limits, limits_table(),
               {"What a peer may take up, before and after it has proved its gateway key.",
                "接続相手が使える資源の上限（ゲートウェイキーの証明の前と後）。"})
      .section("log", &GatewayConfig::log, config::log_table(),
               {"What happened, one event a line.", "出来事の記録（1 行に 1 件）。"});
}

config::Loaded<GatewayConfig> load_config(const std::filesystem::path& file) {
  auto loaded = config_table().load(file);
  GatewayConfig& value = loaded.value;
  value.state = value.state.empty() ? config::beside(file, ".") : config::beside(file, value.state);
  value.log.directory = config::beside(file, value.log.directory);
  for (const char* secret : {"leaf.key", "opaque.key", "store.db", "root-key.pem"})
    if (auto words = config::exposed(value.state / secret))
      loaded.warnings.push_back({file, {}, "state", std::move(*words)});
  return loaded;
}

}  // namespace tasuki::gateway
