// The agent's control connection: registered at a gateway, it waits to be told of
// clients.
#pragma once

#include "agent/enrolment.h"
#include "control/keepalive.h"
#include "net/signal.h"
#include "peer/door.h"

namespace tasuki::agent {

// Shared by its owner and its own coroutines, the last of which hears of the end.
class Line : public std::enable_shared_from_this<Line> {
public:
  // Enters this gateway, and registers, unless it is `other_than` (one gateway may have
  // several addresses, and takes the last line for the only one). Throws what peer::enter()
  // throws, control::RefusedByGateway among it, and SameGateway.
  struct SameGateway : std::runtime_error {
    SameGateway() : std::runtime_error("another address of the same gateway") {}
  };
  static asio::awaitable<std::shared_ptr<Line>> open(
      const peer::Door& door, const Identity& identity, net::Address gateway,
      peer::Patience patience = {}, std::optional<control::GatewayId> other_than = {});

  explicit Line(peer::Greeted greeted);

  struct Events {
    std::function<void(const control::Incoming&)> incoming;  // a client wants in
    std::function<void(const control::Drain&)> drain;        // the gateway is going
    std::function<void(const control::PairId&)> end;         // the session over that pair
  };

  // Stays until the line ends, and throws why.
  asio::awaitable<void> stay(Events events);

  void decline(const control::Token& token) { say(wire::encode(control::Declined{token})); }

  // Somebody doubts that the line lives: the gateway is asked at once, and has 3 s.
  void check_now();

  // Says that no more comes from us, so that the gateway forgets us at once; hears out
  // what it has sent before that. stay() goes on until then, for 2 s at most.
  void leave();
  void abort();

  const net::Address& gateway() const { return greeted_.gateway; }
  control::GatewayId gateway_id() const {
    return wire::decode<control::Hello>(greeted_.hello).gateway;
  }

private:
  asio::awaitable<void> write();
  asio::awaitable<void> keep_alive();
  void say(Bytes frame);

  peer::Greeted greeted_;
  control::AgentKeepalive keepalive_;
  ByteString outgoing_;
  net::Signal outgoing_changed_;
  asio::steady_timer timer_;
  std::optional<control::Clock::time_point> farewell_;  // leaving: until then
  bool over_ = false;
};

}  // namespace tasuki::agent
