// A UDP socket for a multicast group on each link of its own: says on which link a
// message came, and sends on the link that it is told.
#pragma once

#include "net/linux/links.h"
#include "wire/bytes.h"

#include <boost/asio/ip/udp.hpp>
#include <set>

namespace tasuki::net {

using udp = asio::ip::udp;

struct Datagram {
  ByteString bytes;
  udp::endpoint from;  // IPv6 link-local with the link as its scope
  unsigned link = 0;   // the index of the interface it came in by
};

class MulticastSocket {
public:
  // Bound to `port` beside whoever else is (RFC 6762, 15.1), or to a free one if it is 0.
  // Throws std::system_error, as when this machine lacks the family.
  MulticastSocket(const asio::any_io_executor& executor, const udp& family, std::uint16_t port);

  // Is in the group on exactly these links from now on.
  void join(const asio::ip::address& group, const std::vector<Link>& on);

  // The next message, of at most `most` bytes; longer ones are dropped. Throws
  // boost::system::system_error once closed.
  asio::awaitable<Datagram> receive(std::size_t most);

  // Not waited for, and lost when the network has no room: as UDP is.
  void send(Bytes bytes, const udp::endpoint& to, unsigned link) noexcept;

  void close() noexcept;
  bool is_v4() const { return family_ == udp::v4(); }

private:
  bool try_receive(std::size_t most, Datagram& into);
  bool change_membership(int option, const asio::ip::address& group, unsigned link) noexcept;

  const udp family_;
  udp::socket socket_;
  std::set<unsigned> joined_;
};

}  // namespace tasuki::net
