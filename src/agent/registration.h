// Stays registered at one gateway of the profile: the first that takes us; back to an
// earlier one when that is there again; on to another when ours is lost or drained.
// Which and when is GatewayOrder's to say. Read registration.cc from the top.
//
// At every moment there is at most one line that counts; one that was left behind ends
// by itself, and pairings that were announced on it are still taken.
#pragma once

#include "agent/gateway_order.h"
#include "agent/line.h"

namespace tasuki::agent {

// Shared by its owner and its own coroutines.
class Registration : public std::enable_shared_from_this<Registration> {
public:
  struct Events {
    // A client wants in, through that gateway.
    std::function<void(const control::Incoming&, const net::Address& gateway)> incoming;
    // That gateway is going, and we are registered elsewhere (or with its successor at
    // the same address): whatever runs through it should come along.
    std::function<void(const net::Address& gateway)> on_drain;
    // An administrator of that gateway wants the session over that pair to end.
    std::function<void(const control::PairId& pair)> end;
    // Whether sessions wait for us to be back soon.
    std::function<bool()> has_sessions;
    // Every gateway refused us, at the start, for a reason that a person has to mend; or
    // a bug. Once; nothing more is tried.
    std::function<void(std::exception_ptr)> fatal;
  };

  // `door` and `identity` belong to whoever starts us.
  Registration(asio::io_context& loop, const peer::Door& door, const Identity& identity,
               std::chrono::seconds return_after, Events events);

  // `keeper` lives until the last of our coroutines has ended, which stop() brings about.
  void start(const std::shared_ptr<const void>& keeper);
  void stop();

  // Something that goes through our gateway has fallen silent: it has 3 s to answer.
  void check_now();
  void decline(const control::Token& token);

  std::shared_ptr<const Line> line() const { return line_; }
  std::string gateway() const { return line_ ? line_->gateway().text() : ""; }
  const std::string& trouble() const { return trouble_; }  // why not registered

private:
  struct Failure {
    GatewayOrder::Failure how = GatewayOrder::Failure::broken;
    std::chrono::seconds retry_after{0};
    std::string text;
  };
  static Failure judge(std::exception_ptr why);

  asio::awaitable<void> stay_registered();
  asio::awaitable<void> pause(GatewayOrder::Clock::time_point until);
  asio::awaitable<void> dial(GatewayOrder::Dial step);
  asio::awaitable<void> keep(std::shared_ptr<Line> line);
  void move_to(std::shared_ptr<Line> line, std::size_t place);
  void lost(std::exception_ptr why);
  void drained(const control::Drain& drain);
  void log_not_registered(const net::Address& gateway, const Failure& failure);

  asio::io_context& loop_;
  const peer::Door& door_;
  const Identity& identity_;
  const Events events_;
  GatewayOrder order_;
  asio::steady_timer timer_;
  std::weak_ptr<const void> keeper_;  // of door_ and identity_; held by our coroutines
  std::shared_ptr<Line> line_;        // the one that counts; while registered
  std::weak_ptr<Line> left_;          // the one before it
  std::string trouble_;
  bool ever_registered_ = false;
  bool dialling_ = false;
  bool stopping_ = false;
};

}  // namespace tasuki::agent
