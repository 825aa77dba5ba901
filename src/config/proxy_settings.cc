#include "config/proxy_settings.h"

#include "config/forms.h"

#include <cstdlib>

namespace tasuki::config {
namespace {

// A proxy's URL. It may hold a password: what is wrong with it is said without
// repeating it.
Form<std::string> proxy_url() {
  const Words type{"\"http://[USER@]HOST:PORT\", \"socks5://[USER@]HOST:PORT\", \"none\" or empty",
                   "\"http://[USER@]HOST:PORT\"、\"socks5://[USER@]HOST:PORT\"、\"none\" または空"};
  return {.type = type,
          .read =
              [type](const Value& from, std::string& to, Report& report) {
                const std::string* const given = forms::text_of(from);
                if (!given) return forms::refuse(from, type, report);
                try {
                  if (!given->empty()) net::Proxy::parse(*given);
                  to = *given;
                } catch (const std::invalid_argument&) {
                  report.mistake(from, {"must be " + type.en, type.ja + "でなければなりません"});
                }
              },
          .print = [](const std::string& value) { return toml_string(value); }};
}

std::string text_of(const crypto::Secret& secret) {
  return std::string(as_text(secret.bytes()));
}

}  // namespace

Table<ProxySettings> proxy_table() {
  return Table<ProxySettings>()
      .field("url", &ProxySettings::url, proxy_url(),
             {"The proxy that stands between this machine and the gateway. \"none\": no proxy, "
              "whatever the environment says. Empty: as HTTPS_PROXY, ALL_PROXY and NO_PROXY say.",
              "ゲートウェイまでの間にあるプロキシ。\"none\" なら環境変数にかかわらず使いません。"
              "空なら環境変数 HTTPS_PROXY、ALL_PROXY、NO_PROXY に従います。"})
      .field("password_file", &ProxySettings::password_file, path(),
             {"A file whose first line is the proxy's password; nobody else should be able to "
              "read it. Empty: none, or TASUKI_PROXY_PASSWORD from the environment.",
              "最初の行にプロキシのパスワードを書いたファイル。他の人が読めないようにしてください。"
              "空ならパスワードなし、または環境変数 TASUKI_PROXY_PASSWORD を使います。"});
}

std::vector<Mistake> proxy_warnings(const ProxySettings& settings,
                                    const std::filesystem::path& config_file) {
  std::vector<Mistake> warnings;
  const auto warn = [&](const std::string& key, const std::filesystem::path& secret) {
    if (auto words = exposed(secret)) warnings.push_back({config_file, {}, key, std::move(*words)});
  };
  if (!settings.password_file.empty()) warn("proxy.password_file", settings.password_file);
  if (!settings.url.empty() && !net::Proxy::parse(settings.url).password.empty())
    warn("proxy.url", config_file);
  return warnings;
}

net::Proxy choose_proxy(const std::string& command_line_url, const ProxySettings& settings,
                        const net::Address& to) {
  const bool configured = command_line_url.empty() && !settings.url.empty();
  net::Proxy proxy = !command_line_url.empty() ? net::Proxy::parse(command_line_url)
                     : configured              ? net::Proxy::parse(settings.url)
                                               : net::Proxy::from_environment(to);
  if (proxy.user.empty() || !proxy.password.empty()) return proxy;

  // The file's password is for the proxy that stands beside it in the configuration;
  // another one has no business to learn it.
  if (configured && !settings.password_file.empty())
    proxy.password = text_of(read_password_file(settings.password_file));
  else if (const char* const password = std::getenv("TASUKI_PROXY_PASSWORD"))
    proxy.password = password;
  return proxy;
}

}  // namespace tasuki::config
