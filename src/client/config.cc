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
               {"The programs that show desktops.", "デスクトップを表示するプログラム。"});
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
