#include "client/attempt.h"

#include "support/loop.h"

namespace tasuki::client {
namespace {

using namespace std::chrono_literals;

class AttemptTest : public testing::Test {
protected:
  // Notes how it ends.
  asio::awaitable<int> after(std::chrono::milliseconds time, int value) {
    struct Leaving {
      unsigned& left;
      ~Leaving() { ++left; }
    } const leaving{left_};
    asio::steady_timer timer(loop_, time);
    co_await timer.async_wait(asio::use_awaitable);
    if (value < 0) throw std::runtime_error("negative");
    co_return value;
  }

  asio::io_context loop_{1};
  unsigned left_ = 0;
  unsigned rung_ = 0;
  const std::function<void()> ring_ = [this] { ++rung_; };
};

TEST_F(AttemptTest, KeepsItsOutcomeUntilItIsTaken) {
  Attempt<int> attempt(loop_.get_executor(), ring_, after(1ms, 7));
  EXPECT_FALSE(attempt.done());
  ASSERT_TRUE(test::run_until(loop_, [&] { return attempt.done(); }));
  EXPECT_EQ(rung_, 1u);
  ASSERT_TRUE(attempt.succeeded());
  EXPECT_EQ(attempt.take(), 7);
  EXPECT_FALSE(attempt.succeeded());
  EXPECT_TRUE(attempt.done());
}

TEST_F(AttemptTest, KeepsItsFailure) {
  Attempt<int> attempt(loop_.get_executor(), ring_, after(1ms, -1));
  ASSERT_TRUE(test::run_until(loop_, [&] { return attempt.done(); }));
  EXPECT_FALSE(attempt.succeeded());
  EXPECT_THROW(std::rethrow_exception(attempt.failure()), std::runtime_error);
}

TEST_F(AttemptTest, IsCalledOffWhenNobodyWantsItAndRingsNoMore) {
  std::optional<Attempt<int>> attempt;
  attempt.emplace(loop_.get_executor(), ring_, after(1h, 7));
  asio::post(loop_, [&] { attempt.reset(); });
  ASSERT_TRUE(test::run_until(loop_, [&] { return left_ == 1; })) << "it goes on for an hour";
  EXPECT_EQ(rung_, 0u);
}

TEST_F(AttemptTest, MayBeCalledOffWhenItsOutcomeIsAboutToCome) {
  std::optional<Attempt<int>> attempt;
  attempt.emplace(loop_.get_executor(), ring_, after(5ms, 7));
  asio::steady_timer timer(loop_, 5ms);
  timer.async_wait([&](ErrorCode) { attempt.reset(); });
  ASSERT_TRUE(test::run_until(loop_, [&] { return left_ == 1; }));
  test::settle(loop_);
  EXPECT_LE(rung_, 1u);
}

TEST_F(AttemptTest, MayBeUnderWayWhenTheLoopIsTakenDown) {
  auto loop = std::make_unique<asio::io_context>(1);
  const auto forever = [](asio::io_context& on) -> asio::awaitable<int> {
    asio::steady_timer timer(on, 1h);
    co_await timer.async_wait(asio::use_awaitable);
    co_return 1;
  };
  const auto outer = [&](asio::io_context& on) -> asio::awaitable<int> {
    Attempt<int> inner(on.get_executor(), ring_, forever(on));
    asio::steady_timer timer(on, 1h);
    co_await timer.async_wait(asio::use_awaitable);
    co_return inner.take();
  };
  asio::co_spawn(*loop, outer(*loop), [](std::exception_ptr, int) {});
  loop->poll();
  loop.reset();
  EXPECT_EQ(rung_, 0u);
}

}  // namespace
}  // namespace tasuki::client
