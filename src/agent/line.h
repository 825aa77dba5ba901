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
  // Enters the first of the profile's gateways that answers, and registers. Throws what
  // peer::enter() throws, control::RefusedByGateway among it.
  static asio::awaitable<std::shared_ptr<Line>> open(const peer::Door& door,
                                                     const Identity& identity);

  explicit Line(peer::Greeted greeted);

  // Stays until the line ends, and throws why; `incoming` hears of each client.
  asio::awaitable<void> stay(std::function<void(const control::Incoming&)> incoming);

  void decline(const control::Token& token) { say(wire::encode(control::Declined{token})); }
  void abort();

  const net::Address& gateway() const { return greeted_.gateway; }

private:
  asio::awaitable<void> write();
  asio::awaitable<void> keep_alive();
  void say(Bytes frame);

  peer::Greeted greeted_;
  control::AgentKeepalive keepalive_;
  ByteString outgoing_;
  net::Signal outgoing_changed_;
  asio::steady_timer timer_;
  bool over_ = false;
};

}  // namespace tasuki::agent
