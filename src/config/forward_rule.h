// Where an agent lets its clients forward to. One rule is one of
//
//   files.example:22            a host by its name, one port
//   10.1.0.0/16:8000-8999       a block of addresses, a range of ports
//   [2001:db8::/32]:443         IPv6 in brackets
//   printer.example:*           every port of a host
//
// Nothing is allowed that no rule allows.
#pragma once

#include "config/netblock.h"

#include <cstdint>
#include <variant>
#include <vector>

namespace tasuki::config {

class ForwardRule {
public:
  static std::optional<ForwardRule> parse(std::string_view text);

  // `host` as the client asked for it: a name, or an address in its usual form.
  // Names are compared as they are written, whatever case; a name is never resolved
  // here, so a block of addresses allows no name by this call.
  bool allows(std::string_view host, std::uint16_t port) const;

  // For the addresses that a name was resolved to.
  bool allows(const boost::asio::ip::address& address, std::uint16_t port) const;

  std::string text() const;
  bool operator==(const ForwardRule&) const = default;

private:
  std::variant<std::string, Netblock> host_;  // a name in lower case, or a block
  std::uint16_t first_port_ = 0;
  std::uint16_t last_port_ = 0;
};

bool allows(const std::vector<ForwardRule>& rules, std::string_view host, std::uint16_t port);
bool allows(const std::vector<ForwardRule>& rules, const boost::asio::ip::address& address,
            std::uint16_t port);

}  // namespace tasuki::config
