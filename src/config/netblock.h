// A block of IP addresses: "192.0.2.0/24", "2001:db8::/32", or one address.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace tasuki::config {

// A value is well formed: no host bits are set, no length is out of range.
class Netblock {
public:
  // nullopt: not a block; also when bits beyond the length are set ("10.0.0.1/8"),
  // which is more often a slip than a wish.
  static std::optional<Netblock> parse(std::string_view text);

  // An IPv4 address that comes in IPv6 clothes (::ffff:192.0.2.1, as a dual-stack
  // socket reports it) counts as IPv4.
  bool contains(const boost::asio::ip::address& address) const;
  std::string text() const;
  bool operator==(const Netblock&) const = default;

private:
  boost::asio::ip::address network_;
  unsigned length_ = 0;
};

}  // namespace tasuki::config
