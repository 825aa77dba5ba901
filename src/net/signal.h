// Wakes a coroutine that waits for something to become true.
//
//   while (!something()) co_await changed.wait();
//   …  elsewhere on the same loop: something becomes true; changed.notify();
//
// Any number may wait; notify() wakes them all. Not thread-safe.
#pragma once

#include "net/asio.h"

namespace tasuki::net {

class Signal {
public:
  explicit Signal(asio::any_io_executor executor)
      : timer_(std::move(executor), asio::steady_timer::time_point::max()) {}

  asio::awaitable<void> wait() {
    ErrorCode cancelled;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }

  void notify() { timer_.cancel(); }

private:
  asio::steady_timer timer_;
};

}  // namespace tasuki::net
