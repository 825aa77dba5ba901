#include "cli/options.h"

#include "net/reach.h"

#include <charconv>
#include <stdexcept>

namespace tasuki::cli::options {
namespace {

std::optional<int> parse_number(const std::string& typed) {
  int number = -1;
  const char* const end = typed.data() + typed.size();
  const auto [stop, error] = std::from_chars(typed.data(), end, number);
  if (error != std::errc() || stop != end || number < 0) return std::nullopt;
  return number;
}

}  // namespace

Option flag(std::string name, bool& into, Words about) {
  Option option{.name = std::move(name), .about = std::move(about)};
  option.take = [&into](const std::string&) -> std::optional<Words> {
    into = true;
    return std::nullopt;
  };
  return option;
}

Option limit(std::string name, unsigned& into, Words about) {
  const auto parse = [](const std::string& typed) -> std::optional<unsigned> {
    const auto number = parse_number(typed);
    constexpr int day = 24 * 3600;
    return number && *number >= 1 && *number <= day ? std::optional(unsigned(*number))
                                                    : std::nullopt;
  };
  return parsed(std::move(name), "SECONDS", into, parse,
                {"it has to be 1 to 86400 seconds", "1 ～ 86400 秒で指定してください"},
                std::move(about));
}

Option text(std::string name, std::string value, std::string& into, Words about) {
  Option option{.name = std::move(name), .value = std::move(value), .about = std::move(about)};
  option.take = [&into](const std::string& typed) -> std::optional<Words> {
    if (typed.empty()) return Words{"it is empty", "空です"};
    into = typed;
    return std::nullopt;
  };
  return option;
}

Option texts(std::string name, std::string value, std::vector<std::string>& into, Words about) {
  Option option{.name = std::move(name), .value = std::move(value), .about = std::move(about)};
  option.many = true;
  option.take = [&into](const std::string& typed) -> std::optional<Words> {
    if (typed.empty()) return Words{"it is empty", "空です"};
    into.push_back(typed);
    return std::nullopt;
  };
  return option;
}

Option file(std::string name, std::string value, std::filesystem::path& into, Words about) {
  Option option{.name = std::move(name), .value = std::move(value), .about = std::move(about)};
  option.offers = Offers::files;
  option.take = [&into](const std::string& typed) -> std::optional<Words> {
    if (typed.empty()) return Words{"it is empty", "空です"};
    into = typed;
    return std::nullopt;
  };
  return option;
}

Option directory(std::string name, std::filesystem::path& into, Words about) {
  Option option = file(std::move(name), "DIR", into, std::move(about));
  option.offers = Offers::directories;
  return option;
}

Option computer(control::ComputerId& into, Words about) {
  Option option = parsed("ID", "ID", into, control::ComputerId::parse,
                         {"a Computer ID has 1 to 31 of the characters A-Z a-z 0-9 _ -",
                          "Computer ID は英数字と _ - の 1 ～ 31 文字です"},
                         std::move(about));
  option.offers = Offers::computers;
  return option;
}

Option descriptor(std::string name, std::optional<int>& into, Words about) {
  Option option{.name = std::move(name), .value = "N", .about = std::move(about)};
  option.take = [&into](const std::string& typed) -> std::optional<Words> {
    into = parse_number(typed);
    if (into) return std::nullopt;
    return Words{"it has to be the number of a file descriptor, such as 3 (with 3< FILE)",
                 "3 のようなファイルディスクリプター番号にしてください（3< ファイル と併用）"};
  };
  return option;
}

Option addresses(std::string name, std::string value, std::vector<net::Address>& into,
                 Words about) {
  Option option{.name = std::move(name), .value = std::move(value), .about = std::move(about)};
  option.many = true;
  option.take = [&into](const std::string& typed) -> std::optional<Words> {
    auto address = net::Address::parse(typed);
    if (!address)
      return Words{
          "it has to look like gw.example.com, gw.example.com:443 or [2001:db8::1]:443",
          "gw.example.com、gw.example.com:443、[2001:db8::1]:443 のように指定してください"};
    into.push_back(std::move(*address));
    return std::nullopt;
  };
  return option;
}

Option profile(std::string& into) {
  Option option =
      text("--profile", "NAME", into,
           {"The profile to use, as \"tasuki profile list\" names it. Needed only when "
            "there are several.",
            "使うプロファイルの名前（tasuki profile list で確認）。複数ある場合だけ必要です。"});
  option.offers = Offers::profiles;
  return option;
}

Option proxy(std::string& into) {
  Option option =
      text("--proxy", "URL", into,
           {"The proxy to go through: http://[USER@]HOST:PORT, socks5://[USER@]HOST:PORT, "
            "or none. The password is asked for, or taken from TASUKI_PROXY_PASSWORD.",
            "経由するプロキシ: http://[USER@]HOST:PORT、socks5://[USER@]HOST:PORT、または "
            "none。パスワードは入力するか、環境変数 TASUKI_PROXY_PASSWORD で渡します。"});
  option.take = [&into](const std::string& typed) -> std::optional<Words> {
    try {
      net::Proxy::parse(typed);
    } catch (const std::invalid_argument&) {
      // Its words could be repeated, what was typed could not: it may hold a password.
      return Words{"it has to look like http://USER@HOST:PORT, socks5://HOST:PORT or none",
                   "http://USER@HOST:PORT、socks5://HOST:PORT、none のいずれかにしてください"};
    }
    into = typed;
    return std::nullopt;
  };
  return option;
}

Option direct(std::vector<net::Address>& into) {
  Option option{.name = "--direct",
                .value = "HOST:PORT",
                .about = {"Where the computer's agent listens on this LAN, tried besides the "
                          "gateway. Found by itself, as a rule; may be given several times.",
                          "この LAN でコンピューターのエージェントが待ち受けるアドレス。"
                          "ゲートウェイと並行して試します。通常は自動で見つかります。複数回"
                          "指定できます。"}};
  option.many = true;
  option.take = [&into](const std::string& typed) -> std::optional<Words> {
    auto address = net::Address::parse(typed, 0);
    if (!address || address->port == 0)
      return Words{"it has to look like 192.168.1.20:3086, pc1.lan:3086 or [fd00::20]:3086",
                   "192.168.1.20:3086、pc1.lan:3086、[fd00::20]:3086 のように指定してください"};
    into.push_back(std::move(*address));
    return std::nullopt;
  };
  return option;
}

Option user(std::string& into) {
  return text("--user", "NAME", into,
              {"The user to log in as at the agent. Default: owner.",
               "エージェントにログインするユーザー名。既定値: owner"});
}

Option password_fd(std::optional<int>& into) {
  return descriptor("--password-fd", into,
                    {"Read the access password from this file descriptor (one line) instead of "
                     "asking for it.",
                     "アクセスパスワードを入力する代わりに、このファイルディスクリプターから 1 行"
                     "読み込みます。"});
}

Option json(bool& into) {
  return flag("--json", into,
              {"Print JSON, for programs.", "プログラム向けに JSON で出力します。"});
}

}  // namespace tasuki::cli::options
