#include "net/forward.h"

#include "support/pieces.h"
#include "support/streams.h"

namespace tasuki::net {
namespace {

using namespace std::chrono_literals;
using test::error_of;
using test::hear_all;
using test::realm;
using test::run;
using test::say_all;
using test::TlsEnds;

constexpr std::size_t one_block = 64 * 1024;

// A pair with TLS on both legs, as in a gateway, and the two peers at their far ends.
struct TlsPair {
  asio::io_context& loop;
  TlsEnds left_leg, right_leg;
  TlsStream& left = *left_leg.client;
  TlsStream& right = *right_leg.client;
  std::shared_ptr<Forwarder> forwarder;
  std::optional<std::error_code> ended;

  explicit TlsPair(asio::io_context& l, int buffer = 0)
      : loop(l),
        left_leg(l, realm().server(), realm().client(), buffer),
        right_leg(l, realm().server(), realm().client(), buffer) {
    left_leg.shake_hands(loop);
    right_leg.shake_hands(loop);
    forwarder = Forwarder::join(std::move(left_leg.server), std::move(right_leg.server),
                                [this](std::error_code why) {
                                  EXPECT_FALSE(ended) << "told twice";
                                  ended = why;
                                });
  }
  bool wait_for_the_end() {
    return test::run_until(loop, [this] { return ended.has_value(); });
  }
};

struct AForwarder : testing::Test {
  asio::io_context loop;
};

TEST_F(AForwarder, MovesEveryByteBothWays) {
  TlsPair pair(loop);
  test::Random random(1);
  const ByteString up = random.bytes(1'000'000), down = random.bytes(700'000);
  ByteString heard_up, heard_down;
  run(loop, say_all(pair.left, up), say_all(pair.right, down), hear_all(pair.left, heard_down),
      hear_all(pair.right, heard_up));
  EXPECT_EQ(heard_up, up);
  EXPECT_EQ(heard_down, down);
  ASSERT_TRUE(pair.wait_for_the_end());
  EXPECT_FALSE(*pair.ended);
  EXPECT_EQ(pair.forwarder->traffic().from_left, up.size());
  EXPECT_EQ(pair.forwarder->traffic().from_right, down.size());
}

TEST_F(AForwarder, MovesEveryByteToReadersThatAreSlow) {
  TlsPair pair(loop, 4096);
  test::Random random(2);
  const ByteString up = random.bytes(300'000), down = random.bytes(200'000);
  ByteString heard_up, heard_down;
  const auto slowly = [&](Stream& stream, ByteString& into) {
    return [&stream, &into, this]() -> asio::awaitable<void> {
      std::array<std::uint8_t, 3'000> chunk;
      asio::steady_timer timer(loop);
      std::size_t n = 1;
      while (n > 0) {
        timer.expires_after(100us);
        co_await timer.async_wait(asio::use_awaitable);
        n = co_await stream.read_some(chunk);
        append(into, Bytes(chunk).first(n));
      }
    };
  };
  run(loop, say_all(pair.left, up), say_all(pair.right, down), slowly(pair.left, heard_down),
      slowly(pair.right, heard_up));
  EXPECT_EQ(heard_up, up);
  EXPECT_EQ(heard_down, down);
}

// What a sender can get rid of while the reader reads nothing: the kernel's buffers of
// both legs, a block, and a record or two. Not more, however long one waits.
TEST_F(AForwarder, HoldsNoMoreThanABlockForAReaderThatStops) {
  TlsPair pair(loop, 4096);
  const ByteString much(1 << 20, 'x');
  std::size_t taken = 0;
  for (int idle = 0; idle < 50;) {
    const Progress progress = pair.left.try_write(Bytes(much).first(10'000));
    taken += progress.bytes;
    idle = progress.bytes == 0 ? idle + 1 : 0;
    test::settle(loop);
    ASSERT_LT(taken, 1u << 20) << "there is no end to it";
  }
  EXPECT_LE(pair.forwarder->traffic().from_left, 2 * one_block);
  // And the other way goes on meanwhile.
  ByteString heard;
  run(loop, say_all(pair.right, ByteString(100'000, 'y')), hear_all(pair.left, heard));
  EXPECT_EQ(heard.size(), 100'000u);
}

TEST_F(AForwarder, PassesAHalfCloseOnAndLetsTheOtherWayGoOn) {
  TlsPair pair(loop);
  ByteString question, answer;
  run(loop, say_all(pair.left, {1, 2}), hear_all(pair.right, question));
  EXPECT_EQ(question, (ByteString{1, 2}));
  EXPECT_FALSE(pair.ended);
  run(loop, say_all(pair.right, {3, 4}), hear_all(pair.left, answer));
  EXPECT_EQ(answer, (ByteString{3, 4}));
  ASSERT_TRUE(pair.wait_for_the_end());
  EXPECT_FALSE(*pair.ended);
}

TEST_F(AForwarder, PassesAnEndOnOnlyAfterAllThatWasSaidBeforeIt) {
  TlsPair pair(loop, 4096);
  const ByteString much(400'000, 'x');
  ByteString heard;
  bool said = false;
  run(
      loop,
      [&]() -> asio::awaitable<void> {
        co_await pair.left.write(much);
        co_await pair.left.finish();
        said = true;
      },
      hear_all(pair.right, heard, 500));
  EXPECT_TRUE(said);
  EXPECT_EQ(heard.size(), much.size());
}

TEST_F(AForwarder, ShowsATruncationOfOneLegAsOneOnTheOther) {
  TlsPair pair(loop);
  pair.left.try_write(ByteString{1, 2, 3});
  pair.left_leg.client.reset();
  ByteString heard;
  EXPECT_EQ(error_of([&] { run(loop, hear_all(pair.right, heard)); }), StreamError::truncated);
  EXPECT_EQ(heard, (ByteString{1, 2, 3}));
  EXPECT_EQ(*pair.ended, StreamError::truncated);
}

TEST_F(AForwarder, ShowsBrokenTlsOfOneLegAsATruncationOnTheOther) {
  TlsPair pair(loop);
  const ByteString junk(100, 0x17);
  ::send(pair.left.native_handle(), junk.data(), junk.size(), 0);
  ByteString heard;
  EXPECT_EQ(error_of([&] { run(loop, hear_all(pair.right, heard)); }), StreamError::truncated);
  EXPECT_TRUE(heard.empty());
  EXPECT_EQ(*pair.ended, StreamError::broken_tls);
}

TEST_F(AForwarder, IsAbortedWithAReasonAndShowsBothPeersATruncation) {
  TlsPair pair(loop);
  test::settle(loop);
  const auto why = std::make_error_code(std::errc::operation_canceled);
  pair.forwarder->abort(why);
  pair.forwarder->abort(std::make_error_code(std::errc::timed_out));
  EXPECT_EQ(*pair.ended, why);
  ByteString heard;
  EXPECT_EQ(error_of([&] { run(loop, hear_all(pair.left, heard)); }), StreamError::truncated);
  EXPECT_EQ(error_of([&] { run(loop, hear_all(pair.right, heard)); }), StreamError::truncated);
}

TEST_F(AForwarder, MayBeAbortedBeforeItHasBegun) {
  TlsPair pair(loop);
  pair.forwarder->abort(std::make_error_code(std::errc::operation_canceled));
  pair.forwarder.reset();
  test::settle(loop);
  EXPECT_TRUE(pair.ended);
}

TEST_F(AForwarder, MayBeLetGoOfByItsOwnerWhenItEnds) {
  test::Streams left = test::plain_streams(loop), right = test::plain_streams(loop);
  std::shared_ptr<Forwarder> forwarder;
  bool ended = false;
  forwarder = Forwarder::join(std::move(left.right), std::move(right.left), [&](std::error_code) {
    forwarder.reset();
    ended = true;
  });
  left.left->try_finish();
  right.right->try_finish();
  EXPECT_TRUE(test::run_until(loop, [&] { return ended; }));
  test::settle(loop);
}

TEST_F(AForwarder, NoticesAPeerThatLeavesWhileNothingMoves) {
  TlsPair pair(loop);
  test::settle(loop);
  pair.right_leg.client.reset();
  ASSERT_TRUE(pair.wait_for_the_end());
  EXPECT_EQ(*pair.ended, StreamError::truncated);
}

// ---- its owner's loop ----

// A stream that always has more to give and always takes all of it.
class Endless final : public Stream {
public:
  using Stream::Stream;
  Progress try_read(Buffer into) override {
    if (aborted_) return {.error = aborted_};
    ++reads;
    return {.bytes = into.size()};
  }
  Progress try_write(Bytes bytes) override {
    if (aborted_) return {.error = aborted_};
    return {.bytes = bytes.size()};
  }
  Progress try_finish() override { return {.ended = true}; }
  int reads = 0;
};

TEST_F(AForwarder, LetsOthersHaveATurnWhileItHasBytesToMove) {
  test::Sockets sockets = test::sockets(loop);
  auto left = std::make_unique<Endless>(std::move(sockets.left));
  auto right = std::make_unique<Endless>(std::move(sockets.right));
  Endless& busy = *left;
  const auto forwarder = Forwarder::join(std::move(left), std::move(right), [](std::error_code) {});
  int turns = 0;
  std::function<void()> other = [&] {
    if (++turns < 100)
      asio::post(loop, other);
    else
      forwarder->abort(std::make_error_code(std::errc::operation_canceled));
  };
  asio::post(loop, other);
  loop.run();
  EXPECT_EQ(turns, 100);
  EXPECT_GT(busy.reads, 100);      // it did work meanwhile
  EXPECT_LT(busy.reads, 100'000);  // and not all of the time
}

// A leg whose writes are taken a byte at a time, with pauses.
class Dripping final : public Stream {
public:
  using Stream::Stream;
  Progress try_read(Buffer) override {
    return aborted_ ? Progress{.error = aborted_} : Progress{.want = Want::read};
  }
  Progress try_write(Bytes bytes) override {
    if (aborted_) return {.error = aborted_};
    if (++calls % 3 == 0) return {.want = Want::write};
    got.push_back(bytes.front());
    return {.bytes = 1};
  }
  Progress try_finish() override {
    if (++finishes < 3) return {.want = Want::write};
    return {.ended = true};
  }
  int calls = 0, finishes = 0;
  ByteString got;
};

TEST_F(AForwarder, LosesNothingToALegThatTakesAByteAtATime) {
  test::Streams left = test::plain_streams(loop);
  test::Sockets right = test::sockets(loop);
  auto dripping = std::make_unique<Dripping>(std::move(right.left));
  Dripping& leg = *dripping;
  const auto forwarder =
      Forwarder::join(std::move(left.right), std::move(dripping), [](std::error_code) {});
  const ByteString all = test::Random(3).bytes(10'000);
  run(loop, say_all(*left.left, all));
  EXPECT_TRUE(test::run_until(loop, [&] { return leg.finishes == 3; }));
  EXPECT_EQ(leg.got, all);
}

}  // namespace
}  // namespace tasuki::net
