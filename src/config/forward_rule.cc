#include "config/forward_rule.h"

#include "net/address.h"

#include <algorithm>
#include <charconv>

namespace tasuki::config {
namespace {

struct Ports {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
};

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

std::optional<Ports> parse_ports(std::string_view text) {
  if (text == "*") return Ports{1, 65535};
  const std::size_t dash = text.find('-');
  const auto first = parse_port(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_port(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return Ports{*first, *last};
}

// A host's name as it is compared: lower case, without the root's dot.
std::string plain_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string plain(name);
  for (char& c : plain)
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  return plain;
}

std::optional<boost::asio::ip::address> parse_address(std::string_view host) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(std::string(host), error);
  return error ? std::nullopt : std::optional(address);
}

}  // namespace

std::optional<ForwardRule> ForwardRule::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto ports = parse_ports(text.substr(colon + 1));
  if (!ports) return std::nullopt;
  ForwardRule rule;
  rule.first_port_ = ports->first;
  rule.last_port_ = ports->last;

  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  // Only brackets tell where an IPv6 address ends and its port begins.
  if (bracketed != (host.find(':') != std::string_view::npos)) return std::nullopt;
  if (const auto block = Netblock::parse(host)) {
    rule.host_ = *block;
    return rule;
  }
  const std::string name = plain_name(host);
  if (!net::Address::parse(name)) return std::nullopt;
  rule.host_ = name;
  return rule;
}

bool ForwardRule::allows(std::string_view host, std::uint16_t port) const {
  if (const auto address = parse_address(host)) return allows(*address, port);
  const auto* const name = std::get_if<std::string>(&host_);
  return name && *name == plain_name(host) && port >= first_port_ && port <= last_port_;
}

bool ForwardRule::allows(const boost::asio::ip::address& address, std::uint16_t port) const {
  const auto* const block = std::get_if<Netblock>(&host_);
  return block && block->contains(address) && port >= first_port_ && port <= last_port_;
}

std::string ForwardRule::text() const {
  std::string host;
  if (const auto* name = std::get_if<std::string>(&host_)) host = *name;
  if (const auto* block = std::get_if<Netblock>(&host_)) host = block->text();
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  if (first_port_ == 1 && last_port_ == 65535) return host + ":*";
  host += ":" + std::to_string(first_port_);
  return first_port_ == last_port_ ? host : host + "-" + std::to_string(last_port_);
}

bool allows(const std::vector<ForwardRule>& rules, std::string_view host, std::uint16_t port) {
  return std::any_of(rules.begin(), rules.end(),
                     [&](const ForwardRule& rule) { return rule.allows(host, port); });
}

bool allows(const std::vector<ForwardRule>& rules, const boost::asio::ip::address& address,
            std::uint16_t port) {
  return std::any_of(rules.begin(), rules.end(),
                     [&](const ForwardRule& rule) { return rule.allows(address, port); });
}

}  // namespace tasuki::config
