// Where a gateway is: a host name or IP address, and a port.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tasuki::net {

struct Address {
  std::string host;  // without brackets; from parse: in lower case, IPv6 in its shortest form
  std::uint16_t port = 443;

  // "host", "host:port", "1.2.3.4:port", "[::1]:port", "::1". nullopt: none of these.
  static std::optional<Address> parse(std::string_view text, std::uint16_t default_port = 443);
  std::string text() const;  // "host:port", with brackets around IPv6
  auto operator<=>(const Address&) const = default;
};

}  // namespace tasuki::net
