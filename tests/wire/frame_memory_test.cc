// How much memory a FrameReader holds on to. A gateway has one for each of its
// idle connections, so what stays after a frame is paid tens of thousands of times.
#include "wire/frame.h"

#include <gtest/gtest.h>

#include <malloc.h>
#include <cstdlib>
#include <new>

namespace {

std::size_t held = 0;  // bytes that operator new has given out and not got back

}  // namespace

void* operator new(std::size_t size) {
  void* const at = std::malloc(size);
  if (!at) throw std::bad_alloc();
  held += malloc_usable_size(at);
  return at;
}

void operator delete(void* at) noexcept {
  if (at) held -= malloc_usable_size(at);
  std::free(at);
}

void operator delete(void* at, std::size_t) noexcept {
  operator delete(at);
}

namespace tasuki::wire {
namespace {

TEST(FrameReader, GivesItsMemoryBackBetweenFrames) {
  FrameReader reader;
  const std::size_t before = held;
  for (int i = 0; i < 3; ++i) {
    reader.receive(encode_frame(1, ByteString(16 * 1024, 7)));
    EXPECT_GT(held, before);
    reader.next();
    EXPECT_EQ(held, before);
  }
}

// A peer that always has the next frame begun when one is whole never lets the
// reader come to rest.
TEST(FrameReader, DoesNotGrowWhileItIsNeverAtRest) {
  FrameReader reader(max_payload);
  const std::size_t before = held;
  const ByteString frame = encode_frame(1, ByteString(1000, 7));
  reader.receive(Bytes(frame).first(10));
  std::size_t most = 0;
  for (int i = 0; i < 10'000; ++i) {
    reader.receive(Bytes(frame).subspan(10));
    reader.receive(Bytes(frame).first(10));
    EXPECT_TRUE(reader.next());
    most = std::max(most, held - before);
  }
  EXPECT_LT(most, 4 * max_payload);
}

TEST(FrameReader, KeepsNothingOfAFrameItRefuses) {
  FrameReader reader(100);
  const std::size_t before = held;
  reader.receive(ByteString{1, 0xff, 0xff, 0xff});
  EXPECT_THROW(reader.next(), ProtocolError);
  EXPECT_LT(held - before, 1024u);
}

}  // namespace
}  // namespace tasuki::wire
