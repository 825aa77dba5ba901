// Something that is tried beside other things: its outcome is kept until somebody looks,
// and it is called off when nobody wants it any more.
//
//   net::Signal news(executor);
//   Attempt<Approach> through(executor, [&] { news.notify(); }, approach(…));
//   while (!through.done()) co_await news.wait();
//
// Lives on one loop.
#pragma once

#include "net/asio.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <functional>
#include <memory>
#include <optional>

namespace tasuki::client {

template <typename T>
class Attempt {
public:
  // `done` is called when there is an outcome, unless the attempt was called off.
  Attempt(const asio::any_io_executor& executor, std::function<void()> done,
          asio::awaitable<T> work)
      : executor_(executor), state_(std::make_shared<State>()) {
    state_->on_done = std::move(done);
    asio::co_spawn(executor, std::move(work),
                   asio::bind_cancellation_slot(
                       state_->stop.slot(), [state = state_](std::exception_ptr failure, T result) {
                         if (state->called_off) return;
                         if (!failure) state->result.emplace(std::move(result));
                         state->failure = failure;
                         state->done = true;
                         state->on_done();
                       }));
  }

  ~Attempt() {
    state_->called_off = true;
    // When the loop itself is taken down, what would be cancelled may be gone already.
    const auto* const loop = executor_.template target<asio::io_context::executor_type>();
    const bool alive = loop && loop->running_in_this_thread();
    if (alive && !state_->done) state_->stop.emit(asio::cancellation_type::terminal);
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  bool done() const { return state_->done; }
  std::exception_ptr failure() const { return state_->failure; }
  bool succeeded() const { return state_->result.has_value(); }  // and not yet taken
  T take() {
    T result = std::move(*state_->result);
    state_->result.reset();
    return result;
  }

private:
  // Shared with the handler of the outcome, which may come when we are gone.
  struct State {
    std::function<void()> on_done;
    asio::cancellation_signal stop;
    std::optional<T> result;
    std::exception_ptr failure;
    bool done = false;
    bool called_off = false;
  };
  const asio::any_io_executor executor_;
  const std::shared_ptr<State> state_;
};

}  // namespace tasuki::client
