// The networks this machine is plugged into, and word of when they change.
#pragma once

#include "net/asio.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace tasuki::net {

struct LinkAddress {
  asio::ip::address address;
  unsigned length = 0;  // of the network's prefix, in bits
  bool operator==(const LinkAddress&) const = default;
};

// An interface that is up, is not the loopback and leads to more than one neighbour.
struct Link {
  unsigned index = 0;
  std::string name;
  std::vector<LinkAddress> addresses;  // at least one
  bool operator==(const Link&) const = default;
};
std::vector<Link> links();  // empty also when the kernel cannot be asked

// Whether the address belongs to a network that this link is in. An IPv6 link-local one
// belongs to every link, or to the one it names.
bool is_neighbour(const asio::ip::address& address, const Link& link);

// An address that is used inside of networks only: RFC 1918, RFC 4193, link-local.
bool is_private(const asio::ip::address& address);

// Tells when interfaces or addresses may have changed: at most twice a second, and every
// minute whatever happens.
class LinkWatch {
public:
  explicit LinkWatch(const asio::any_io_executor& executor);
  // Must outlive the call. Returns at once after stop().
  asio::awaitable<void> changed();
  void stop();

private:
  // None: the minute has to do. Shared with the timer's handler, which may run later.
  std::shared_ptr<asio::posix::stream_descriptor> news_;
  asio::steady_timer timer_;
  bool stopped_ = false;
};

}  // namespace tasuki::net
