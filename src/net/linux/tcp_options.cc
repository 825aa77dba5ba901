#include "net/linux/tcp_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace tasuki::net {
namespace {

void set(int socket, int level, int option, int value) noexcept {
  // Each is an improvement, none a necessity: a socket that refuses one still works.
  ::setsockopt(socket, level, option, &value, sizeof value);
}

}  // namespace

void set_tcp_options(int socket) noexcept {
  set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  // A NAT may forget a silent connection after 30 seconds: the kernel speaks before that,
  // which costs us neither a wake-up nor a record of TLS.
  set(socket, IPPROTO_TCP, TCP_KEEPIDLE, 20);
  set(socket, IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(socket, IPPROTO_TCP, TCP_KEEPCNT, 6);
  set(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, 30'000);       // milliseconds
  set(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 256 * 1024);  // a slow reader costs us no more
}

void set_local_tcp_options(int socket) noexcept {
  set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
}

}  // namespace tasuki::net
