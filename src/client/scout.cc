#include "client/scout.h"

namespace tasuki::client {

using Clock = std::chrono::steady_clock;

Scout::Scout(std::shared_ptr<peer::LiveSession> live, DirectWays ways, inner::ClientEnd::Whom whom)
    : live_(std::move(live)),
      ways_(std::move(ways)),
      whom_(std::move(whom)),
      links_(live_->executor()),
      timer_(live_->executor()) {}

void Scout::start() {
  if (!ways_.any()) return;
  const auto self = shared_from_this();
  asio::co_spawn(live_->executor(), look_out(), [self](std::exception_ptr) {});
  asio::co_spawn(live_->executor(), follow_links(), [self](std::exception_ptr) {});
}

void Scout::stop() {
  stopped_ = true;
  take();
  links_.stop();
  timer_.cancel();
}

void Scout::hurry() {
  times_.hurry();
  timer_.cancel();
}

void Scout::lost_directly(Clock::duration lifetime) {
  times_.lost_directly(lifetime);
}

asio::awaitable<void> Scout::look_out() {
  while (!stopped_) {
    const auto now = Clock::now();
    const auto due = times_.next(!live_->lost());
    if (!useful() || now < due) {
      timer_.expires_at(useful() ? due : now + LookTimes::usual);
      ErrorCode ignored;
      co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      continue;
    }
    times_.looked(now);
    Sealed sealed = co_await find_directly(ways_, whom_, std::nullopt);
    ++looks_;
    if (!stopped_ && useful()) found_ = std::move(sealed);
    live_->stir();
  }
}

// Not while one is found, nor while the session goes directly.
bool Scout::useful() const {
  const auto& carrier = live_->carrier();
  return !found_ && !live_->over() && !(carrier && is_direct(carrier->way()));
}

asio::awaitable<void> Scout::follow_links() {
  while (!stopped_) {
    co_await links_.changed();
    hurry();
  }
}

}  // namespace tasuki::client
