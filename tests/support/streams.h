// Pairs of connected streams, plain or with TLS, and a realm's certificates.
#pragma once

#include "crypto/certificates.h"
#include "net/tls_stream.h"
#include "support/loop.h"

#include <sys/socket.h>

namespace tasuki::test {

struct Sockets {
  net::Socket left, right;
};

// `buffer`: bytes that the kernel holds for a reader that does not read, more or less.
inline Sockets sockets(asio::io_context& loop, int buffer = 0) {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
    throw std::system_error(errno, std::generic_category());
  if (buffer > 0)
    for (const int fd : fds) ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  const asio::generic::stream_protocol protocol(AF_UNIX, 0);
  return {net::Socket(loop, protocol, fds[0]), net::Socket(loop, protocol, fds[1])};
}

struct Streams {
  net::StreamPtr left, right;
};

inline Streams plain_streams(asio::io_context& loop, int buffer = 0) {
  Sockets both = sockets(loop, buffer);
  return {std::make_unique<net::PlainStream>(std::move(both.left)),
          std::make_unique<net::PlainStream>(std::move(both.right))};
}

// A realm with one gateway, "gw.test", which is also at 127.0.0.1 and ::1.
struct Realm {
  crypto::Issued root = crypto::make_root("test");
  std::vector<std::string> names{"gw.test", "127.0.0.1", "::1"};
  crypto::Issued leaf = crypto::make_gateway_leaf(root.certificate, root.private_key, names, 90);

  net::TlsContext server(std::string_view alpn = "test/1") const {
    return net::TlsContext::server(leaf.certificate, leaf.private_key.bytes(), alpn);
  }
  net::TlsContext client(std::string_view alpn = "test/1") const {
    return net::TlsContext::client({root.certificate}, alpn);
  }
};

inline const Realm& realm() {
  static const Realm made;
  return made;
}

// A server's and a client's end of one connection, before the handshake.
struct TlsEnds {
  net::TlsContext server_context, client_context;
  std::unique_ptr<net::TlsStream> server, client;

  explicit TlsEnds(asio::io_context& loop, net::TlsContext servers = realm().server(),
                   net::TlsContext clients = realm().client(), int buffer = 0)
      : server_context(std::move(servers)), client_context(std::move(clients)) {
    Sockets both = sockets(loop, buffer);
    server = std::make_unique<net::TlsStream>(std::move(both.left), server_context);
    client = std::make_unique<net::TlsStream>(std::move(both.right), client_context);
  }

  auto accept() {
    return [this]() -> asio::awaitable<void> { co_await server->accept(); };
  }
  auto connect(std::string host = "gw.test") {
    return [this, host]() -> asio::awaitable<void> { co_await client->connect(host); };
  }

  // What each side's handshake ends with.
  struct Outcome {
    std::error_code server, client;
  };
  Outcome shake_hands(asio::io_context& loop, const std::string& host = "gw.test") {
    Outcome outcome;
    const auto end = [](net::TlsStream& stream, std::error_code& into, const std::system_error& e) {
      into = e.code();
      stream.abort(e.code());  // as its owner would: the other side is not left waiting
    };
    run(
        loop,
        [&]() -> asio::awaitable<void> {
          try {
            co_await server->accept();
          } catch (const std::system_error& error) {
            end(*server, outcome.server, error);
          }
        },
        [&]() -> asio::awaitable<void> {
          try {
            co_await client->connect(host);
          } catch (const std::system_error& error) {
            end(*client, outcome.client, error);
          }
        });
    return outcome;
  }
};

// Writes all of it, and says that this was all.
inline auto say_all(net::Stream& stream, ByteString all) {
  return [&stream, all]() -> asio::awaitable<void> {
    co_await stream.write(all);
    co_await stream.finish();
  };
}

// Reads to the end, at most `largest` bytes at a time.
inline auto hear_all(net::Stream& stream, ByteString& into, std::size_t largest = 16 * 1024) {
  return [&stream, &into, largest]() -> asio::awaitable<void> {
    ByteString chunk(largest);
    std::size_t n = 1;
    while (n > 0) {
      n = co_await stream.read_some(chunk);
      append(into, Bytes(chunk).first(n));
    }
  };
}

}  // namespace tasuki::test
