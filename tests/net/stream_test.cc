#include "net/stream.h"

#include "net/signal.h"
#include "support/pieces.h"
#include "support/streams.h"

namespace tasuki::net {
namespace {

using namespace std::chrono_literals;
using test::error_of;
using test::hear_all;
using test::run;
using test::say_all;

const auto cancelled = std::make_error_code(std::errc::operation_canceled);
const auto timed_out = std::make_error_code(std::errc::timed_out);

struct PlainStreams : testing::Test {
  asio::io_context loop;
  test::Streams streams = test::plain_streams(loop, 4096);
  Stream& left = *streams.left;
  Stream& right = *streams.right;
};

TEST_F(PlainStreams, CarryBytesBothWaysAtOnce) {
  test::Random random(1);
  const ByteString up = random.bytes(300'000), down = random.bytes(200'000);
  ByteString heard_up, heard_down;
  run(loop, say_all(left, up), say_all(right, down), hear_all(left, heard_down),
      hear_all(right, heard_up, 1'000));
  EXPECT_EQ(heard_up, up);
  EXPECT_EQ(heard_down, down);
}

TEST_F(PlainStreams, LeaveTheOtherWayOpenWhenOneIsFinished) {
  ByteString nothing, answer;
  run(loop, say_all(left, {}), hear_all(right, nothing));
  run(loop, say_all(right, {1, 2, 3}), hear_all(left, answer));
  EXPECT_TRUE(nothing.empty());
  EXPECT_EQ(answer, (ByteString{1, 2, 3}));
}

TEST_F(PlainStreams, SayWhatTheyWaitFor) {
  std::array<std::uint8_t, 10> room;
  EXPECT_EQ(left.try_read(room).want, Want::read);
  const ByteString much(100'000, 'x');
  std::size_t taken = 0;
  Progress last;
  while (last.want == Want::nothing) {
    last = left.try_write(much);
    taken += last.bytes;
  }
  EXPECT_EQ(last.want, Want::write);
  EXPECT_GT(taken, 0u);
}

TEST_F(PlainStreams, TellOnceWhenTheyAreReady) {
  int told = 0;
  right.when(Want::read, [&](ErrorCode error) {
    EXPECT_FALSE(error);
    ++told;
  });
  test::settle(loop);
  EXPECT_EQ(told, 0);
  left.try_write(ByteString{1});
  EXPECT_TRUE(test::run_until(loop, [&] { return told > 0; }));
  left.try_write(ByteString{2});
  test::settle(loop);
  EXPECT_EQ(told, 1);
}

TEST_F(PlainStreams, WakeAReaderWithTheReasonOfAnAbort) {
  std::error_code why;
  run(
      loop,
      [&]() -> asio::awaitable<void> {
        std::array<std::uint8_t, 10> room;
        try {
          co_await left.read_some(room);
        } catch (const std::system_error& error) {
          why = error.code();
        }
      },
      [&]() -> asio::awaitable<void> {
        left.abort(timed_out);
        co_return;
      });
  EXPECT_EQ(why, timed_out);
}

TEST_F(PlainStreams, WakeAWriterWithTheReasonOfAnAbort) {
  std::error_code why;
  asio::steady_timer timer(loop, 10ms);
  timer.async_wait([&](ErrorCode) { left.abort(timed_out); });
  why = error_of([&] { run(loop, say_all(left, ByteString(1'000'000))); });
  EXPECT_EQ(why, timed_out);
}

TEST_F(PlainStreams, KeepTheFirstReasonForWhateverIsTriedLater) {
  left.abort(timed_out);
  left.abort(cancelled);
  std::array<std::uint8_t, 10> room;
  EXPECT_EQ(left.try_read(room).error, timed_out);
  EXPECT_EQ(left.try_write(room).error, timed_out);
  EXPECT_EQ(left.try_finish().error, timed_out);
  bool told = false;
  left.when(Want::read, [&](ErrorCode) { told = true; });
  EXPECT_TRUE(test::run_until(loop, [&] { return told; }));  // nobody waits for ever
}

TEST_F(PlainStreams, FailWhenThePeerIsGone) {
  streams.right.reset();
  EXPECT_TRUE(error_of([&] { run(loop, say_all(left, ByteString(1'000'000))); }));
}

TEST_F(PlainStreams, MayBeDestroyedWhileSomebodyWaits) {
  bool told = false;
  left.when(Want::read, [&](ErrorCode error) {
    EXPECT_TRUE(error);
    told = true;
  });
  streams.left.reset();
  EXPECT_TRUE(test::run_until(loop, [&] { return told; }));
}

TEST(StreamErrors, HaveTextsForTheLog) {
  EXPECT_EQ(make_error_code(StreamError::truncated).message(),
            "the connection ended without a proper close");
  EXPECT_STREQ(make_error_code(StreamError::untrusted).category().name(), "stream");
}

// ---- Signal ----

TEST(Signal, WakesEveryoneWhoWaits) {
  asio::io_context loop;
  Signal changed(loop.get_executor());
  int awake = 0;
  const auto sleeper = [&]() -> asio::awaitable<void> {
    co_await changed.wait();
    ++awake;
  };
  run(loop, sleeper, sleeper, sleeper, [&]() -> asio::awaitable<void> {
    EXPECT_EQ(awake, 0);
    changed.notify();
    co_return;
  });
  EXPECT_EQ(awake, 3);
}

TEST(Signal, DoesNotRememberWhenNobodyWaits) {
  asio::io_context loop;
  Signal changed(loop.get_executor());
  changed.notify();
  bool awake = false;
  asio::co_spawn(
      loop,
      [&]() -> asio::awaitable<void> {
        co_await changed.wait();
        awake = true;
      },
      asio::detached);
  test::settle(loop);
  EXPECT_FALSE(awake);
  changed.notify();
  test::settle(loop);
  EXPECT_TRUE(awake);
}

}  // namespace
}  // namespace tasuki::net
