#include "net/linux/peer_uid.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace tasuki::net {
namespace {

class Descriptor {
public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

private:
  int fd_;
};

void put(const asio::ip::address& from, __be32 (&to)[4]) {
  if (from.is_v4()) {
    const auto bytes = from.to_v4().to_bytes();
    std::memcpy(to, bytes.data(), bytes.size());
  } else {
    const auto bytes = from.to_v6().to_bytes();
    std::memcpy(to, bytes.data(), bytes.size());
  }
}

}  // namespace

// Asked of the kernel by sock_diag(7): one question about one socket, where
// /proc/net/tcp would have us read them all.
std::optional<uid_t> peer_uid(const tcp::endpoint& ours, const tcp::endpoint& theirs) {
  const Descriptor netlink(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (netlink.get() < 0) return std::nullopt;

  struct {
    nlmsghdr header;
    inet_diag_req_v2 body;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.body.sdiag_family = ours.address().is_v4() ? AF_INET : AF_INET6;
  request.body.sdiag_protocol = IPPROTO_TCP;
  request.body.idiag_states = ~0u;
  request.body.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  request.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  // The socket in question is the peer's: its source is their end.
  request.body.id.idiag_sport = htons(theirs.port());
  request.body.id.idiag_dport = htons(ours.port());
  put(theirs.address(), request.body.id.idiag_src);
  put(ours.address(), request.body.id.idiag_dst);
  if (::send(netlink.get(), &request, sizeof request, 0) != ssize_t(sizeof request))
    return std::nullopt;

  alignas(nlmsghdr) std::array<char, 4096> answer;
  const ssize_t size = ::recv(netlink.get(), answer.data(), answer.size(), 0);
  nlmsghdr header;
  inet_diag_msg body;
  if (size < ssize_t(NLMSG_LENGTH(sizeof body))) return std::nullopt;
  std::memcpy(&header, answer.data(), sizeof header);
  if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY) return std::nullopt;
  std::memcpy(&body, answer.data() + NLMSG_HDRLEN, sizeof body);
  // A socket that its owner has closed belongs to nobody, and is reported as root's.
  if (body.idiag_state != TCP_ESTABLISHED || body.idiag_inode == 0) return std::nullopt;
  return body.idiag_uid;
}

}  // namespace tasuki::net
