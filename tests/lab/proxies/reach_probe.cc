// Reaches ADDRESS through PROXY_URL, sends a line and prints what comes back:
// exit code 0. Or prints the name of the cause on stdout, the message on stderr:
// exit code 4.
#include "net/reach.h"

#include <fcntl.h>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <iostream>

using namespace tasuki;
using namespace std::chrono_literals;

namespace {

const char* name(net::ReachError::Cause cause) {
  using Cause = net::ReachError::Cause;
  switch (cause) {
    case Cause::name_unknown: return "name_unknown";
    case Cause::refused: return "refused";
    case Cause::unreachable: return "unreachable";
    case Cause::timed_out: return "timed_out";
    case Cause::proxy_unreachable: return "proxy_unreachable";
    case Cause::proxy_needs_password: return "proxy_needs_password";
    case Cause::proxy_wrong_password: return "proxy_wrong_password";
    case Cause::proxy_forbids: return "proxy_forbids";
    case Cause::proxy_failed: return "proxy_failed";
  }
  return "?";
}

// What reach promises of a socket, whichever way it came.
void check_promises(tcp::socket& socket) {
  tcp::no_delay no_delay;
  socket.get_option(no_delay);
  if (!no_delay.value()) throw std::logic_error("the socket waits before it sends");
  if (!(fcntl(socket.native_handle(), F_GETFD) & FD_CLOEXEC))
    throw std::logic_error("programs that we run would inherit the socket");
}

asio::awaitable<void> say_hello(net::Address to, net::Proxy proxy) {
  tcp::socket socket = co_await net::reach(to, proxy, 10s);
  check_promises(socket);
  const auto hello = asio::buffer("hello\n", 6);
  co_await asio::async_write(socket, hello, asio::use_awaitable);
  std::string answer;
  auto line = asio::dynamic_buffer(answer, 1024);
  co_await asio::async_read_until(socket, line, '\n', asio::use_awaitable);
  std::cout << answer << std::flush;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "use: reach_probe ADDRESS PROXY_URL\n";
    return 2;
  }
  try {
    const auto to = net::Address::parse(argv[1]);
    if (!to) throw std::invalid_argument("not an address");
    asio::io_context io;
    std::exception_ptr failure;
    asio::co_spawn(io, say_hello(*to, net::Proxy::parse(argv[2])),
                   [&](std::exception_ptr error) { failure = error; });
    io.run();
    if (failure) std::rethrow_exception(failure);
    return 0;
  } catch (const net::ReachError& error) {
    std::cout << name(error.cause) << std::endl;
    std::cerr << error.what() << std::endl;
    return 4;
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
}
