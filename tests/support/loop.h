// Coroutines of a test, run to their end on one loop, or to a limit if they hang.
#pragma once

#include "net/asio.h"

#include <gtest/gtest.h>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <csignal>
#include <stdexcept>

namespace tasuki::test {

// Long enough for a sanitizer on a machine that is busy; nothing waits for it to pass.
inline constexpr std::chrono::seconds hang_limit{30};

// Runs every task (a callable that gives an awaitable<void>) until all are over.
// Throws what the first one to fail throws, and std::runtime_error when they hang.
template <typename... Tasks>
void run(asio::io_context& loop, Tasks&&... tasks) {
  // A program ignores it from its start (net/stream.h speaks to sockets that may be gone).
  std::signal(SIGPIPE, SIG_IGN);
  std::size_t left = sizeof...(tasks);
  std::exception_ptr failure;
  const auto done = [&](std::exception_ptr error) {
    if (error && !failure) failure = error;
    if (--left == 0 || error) loop.stop();
  };
  (asio::co_spawn(loop, std::forward<Tasks>(tasks), done), ...);
  loop.restart();
  loop.run_for(hang_limit);
  if (failure) std::rethrow_exception(failure);
  if (left > 0) throw std::runtime_error("a coroutine hangs");
}

// Lets the loop work until `done` holds; false when that takes too long.
template <typename Done>
bool run_until(asio::io_context& loop, Done&& done) {
  std::signal(SIGPIPE, SIG_IGN);
  const auto limit = std::chrono::steady_clock::now() + hang_limit;
  loop.restart();
  while (!done()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    loop.restart();
    loop.run_one_for(std::chrono::milliseconds(50));
  }
  return true;
}

// Whatever is ready now, and what follows from it, without waiting for anything.
inline void settle(asio::io_context& loop) {
  std::signal(SIGPIPE, SIG_IGN);
  loop.restart();
  while (loop.poll() > 0) loop.restart();
}

// The error that the call throws; no error if it throws none.
template <typename Call>
std::error_code error_of(Call&& call) {
  try {
    call();
  } catch (const std::system_error& error) {
    return error.code();
  }
  return {};
}

}  // namespace tasuki::test
