#include "config/netblock.h"

#include <charconv>

namespace tasuki::config {
namespace {

namespace ip = boost::asio::ip;

ip::address without_ipv6_clothes(const ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  return address;
}

unsigned width(const ip::address& address) {
  return address.is_v4() ? 32 : 128;
}

// Bit `i` of the address, the highest first.
bool bit(const ip::address& address, unsigned i) {
  const unsigned shift = 7 - i % 8;
  if (address.is_v4()) return address.to_v4().to_bytes()[i / 8] >> shift & 1;
  return address.to_v6().to_bytes()[i / 8] >> shift & 1;
}

std::optional<unsigned> length_of(std::string_view text, unsigned most) {
  unsigned length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc() || end != text.data() + text.size() || length > most)
    return std::nullopt;
  return length;
}

}  // namespace

std::optional<Netblock> Netblock::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  boost::system::error_code error;
  Netblock block;
  block.network_ = ip::make_address(std::string(text.substr(0, slash)), error);
  if (error) return std::nullopt;
  if (block.network_.is_v6() && block.network_.to_v6().scope_id() != 0) return std::nullopt;
  if (block.network_ != without_ipv6_clothes(block.network_)) return std::nullopt;
  block.length_ = width(block.network_);
  if (slash == std::string_view::npos) return block;

  const auto length = length_of(text.substr(slash + 1), width(block.network_));
  if (!length) return std::nullopt;
  block.length_ = *length;
  for (unsigned i = *length; i < width(block.network_); ++i)
    if (bit(block.network_, i)) return std::nullopt;
  return block;
}

bool Netblock::contains(const ip::address& address) const {
  const ip::address plain = without_ipv6_clothes(address);
  if (plain.is_v4() != network_.is_v4()) return false;
  for (unsigned i = 0; i < length_; ++i)
    if (bit(plain, i) != bit(network_, i)) return false;
  return true;
}

std::string Netblock::text() const {
  const std::string address = network_.to_string();
  return length_ == width(network_) ? address : address + "/" + std::to_string(length_);
}

}  // namespace tasuki::config
