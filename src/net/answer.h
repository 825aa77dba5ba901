// An answer that a coroutine awaits from a thread that may block (a name lookup,
// curl). Either side may be gone before the other: the thread then speaks to
// nobody, and the coroutine has its limit.
//
//   const auto answer = std::make_shared<Answer<int>>();
//   std::thread([answer] { answer->give(slow()); }).detach();
//   const std::optional<int> got = co_await receive(answer, until);
//
// Shared by exactly these two. The thread never touches the loop, which may end
// and be destroyed at any moment: all they have in common is a value under a
// lock and an eventfd.
#pragma once

#include "net/asio.h"
#include "net/descriptor.h"

#include <sys/eventfd.h>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

namespace tasuki::net {

template <typename T>
class Answer {
public:
  // On the thread, once.
  void give(T value) {
    const std::lock_guard lock(mutex_);
    value_.emplace(std::move(value));
    eventfd_write(bell_.get(), 1);
  }

  // On the loop: nullopt when there is none yet.
  std::optional<T> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(value_, std::nullopt);
  }

  // Readable when there is an answer. The caller's own: closing it does not pull
  // the number from under the thread.
  Descriptor bell() const { return bell_.duplicate(); }

private:
  const Descriptor bell_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::mutex mutex_;
  std::optional<T> value_;
};

// nullopt: `until` came first. Throws operation_aborted when cancelled.
template <typename T>
asio::awaitable<std::optional<T>> receive(std::shared_ptr<Answer<T>> answer,
                                          std::chrono::steady_clock::time_point until) {
  const auto executor = co_await asio::this_coro::executor;
  // Shared with the timer's handler, which may run after we are gone.
  const auto bell = std::make_shared<asio::posix::stream_descriptor>(executor);
  bell->assign(answer->bell().release());
  asio::steady_timer limit(executor, until);
  limit.async_wait([bell](ErrorCode cancelled) {
    ErrorCode ignored;
    if (!cancelled) bell->cancel(ignored);
  });

  ErrorCode unrung;
  co_await bell->async_wait(asio::posix::stream_descriptor::wait_read,
                            asio::redirect_error(asio::use_awaitable, unrung));
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none)
    throw boost::system::system_error(asio::error::operation_aborted);
  co_return answer->take();
}

}  // namespace tasuki::net
