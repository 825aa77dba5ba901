#include "net/linux/links.h"

#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <optional>

namespace tasuki::net {
namespace {

namespace ip = asio::ip;
using namespace std::chrono_literals;

// Changes come in showers: a cable that is plugged in says so a dozen times.
constexpr auto quiet_time = 500ms;
constexpr auto longest_silence = 60s;

std::optional<ip::address> address_of(const sockaddr* from, unsigned scope) {
  if (!from) return std::nullopt;
  if (from->sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, from, sizeof v4);
    return ip::address_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (from->sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, from, sizeof v6);
    ip::address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    ip::address_v6 address(bytes);
    if (address.is_link_local()) address.scope_id(scope);
    return address;
  }
  return std::nullopt;
}

std::vector<std::uint8_t> bytes_of(const ip::address& address) {
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    return {bytes.begin(), bytes.end()};
  }
  const auto bytes = address.to_v6().to_bytes();
  return {bytes.begin(), bytes.end()};
}

unsigned length_of(const ip::address& mask) {
  unsigned length = 0;
  for (const std::uint8_t byte : bytes_of(mask)) length += unsigned(std::popcount(byte));
  return length;
}

bool same_network(const ip::address& a, const ip::address& b, unsigned length) {
  if (a.is_v4() != b.is_v4()) return false;
  const auto left = bytes_of(a), right = bytes_of(b);
  for (unsigned i = 0; i < length; ++i)
    if ((left[i / 8] ^ right[i / 8]) >> (7 - i % 8) & 1) return false;
  return true;
}

bool in_block(const ip::address& address, const char* network, unsigned length) {
  return same_network(address, ip::make_address(network), length);
}

}  // namespace

std::vector<Link> links() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> list(first, ::freeifaddrs);
  std::vector<Link> found;
  for (const ifaddrs* each = first; each; each = each->ifa_next) {
    constexpr unsigned wanted = IFF_UP | IFF_RUNNING | IFF_MULTICAST;
    constexpr unsigned unwanted = IFF_LOOPBACK | IFF_POINTOPOINT;
    if ((each->ifa_flags & wanted) != wanted || each->ifa_flags & unwanted) continue;
    const unsigned index = ::if_nametoindex(each->ifa_name);
    const auto address = address_of(each->ifa_addr, index);
    const auto mask = address_of(each->ifa_netmask, 0);
    if (index == 0 || !address || !mask) continue;
    auto link = std::find_if(found.begin(), found.end(),
                             [&](const Link& known) { return known.index == index; });
    if (link == found.end()) link = found.insert(found.end(), Link{index, each->ifa_name, {}});
    link->addresses.push_back({*address, length_of(*mask)});
  }
  return found;
}

bool is_neighbour(const ip::address& address, const Link& link) {
  if (address.is_v6() && address.to_v6().is_link_local()) {
    const auto scope = address.to_v6().scope_id();
    return scope == 0 || scope == link.index;
  }
  return std::any_of(link.addresses.begin(), link.addresses.end(), [&](const LinkAddress& own) {
    return same_network(address, own.address, own.length);
  });
}

bool is_private(const ip::address& address) {
  if (address.is_v4())
    return in_block(address, "10.0.0.0", 8) || in_block(address, "172.16.0.0", 12) ||
           in_block(address, "192.168.0.0", 16) || in_block(address, "169.254.0.0", 16);
  return address.to_v6().is_link_local() || in_block(address, "fc00::", 7);
}

LinkWatch::LinkWatch(const asio::any_io_executor& executor) : timer_(executor) {
  // rtnetlink(7): the kernel tells whoever has joined these groups.
  const int netlink = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (netlink < 0) return;
  news_ = std::make_shared<asio::posix::stream_descriptor>(executor, netlink);
  sockaddr_nl groups{};
  groups.nl_family = AF_NETLINK;
  groups.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (::bind(netlink, reinterpret_cast<const sockaddr*>(&groups), sizeof groups) != 0)
    news_.reset();
}

asio::awaitable<void> LinkWatch::changed() {
  if (stopped_) co_return;
  timer_.expires_after(longest_silence);
  ErrorCode ignored;
  if (news_) {
    timer_.async_wait([news = news_](ErrorCode cancelled) {
      ErrorCode none;
      if (!cancelled) news->cancel(none);
    });
    co_await news_->async_wait(asio::posix::stream_descriptor::wait_read,
                               asio::redirect_error(asio::use_awaitable, ignored));
    timer_.cancel();
    if (stopped_) co_return;
    timer_.expires_after(quiet_time);
  }
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  // What the news are does not matter: the interfaces are read anew.
  std::array<char, 8192> unread;
  while (news_ && ::recv(news_->native_handle(), unread.data(), unread.size(), 0) > 0) {
  }
}

void LinkWatch::stop() {
  stopped_ = true;
  ErrorCode ignored;
  if (news_) news_->cancel(ignored);
  timer_.cancel();
}

}  // namespace tasuki::net
