// Reaching out: a TCP connection to a gateway, directly or through the proxy
// that stands in the way (HTTP CONNECT with no password, Basic, Digest or NTLM;
// SOCKS5 with or without password). Only client and agent use this; the gateway
// never dials.
#pragma once

#include "net/address.h"
#include "net/asio.h"

#include <chrono>
#include <stdexcept>

namespace tasuki::net {

struct Proxy {
  enum class Kind { none, http, socks5 };
  Kind kind = Kind::none;
  Address address;
  std::string user;
  std::string password;

  // "http://[user[:password]@]host:port", "socks5://…" or "none"; also "socks5h://…"
  // and a plain "host:port", which mean socks5 and http. User and password are
  // percent-decoded. The names are resolved by the proxy. Throws
  // std::invalid_argument with a reason for people, which never holds the password.
  static Proxy parse(std::string_view url);

  // What the environment says for this address: HTTPS_PROXY, https_proxy,
  // ALL_PROXY, all_proxy, unless NO_PROXY or no_proxy names the host: itself, a
  // domain above it, or "*". (Address ranges like 10.0.0.0/8 are not understood.)
  // Throws like parse.
  static Proxy from_environment(const Address& to);

  std::string text() const;  // "http://user@host:port": never the password
};

// Why an address could not be reached.
struct ReachError : std::runtime_error {
  enum class Cause {
    name_unknown,  // DNS has no such host
    refused,       // nobody listens there
    unreachable,   // no route, network down
    timed_out,
    proxy_unreachable,     // the proxy itself, by any of the above
    proxy_needs_password,  // 407 (or SOCKS5 method refused) and we had none to give
    proxy_wrong_password,  // 407 (or SOCKS5 user refused) after we gave one
    proxy_forbids,         // 403 and the like: the proxy does not connect there
    proxy_failed,          // the proxy answered something else
  };
  ReachError(Cause why, const std::string& what) : std::runtime_error(what), cause(why) {}
  Cause cause;
};

// Connects within `limit`, IPv6 and IPv4 racing (RFC 8305) when the name has
// both. The socket has TCP_NODELAY and is not inherited by programs we run.
// Throws ReachError. Cancelling the awaiting coroutine (it then throws
// operation_aborted) or ending the io_context while it waits is allowed.
asio::awaitable<tcp::socket> reach(Address to, Proxy proxy, std::chrono::milliseconds limit);

}  // namespace tasuki::net
