#include "client/config.h"

#include "config/forms.h"

#include <cstdlib>

namespace tasuki::client {
namespace {

using config::Table;

Table<Viewers> viewer_table() {
  constexpr std::size_t longest_path = 4095;
  return Table<Viewers>()
      .field("vnc", &Viewers::vnc, config::text(0, longest_path),
             {"The program that shows VNC desktops. Empty: the first of the known ones that is "
              "installed.",
              "VNC デスクトップを表示するプログラム。空なら、インストール済みのものを探します。"})
      .field("rdp", &Viewers::rdp, config::text(0, longest_path),
             {"The program that shows RDP desktops. Empty: the first of the known ones that is "
              "installed.",
              "RDP デスクトップを表示するプログラム。空なら、インストール済みのものを探します。"});
}

Table<Direct> direct_table() {
  return Table<Direct>().field(
      "discover", &Direct::discover, config::flag(),
      {"Whether a computer is looked for on the LAN, by multicast DNS, while the gateway is "
       "called. Only its name is asked for, in a form that holders of the profile understand.",
       "ゲートウェイに接続する間に、コンピューターを LAN 上でもマルチキャスト DNS で探すか。"
       "尋ねるのは、プロファイルを持つ人だけに意味のある名前だけです。"});
}

Table<Computer> computer_table() {
  return Table<Computer>().field(
      "direct", &Computer::direct, config::list_of(config::address(), 8),
      {"Where its agent listens for direct connections, if that is known. Tried besides the "
       "gateway.",
       "そのエージェントが直接接続を待ち受けるアドレス（分かっている場合）。ゲートウェイと並行して"
       "試します。"});
}

std::optional<std::filesystem::path> directory_in(const char* variable) {
  const char* const value = std::getenv(variable);
  if (!value || !*value) return std::nullopt;
  return std::filesystem::path(value);
}

}  // namespace

Table<ClientConfig> config_table() {
  return Table<ClientConfig>("client")
      .field("profile", &ClientConfig::profile, config::text(0, 120),
             {"The profile that is used when none is named. Empty: the only one there is.",
              "プロファイルを指定しないときに使うもの。空なら、1 つだけあるものを使います。"})
      .section("proxy", &ClientConfig::proxy, config::proxy_table(),
               {"The way out of this network.", "このネットワークから外に出る方法。"})
      .section("viewer", &ClientConfig::viewer, viewer_table(),
               {"The programs that show desktops.", "デスクトップを表示するプログラム。"})
      .section("direct", &ClientConfig::direct, direct_table(),
               {"Ways to computers on the same LAN, without a gateway.",
                "同じ LAN にあるコンピューターへの、ゲートウェイを通らない接続。"})
      .each("computers", &ClientConfig::computers, computer_table(),
            {"What is known of single computers, in a section each, named by the Computer ID.",
             "個々のコンピューターの設定（Computer ID を名前とする 1 セクションずつ）。"});
}

std::vector<net::Address> ClientConfig::direct_addresses(
    const control::ComputerId& computer) const {
  std::vector<net::Address> known;
  for (const auto& [name, of] : computers)
    if (control::ComputerId::parse(name) == computer)
      known.insert(known.end(), of.direct.begin(), of.direct.end());
  return known;
}

config::Loaded<ClientConfig> load_config(const std::filesystem::path& file) {
  auto loaded = config_table().load(file);
  ClientConfig& value = loaded.value;
  value.proxy.password_file = config::beside(file, value.proxy.password_file);
  loaded.warnings = config::proxy_warnings(value.proxy, file);
  return loaded;
}

config::Loaded<ClientConfig> load_home_config(const std::filesystem::path& home) {
  const std::filesystem::path file = home / "client.toml";
  std::error_code unknown;
  if (!std::filesystem::exists(file, unknown) && !unknown) return {};
  return load_config(file);
}

std::filesystem::path home_directory() {
  if (const auto home = directory_in("TASUKI_HOME")) return *home;
  // The XDG specification says to ignore a relative path.
  if (const auto config = directory_in("XDG_CONFIG_HOME"); config && config->is_absolute())
    return *config / "tasuki";
  if (const auto home = directory_in("HOME")) return *home / ".config" / "tasuki";
  throw config::FileError({"there is no home directory to keep profiles in; set TASUKI_HOME",
                           "プロファイルを置くホームディレクトリがありません。"
                           "TASUKI_HOME を設定してください"});
}

}  // namespace tasuki::client
