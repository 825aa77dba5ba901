// Reads and writes addresses as people type them. What is not clearly one of
// the forms in address.h is refused: a host goes on into DNS, into a proxy's
// CONNECT line and into messages.
#include "net/address.h"

#include "net/asio.h"

#include <algorithm>
#include <charconv>

namespace tasuki::net {
namespace {

constexpr std::size_t longest_name = 253;  // RFC 1035, 2.3.4, written out without the last dot
constexpr std::size_t longest_label = 63;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

std::optional<std::string> parse_ipv6(std::string_view text) {
  ErrorCode error;
  const auto address = asio::ip::make_address_v6(text, error);
  if (error) return std::nullopt;
  return address.to_string();
}

// No '-' in front: a host may become an argument of a viewer's command line.
// '_' is not for hosts, but Windows networks are full of it.
bool is_label(std::string_view label) {
  const auto allowed = [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; };
  return !label.empty() && label.size() <= longest_label && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), allowed);
}

bool is_name(std::string_view name) {
  if (name.size() > longest_name) return false;
  for (;;) {
    const std::size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (!is_label(label)) return false;
    // Digits at the end are an IPv4 address, or would be taken for one ("127.1").
    if (dot == name.npos) return !std::all_of(label.begin(), label.end(), is_digit);
    name.remove_prefix(dot + 1);
  }
}

std::optional<std::string> parse_name_or_ipv4(std::string_view text) {
  ErrorCode not_ipv4;
  const auto ipv4 = asio::ip::make_address_v4(text, not_ipv4);
  if (!not_ipv4) return ipv4.to_string();

  std::string name(text);
  std::transform(name.begin(), name.end(), name.begin(), lower);
  if (!is_name(name)) return std::nullopt;
  return name;
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text, std::uint16_t default_port) {
  if (text.find('\0') != text.npos) return std::nullopt;  // the system would stop reading there
  std::optional<std::string> host;
  std::optional<std::uint16_t> port = default_port;
  const std::size_t colon = text.rfind(':');

  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == text.npos) return std::nullopt;
    host = parse_ipv6(text.substr(1, bracket - 1));
    const std::string_view rest = text.substr(bracket + 1);
    if (rest.starts_with(':')) {
      port = parse_port(rest.substr(1));
    } else if (!rest.empty()) {
      return std::nullopt;
    }
  } else if (colon == text.npos) {
    host = parse_name_or_ipv4(text);
  } else if (text.find(':') != colon) {
    host = parse_ipv6(text);
  } else {
    host = parse_name_or_ipv4(text.substr(0, colon));
    port = parse_port(text.substr(colon + 1));
  }

  if (!host || !port) return std::nullopt;
  return Address{*host, *port};
}

std::string Address::text() const {
  const bool ipv6 = host.find(':') != host.npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace tasuki::net
