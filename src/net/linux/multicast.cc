#include "net/linux/multicast.h"

#include "net/descriptor.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <array>
#include <cstring>

namespace tasuki::net {
namespace {

namespace ip = asio::ip;

// Room for either family's word about where a message came in, and to spare.
using Control = std::array<std::uint8_t, 256>;

int level_of(const udp& family) {
  return family == udp::v4() ? IPPROTO_IP : IPPROTO_IPV6;
}

void set(int socket, int level, int option, int value) {
  if (::setsockopt(socket, level, option, &value, sizeof value) != 0)
    throw std::system_error(errno, std::generic_category());
}

udp::socket open_socket(const asio::any_io_executor& executor, const udp& family,
                        std::uint16_t port) {
  Descriptor fd(::socket(family.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int level = level_of(family);
  if (port != 0) {
    set(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    set(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  }
  constexpr int hops = 255;  // RFC 6762, 11
  if (family == udp::v4()) {
    set(fd.get(), level, IP_PKTINFO, 1);
    set(fd.get(), level, IP_MULTICAST_TTL, hops);
    set(fd.get(), level, IP_TTL, hops);
    set(fd.get(), level, IP_MULTICAST_ALL, 0);  // what others have joined is not ours
  } else {
    set(fd.get(), level, IPV6_V6ONLY, 1);
    set(fd.get(), level, IPV6_RECVPKTINFO, 1);
    set(fd.get(), level, IPV6_MULTICAST_HOPS, hops);
    set(fd.get(), level, IPV6_UNICAST_HOPS, hops);
    set(fd.get(), level, IPV6_MULTICAST_ALL, 0);
  }
  udp::socket socket(executor, family, fd.release());
  socket.bind(udp::endpoint(family, port));
  return socket;
}

// The index of the interface, from the kernel's word beside the message; 0: it said none.
unsigned link_of(msghdr& header) {
  for (cmsghdr* word = CMSG_FIRSTHDR(&header); word; word = CMSG_NXTHDR(&header, word)) {
    if (word->cmsg_level == IPPROTO_IP && word->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(word), sizeof info);
      return unsigned(info.ipi_ifindex);
    }
    if (word->cmsg_level == IPPROTO_IPV6 && word->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(word), sizeof info);
      return info.ipi6_ifindex;
    }
  }
  return 0;
}

template <typename Info>
void say_link(msghdr& header, int level, int type, const Info& info) {
  header.msg_controllen = CMSG_SPACE(sizeof info);
  cmsghdr* const word = CMSG_FIRSTHDR(&header);
  word->cmsg_level = level;
  word->cmsg_type = type;
  word->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(word), &info, sizeof info);
}

}  // namespace

MulticastSocket::MulticastSocket(const asio::any_io_executor& executor, const udp& family,
                                 std::uint16_t port)
    : family_(family), socket_(open_socket(executor, family, port)) {}

void MulticastSocket::join(const ip::address& group, const std::vector<Link>& on) {
  std::set<unsigned> wanted;
  for (const Link& link : on) wanted.insert(link.index);
  // An interface that has gone took its membership along; leaving it then fails.
  for (const unsigned link : joined_)
    if (!wanted.contains(link)) change_membership(MCAST_LEAVE_GROUP, group, link);
  std::erase_if(joined_, [&](unsigned link) { return !wanted.contains(link); });
  for (const unsigned link : wanted)
    if (!joined_.contains(link) && change_membership(MCAST_JOIN_GROUP, group, link))
      joined_.insert(link);
}

bool MulticastSocket::change_membership(int option, const ip::address& group,
                                        unsigned link) noexcept {
  group_req request{};  // RFC 3678: the same for both families
  request.gr_interface = link;
  const udp::endpoint endpoint(group, 0);
  std::memcpy(&request.gr_group, endpoint.data(), endpoint.size());
  return ::setsockopt(socket_.native_handle(), level_of(family_), option, &request,
                      sizeof request) == 0;
}

asio::awaitable<Datagram> MulticastSocket::receive(std::size_t most) {
  Datagram datagram;
  while (!try_receive(most, datagram))
    co_await socket_.async_wait(udp::socket::wait_read, asio::use_awaitable);
  co_return datagram;
}

// False: nothing is there, or something that is dropped: what is too long, or came from
// nowhere that the kernel would name. The loop has others to serve before the next.
bool MulticastSocket::try_receive(std::size_t most, Datagram& into) {
  into.bytes.resize(most);
  iovec room{into.bytes.data(), into.bytes.size()};
  alignas(cmsghdr) Control control;
  msghdr header{};
  header.msg_name = into.from.data();
  header.msg_namelen = socklen_t(into.from.capacity());
  header.msg_iov = &room;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const ssize_t size = ::recvmsg(socket_.native_handle(), &header, 0);
  if (size < 0) return false;
  into.link = link_of(header);
  if (header.msg_flags & MSG_TRUNC || into.link == 0) return false;
  into.from.resize(header.msg_namelen);
  into.bytes.resize(std::size_t(size));
  return true;
}

void MulticastSocket::send(Bytes bytes, const udp::endpoint& to, unsigned link) noexcept {
  ByteString copy(bytes.begin(), bytes.end());  // sendmsg(2) wants it writable
  udp::endpoint where = to;
  iovec content{copy.data(), copy.size()};
  alignas(cmsghdr) Control control{};
  msghdr header{};
  header.msg_name = where.data();
  header.msg_namelen = socklen_t(where.size());
  header.msg_iov = &content;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  if (is_v4()) {
    in_pktinfo info{};
    info.ipi_ifindex = int(link);
    say_link(header, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    in6_pktinfo info{};
    info.ipi6_ifindex = link;
    say_link(header, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
  ::sendmsg(socket_.native_handle(), &header, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void MulticastSocket::close() noexcept {
  ErrorCode ignored;
  socket_.close(ignored);
}

}  // namespace tasuki::net
