// The way out, and what to call it when there is none.
#include "net/reach.h"

#include "net/lookup.h"
#include "net/proxy_tunnel.h"
#include "net/race.h"

namespace tasuki::net {
namespace {
using Clock = std::chrono::steady_clock;

ReachError connect_error(const Address& to, const ErrorCode& error) {
  using Cause = ReachError::Cause;
  if (error == asio::error::connection_refused || error == asio::error::connection_reset)
    return {Cause::refused, to.text() + " refuses the connection"};
  if (error == asio::error::timed_out)
    return {Cause::timed_out, "no answer in time from " + to.text()};
  return {Cause::unreachable, "cannot reach " + to.text() + ": " + error.message()};
}

asio::awaitable<tcp::socket> connect_directly(const Address& to, Clock::time_point until) {
  const auto found = co_await look_up(to, until);
  auto order = alternate_families(found);
  try {
    tcp::socket socket = co_await race(std::move(order), until);
    co_return socket;
  } catch (const boost::system::system_error& failure) {
    if (failure.code() == asio::error::operation_aborted) throw;
    throw connect_error(to, failure.code());
  }
}

}  // namespace

asio::awaitable<tcp::socket> reach(Address to, Proxy proxy, std::chrono::milliseconds limit) {
  const auto until = Clock::now() + limit;
  if (proxy.kind == Proxy::Kind::none) {
    tcp::socket direct = co_await connect_directly(to, until);
    co_return direct;
  }
  tcp::socket tunnelled = co_await connect_through(proxy, to, until);
  co_return tunnelled;
}

}  // namespace tasuki::net
