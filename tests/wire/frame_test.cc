#include "wire/frame.h"

#include <gtest/gtest.h>

#include <random>

namespace tasuki::wire {

bool operator==(const Frame& left, const Frame& right) {
  return left.type == right.type && left.payload == right.payload;
}

namespace {

struct Note {
  static constexpr std::uint8_t type = 9;
  Text<64> text;
  static void fields(auto& io, auto& m) { io(m.text); }
};

std::vector<Frame> some_frames() {
  return {{1, {}}, {2, {42}}, {3, ByteString(300, 3)}, {255, ByteString(16 * 1024, 255)}, {4, {}}};
}

ByteString encoded(const std::vector<Frame>& frames) {
  ByteString bytes;
  for (const Frame& frame : frames) append(bytes, encode_frame(frame.type, frame.payload));
  return bytes;
}

void drain(FrameReader& reader, std::vector<Frame>& into) {
  while (auto frame = reader.next()) into.push_back(std::move(*frame));
}

TEST(Frame, HasATypeAndTwentyFourBitsOfLength) {
  EXPECT_EQ(encode_frame(0x12, ByteString{1, 2, 3}), (ByteString{0x12, 0, 0, 3, 1, 2, 3}));
  EXPECT_EQ(frame_header(7, 0x123456), (std::array<std::uint8_t, 4>{7, 0x12, 0x34, 0x56}));
}

TEST(Frame, CannotBeLongerThanItsLengthCanSay) {
  EXPECT_NO_THROW(frame_header(1, 0xffffff));
  EXPECT_THROW(frame_header(1, 0x1000000), std::length_error);
}

TEST(Frame, CarriesAMessageUnderItsType) {
  FrameReader reader;
  reader.receive(encode(Note{{"hello"}}));
  const auto frame = reader.next();
  ASSERT_TRUE(frame);
  EXPECT_EQ(decode<Note>(*frame).text.value, "hello");
}

TEST(Frame, IsNotReadAsAnotherMessage) {
  const Frame frame{10, encode_body(Note{{"hello"}})};
  EXPECT_THROW(decode<Note>(frame), ProtocolError);
}

TEST(FrameReader, CutsWhatComesAtOnce) {
  FrameReader reader;
  reader.receive(encoded(some_frames()));
  std::vector<Frame> got;
  drain(reader, got);
  EXPECT_EQ(got, some_frames());
}

TEST(FrameReader, CutsWhatComesByteByByte) {
  FrameReader reader;
  std::vector<Frame> got;
  for (const std::uint8_t byte : encoded(some_frames())) {
    reader.receive({&byte, 1});
    drain(reader, got);
  }
  EXPECT_EQ(got, some_frames());
  EXPECT_FALSE(reader.inside_frame());
}

TEST(FrameReader, CutsTwoPiecesSplitAnywhere) {
  const std::vector<Frame> frames{{1, {}}, {2, {42}}, {3, ByteString(30, 3)}, {4, {}}};
  const ByteString bytes = encoded(frames);
  for (std::size_t split = 0; split <= bytes.size(); ++split) {
    FrameReader reader;
    std::vector<Frame> got;
    reader.receive(Bytes(bytes).first(split));
    drain(reader, got);
    reader.receive(Bytes(bytes).subspan(split));
    drain(reader, got);
    EXPECT_EQ(got, frames) << "split at " << split;
  }
}

TEST(FrameReader, CutsPiecesOfRandomSizesHoweverLateTheyAreTaken) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    std::vector<Frame> frames;
    for (int i = 0; i < 40; ++i)
      frames.push_back({std::uint8_t(i), ByteString(random() % 5000, std::uint8_t(i))});
    const ByteString bytes = encoded(frames);
    FrameReader reader;
    std::vector<Frame> got;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t size = std::min<std::size_t>(1 + random() % 20000, bytes.size() - at);
      reader.receive(Bytes(bytes).subspan(at, size));
      at += size;
      if (random() % 3 == 0) drain(reader, got);
    }
    drain(reader, got);
    ASSERT_EQ(got, frames) << "seed " << seed;
  }
}

TEST(FrameReader, HasNothingToGiveBeforeAFrameIsWhole) {
  FrameReader reader;
  EXPECT_FALSE(reader.next());
  reader.receive(ByteString{1, 0, 0, 1});
  EXPECT_FALSE(reader.next());
  reader.receive(ByteString{9});
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
}

TEST(FrameReader, RefusesATooLongFrameAsSoonAsItsHeaderIsThere) {
  FrameReader reader(100);
  reader.receive(ByteString{1, 0, 0});
  EXPECT_FALSE(reader.next());
  reader.receive(ByteString{101});
  EXPECT_THROW(reader.next(), ProtocolError);
}

TEST(FrameReader, RefusesTheLongestLengthThereIs) {
  FrameReader reader(max_payload);
  reader.receive(ByteString{1, 0xff, 0xff, 0xff});
  EXPECT_THROW(reader.next(), ProtocolError);
}

TEST(FrameReader, TakesExactlyTheLargestFrame) {
  FrameReader reader(100);
  reader.receive(encode_frame(1, ByteString(100, 7)));
  EXPECT_TRUE(reader.next());
}

TEST(FrameReader, StaysRefusingOnceItHasRefused) {
  FrameReader reader(100);
  reader.receive(encode_frame(1, ByteString(101, 7)));
  EXPECT_THROW(reader.next(), ProtocolError);
  reader.receive(encode_frame(2, {}));
  EXPECT_THROW(reader.next(), ProtocolError);
}

TEST(FrameReader, TakesLongerFramesOnceTheyAreAllowed) {
  FrameReader reader;
  reader.receive(encode_frame(1, ByteString(max_payload, 7)));
  EXPECT_THROW(reader.next(), ProtocolError);
  reader.allow(max_payload);
  EXPECT_TRUE(reader.next());
}

TEST(FrameReader, GivesTheFramesBeforeATooLongOne) {
  FrameReader reader(100);
  ByteString bytes = encode_frame(1, ByteString{1});
  append(bytes, encode_frame(2, ByteString(101, 7)));
  reader.receive(bytes);
  EXPECT_TRUE(reader.next());
  EXPECT_THROW(reader.next(), ProtocolError);
}

TEST(FrameReader, KnowsWhetherThePeerOwesItBytes) {
  FrameReader reader;
  EXPECT_FALSE(reader.inside_frame());
  reader.receive(ByteString{1});
  EXPECT_TRUE(reader.inside_frame());
  reader.receive(ByteString{0, 0, 0});
  reader.next();
  EXPECT_FALSE(reader.inside_frame());
}

// A whole frame that nobody has taken is a leftover too: whoever takes the stream
// over from a conversation would lose it.
TEST(FrameReader, IsInsideWhileAWholeFrameWaits) {
  FrameReader reader;
  reader.receive(encode_frame(1, {}));
  EXPECT_TRUE(reader.inside_frame());
}

}  // namespace
}  // namespace tasuki::wire
