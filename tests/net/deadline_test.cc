#include "net/deadline.h"

#include "net/frames.h"
#include "support/frames.h"
#include "support/streams.h"

#include <thread>

namespace tasuki::net {
namespace {

using namespace std::chrono_literals;
using test::error_of;
using test::run;

const auto timed_out = std::make_error_code(std::errc::timed_out);

struct Limits : testing::Test {
  asio::io_context loop;
  test::Streams streams = test::plain_streams(loop);
  Stream& ours = *streams.left;
  Stream& peer = *streams.right;

  asio::awaitable<void> pause(std::chrono::milliseconds time) {
    asio::steady_timer timer(loop, time);
    co_await timer.async_wait(asio::use_awaitable);
  }
};

// ---- Deadline ----

struct ADeadline : Limits {};

TEST_F(ADeadline, AbortsItsStreamWhenItPasses) {
  const auto why = error_of([&] {
    run(loop, [&]() -> asio::awaitable<void> {
      const Deadline deadline(ours, 10ms);
      std::array<std::uint8_t, 1> room;
      co_await ours.read_some(room);
    });
  });
  EXPECT_EQ(why, timed_out);
}

TEST_F(ADeadline, HoldsNoLongerThanItsScope) {
  run(loop, [&]() -> asio::awaitable<void> {
    { const Deadline deadline(ours, 5ms); }
    co_await pause(30ms);
    const ByteString bytes{1};
    co_await ours.write(bytes);
  });
}

// The timer has fired and its handler is queued when the scope ends: nothing may
// happen to the stream any more, nor to what was in its place.
TEST_F(ADeadline, HoldsNoLongerThanItsScopeEvenWhenItHasJustPassed) {
  {
    const Deadline deadline(ours, 0ms);
    std::this_thread::sleep_for(2ms);
  }
  test::settle(loop);
  EXPECT_FALSE(ours.try_write(ByteString{1}).error);

  std::optional<Deadline> deadline(std::in_place, ours, 0ms);
  std::this_thread::sleep_for(2ms);
  deadline.reset();
  streams.left.reset();
  test::settle(loop);
}

TEST_F(ADeadline, IsTheSoonerOneOfTwo) {
  const auto begin = std::chrono::steady_clock::now();
  const auto why = error_of([&] {
    run(loop, [&]() -> asio::awaitable<void> {
      const Deadline overall(ours, 10s);
      const Deadline step(ours, 10ms);
      std::array<std::uint8_t, 1> room;
      co_await ours.read_some(room);
    });
  });
  EXPECT_EQ(why, timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

TEST_F(ADeadline, MayOutliveTheLoopsWork) {
  const Deadline deadline(ours, 1h);
  test::settle(loop);
}

// ---- Frames ----

struct FramesOverAStream : Limits {
  Frames frames{ours, 400ms};

  asio::awaitable<void> say(ByteString bytes) { co_await peer.write(bytes); }
};

TEST_F(FramesOverAStream, ComeOneByOneHoweverTheyArrive) {
  run(loop, [&]() -> asio::awaitable<void> {
    ByteString both = wire::encode_frame(1, ByteString{1});
    append(both, wire::encode_frame(2, ByteString(5'000, 2)));
    co_await say(both);
    const wire::Frame first = co_await frames.expect();
    const wire::Frame second = co_await frames.expect();
    EXPECT_EQ(first.type, 1);
    EXPECT_EQ(second.payload, ByteString(5'000, 2));
  });
  EXPECT_FALSE(frames.leftover());
}

TEST_F(FramesOverAStream, EndWithNothingWhenThePeerHasFinished) {
  peer.try_finish();
  run(loop, [&]() -> asio::awaitable<void> {
    const auto frame = co_await frames.next();
    EXPECT_FALSE(frame);
  });
}

TEST_F(FramesOverAStream, AreAnErrorWhereOneIsExpectedAndThePeerHasFinished) {
  peer.try_finish();
  const auto why =
      error_of([&] { run(loop, [&]() -> asio::awaitable<void> { co_await frames.expect(); }); });
  EXPECT_EQ(why, StreamError::truncated);
}

TEST_F(FramesOverAStream, MayNotEndInTheMiddle) {
  peer.try_write(ByteString{1, 0, 0, 9, 1});
  peer.try_finish();
  EXPECT_THROW(run(loop, [&]() -> asio::awaitable<void> { co_await frames.next(); }),
               wire::ProtocolError);
}

// One byte a second would hold a place for hours.
TEST_F(FramesOverAStream, MayNotStopInTheMiddle) {
  peer.try_write(ByteString{1, 0});
  const auto why =
      error_of([&] { run(loop, [&]() -> asio::awaitable<void> { co_await frames.next(); }); });
  EXPECT_EQ(why, timed_out);
}

TEST_F(FramesOverAStream, MayNotTrickleIn) {
  const ByteString slow = wire::encode_frame(1, ByteString(100));
  const auto why = error_of([&] {
    run(
        loop,
        [&]() -> asio::awaitable<void> {
          try {
            for (const std::uint8_t byte : slow) {
              const ByteString one{byte};
              co_await peer.write(one);
              co_await pause(8ms);
            }
          } catch (const std::system_error&) {
            // Hung up on, as it should be; what the reader says of it counts.
          }
        },
        [&]() -> asio::awaitable<void> { co_await frames.next(); });
  });
  EXPECT_EQ(why, timed_out);
}

TEST_F(FramesOverAStream, LetAPeerThinkBetweenThem) {
  run(
      loop,
      [&]() -> asio::awaitable<void> {
        co_await pause(500ms);
        const ByteString frame = wire::encode_frame(7, {});
        co_await peer.write(frame);
      },
      [&]() -> asio::awaitable<void> {
        const wire::Frame frame = co_await frames.expect();
        EXPECT_EQ(frame.type, 7);
      });
}

// The limit is for each frame, not for the first and all after it.
TEST_F(FramesOverAStream, HaveALimitEach) {
  run(
      loop,
      [&]() -> asio::awaitable<void> {
        for (int i = 0; i < 5; ++i) {
          const ByteString frame = wire::encode_frame(7, {});
          ByteString head{frame[0], frame[1]}, tail{frame[2], frame[3]};
          co_await peer.write(head);
          co_await pause(120ms);
          co_await peer.write(tail);
        }
      },
      [&]() -> asio::awaitable<void> {
        for (int i = 0; i < 5; ++i) co_await frames.expect();
      });
}

TEST_F(FramesOverAStream, MayNotBeLargerThanBeforeAuthentication) {
  peer.try_write(wire::frame_header(1, wire::max_payload_before_auth + 1));
  EXPECT_THROW(run(loop, [&]() -> asio::awaitable<void> { co_await frames.next(); }),
               wire::ProtocolError);
}

TEST_F(FramesOverAStream, TellWhenBytesWereReadThatBelongToWhoeverComesNext) {
  run(loop, [&]() -> asio::awaitable<void> {
    ByteString bytes = wire::encode_frame(1, {});
    bytes.push_back(0x16);  // the first byte of something else
    co_await say(bytes);
    co_await frames.expect();
  });
  EXPECT_TRUE(frames.leftover());
}

}  // namespace
}  // namespace tasuki::net
