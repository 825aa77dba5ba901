// What people and their environment say about proxies.
#include "net/reach.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>

namespace tasuki::net {
namespace {

constexpr std::size_t longest_socks_word = 255;  // RFC 1929, 2: one byte of length

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
}

bool same_text(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::invalid_argument unclear(const std::string& reason) {
  return std::invalid_argument(
      reason + ": a proxy is written http://[user[:password]@]host:port, socks5://... or none");
}

Proxy::Kind parse_kind(std::string_view scheme) {
  if (same_text(scheme, "http")) return Proxy::Kind::http;
  // socks5h asks for what we do anyway: the proxy resolves the names.
  if (same_text(scheme, "socks5") || same_text(scheme, "socks5h")) return Proxy::Kind::socks5;
  throw unclear("this kind of proxy is not supported");
}

// What follows a '%'.
char decode_hex(std::string_view digits) {
  unsigned char value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2)
    throw std::invalid_argument("in a proxy's user or password a '%' is written %25");
  return char(value);
}

std::string percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      c = decode_hex(text.substr(i + 1, 2));
      i += 2;
    }
    // A line break would end the header that carries the name to the proxy.
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      throw std::invalid_argument("a proxy's user or password holds a control character");
    decoded += c;
  }
  return decoded;
}

void parse_login(std::string_view login, Proxy& proxy) {
  const std::size_t colon = login.find(':');
  proxy.user = percent_decode(login.substr(0, colon));
  if (colon != login.npos) proxy.password = percent_decode(login.substr(colon + 1));

  if (proxy.user.empty()) throw unclear("the proxy's user is missing before the '@'");
  const std::size_t longest = std::max(proxy.user.size(), proxy.password.size());
  if (proxy.kind == Proxy::Kind::socks5 && longest > longest_socks_word)
    throw std::invalid_argument("a SOCKS5 proxy's user and password have at most 255 bytes each");
}

Address parse_place(std::string_view place) {
  // No default: the registered ports of these schemes are not what proxies use.
  if (place.empty()) throw unclear("the proxy's host is missing");
  const auto without_port = Address::parse(place, 0);
  if (!without_port) throw unclear("the proxy's host or port is wrong");
  if (without_port->port == 0) throw unclear("the proxy's port is missing");
  return *without_port;
}

// What would not read as the user's name, or not be read back as it.
std::string percent_encode_user(std::string_view user) {
  std::string encoded;
  for (const char c : user) {
    constexpr std::string_view digits = "0123456789ABCDEF", special = " %/:?#@";
    if (special.find(c) == special.npos) {
      encoded += c;
    } else {
      encoded += {'%', digits[std::size_t(c) >> 4], digits[std::size_t(c) & 15]};
    }
  }
  return encoded;
}

struct Variable {
  const char* name;
  std::string_view value;
};

// The first that is set to something.
std::optional<Variable> first_set(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* const value = std::getenv(name);
    if (value && *value) return Variable{name, value};
  }
  return std::nullopt;
}

bool is_ip_address(const std::string& host) {
  ErrorCode not_numeric;
  asio::ip::make_address(host, not_numeric);
  return !not_numeric;
}

// "corp.example" and ".corp.example" name both corp.example and all below it. An
// address is named by itself only.
bool names_host(std::string_view entry, const std::string& host) {
  if (entry == "*") return true;
  if (entry.starts_with('[') && entry.ends_with(']')) entry = entry.substr(1, entry.size() - 2);
  if (is_ip_address(host)) {
    const auto address = Address::parse(entry);
    return address && address->host == host;
  }
  if (entry.ends_with('.')) entry.remove_suffix(1);
  if (entry.starts_with('.')) entry.remove_prefix(1);
  if (entry.empty() || entry.size() > host.size()) return false;
  const std::size_t above = host.size() - entry.size();
  return same_text(std::string_view(host).substr(above), entry) &&
         (above == 0 || host[above - 1] == '.');
}

bool listed(std::string_view list, const std::string& host) {
  constexpr std::string_view between = ", \t";
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(between), list.size());
    if (names_host(list.substr(0, end), host)) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

}  // namespace

Proxy Proxy::parse(std::string_view url) {
  if (url == "none") return {};

  Proxy proxy;
  proxy.kind = Kind::http;
  std::string_view rest = url;
  if (const std::size_t colon = url.find("://"); colon != url.npos) {
    proxy.kind = parse_kind(url.substr(0, colon));
    rest = url.substr(colon + 3);
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);  // environments are full of "http://proxy:3128/"

  // The last '@': a person who forgets to write %40 in a password means this one.
  const std::size_t at = rest.rfind('@');
  if (at != rest.npos) parse_login(rest.substr(0, at), proxy);
  proxy.address = parse_place(at == rest.npos ? rest : rest.substr(at + 1));
  return proxy;
}

Proxy Proxy::from_environment(const Address& to) {
  const auto variable = first_set({"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"});
  if (!variable) return {};
  const auto exempt = first_set({"NO_PROXY", "no_proxy"});
  if (exempt && listed(exempt->value, to.host)) return {};
  try {
    return parse(variable->value);
  } catch (const std::invalid_argument& reason) {
    throw std::invalid_argument(std::string(variable->name) + ": " + reason.what());
  }
}

std::string Proxy::text() const {
  if (kind == Kind::none) return "none";
  const std::string scheme = kind == Kind::http ? "http://" : "socks5://";
  return scheme + (user.empty() ? "" : percent_encode_user(user) + "@") + address.text();
}

}  // namespace tasuki::net
