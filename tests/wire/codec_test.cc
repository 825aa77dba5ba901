#include "wire/codec.h"

#include <gtest/gtest.h>

#include <limits>

namespace tasuki::wire {
namespace {

enum class Colour : std::uint8_t { red = 1, green = 2 };
constexpr bool known(Colour c) {
  return c == Colour::red || c == Colour::green;
}

enum class Wide : std::uint16_t { first = 0x0102 };
constexpr bool known(Wide w) {
  return w == Wide::first;
}

struct Point {
  std::uint8_t x = 0;
  std::uint16_t y = 0;
  bool operator==(const Point&) const = default;
  static void fields(auto& io, auto& m) { io(m.x, m.y); }
};

struct Everything {
  std::uint8_t byte = 0;
  std::uint16_t word = 0;
  std::uint32_t dword = 0;
  std::uint64_t qword = 0;
  Colour colour = Colour::red;
  Wide wide = Wide::first;
  std::array<std::uint8_t, 3> fixed{};
  Text<8> text;
  Blob<8> blob;
  List<Point, 3> points;
  List<Colour, 3> colours;
  Point nested;
  bool operator==(const Everything&) const = default;
  static void fields(auto& io, auto& m) {
    io(m.byte, m.word, m.dword, m.qword, m.colour, m.wide, m.fixed, m.text, m.blob, m.points,
       m.colours, m.nested);
  }
};

Everything full() {
  Everything m;
  m.byte = 0xfe;
  m.word = 0x1234;
  m.dword = 0x89abcdef;
  m.qword = 0x0123456789abcdef;
  m.colour = Colour::green;
  m.fixed = {7, 8, 9};
  m.text.value = "襷";
  m.blob.value = {0, 255};
  m.points.value = {{1, 2}, {3, 4}};
  m.colours.value = {Colour::green, Colour::red};
  m.nested = {5, 0xffff};
  return m;
}

template <typename M>
bool refuses(Bytes body) {
  try {
    decode_body<M>(body);
    return false;
  } catch (const ProtocolError&) {
    return true;
  }
}

struct OneText {
  Text<4> text;
  static void fields(auto& io, auto& m) { io(m.text); }
};
struct OneBlob {
  Blob<4> blob;
  static void fields(auto& io, auto& m) { io(m.blob); }
};
struct OneList {
  List<Point, 2> points;
  static void fields(auto& io, auto& m) { io(m.points); }
};
struct OneColour {
  Colour colour = Colour::red;
  static void fields(auto& io, auto& m) { io(m.colour); }
};
struct OneWide {
  Wide wide = Wide::first;
  static void fields(auto& io, auto& m) { io(m.wide); }
};
struct Colours {
  List<Colour, 3> colours;
  static void fields(auto& io, auto& m) { io(m.colours); }
};
struct Nothing {
  static void fields(auto&, auto&) {}
};

TEST(Codec, ReadsBackEveryKindOfField) {
  EXPECT_EQ(decode_body<Everything>(encode_body(full())), full());
}

TEST(Codec, ReadsBackEmptyFields) {
  EXPECT_EQ(decode_body<Everything>(encode_body(Everything{})), Everything{});
}

TEST(Codec, IsBigEndianWithSixteenBitLengths) {
  const ByteString expected{
      0xfe,                                            // byte
      0x12, 0x34,                                      // word
      0x89, 0xab, 0xcd, 0xef,                          // dword
      0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,  // qword
      0x02,                                            // colour
      0x01, 0x02,                                      // wide
      7,    8,    9,                                   // fixed
      0x00, 0x03, 0xe8, 0xa5, 0xb7,                    // text
      0x00, 0x02, 0x00, 0xff,                          // blob
      0x00, 0x02, 1,    0,    2,    3,    0,    4,     // points
      0x00, 0x02, 2,    1,                             // colours
      5,    0xff, 0xff,                                // nested
  };
  EXPECT_EQ(encode_body(full()), expected);
}

TEST(Codec, RefusesAMessageCutAnywhere) {
  const ByteString whole = encode_body(full());
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_TRUE(refuses<Everything>(Bytes(whole).first(size))) << size << " bytes";
}

TEST(Codec, RefusesASingleByteTooMany) {
  ByteString body = encode_body(full());
  body.push_back(0);
  EXPECT_TRUE(refuses<Everything>(body));
  EXPECT_TRUE(refuses<Nothing>(ByteString{0}));
  EXPECT_FALSE(refuses<Nothing>({}));
}

TEST(Codec, KeepsEveryBitOfTheLargestNumbers) {
  Everything m = full();
  m.qword = std::numeric_limits<std::uint64_t>::max();
  m.dword = std::numeric_limits<std::uint32_t>::max();
  m.word = std::numeric_limits<std::uint16_t>::max();
  EXPECT_EQ(decode_body<Everything>(encode_body(m)), m);
}

TEST(Codec, RefusesEveryValueAnEnumerationDoesNotHave) {
  for (unsigned value = 0; value < 256; ++value)
    EXPECT_EQ(refuses<OneColour>(ByteString{std::uint8_t(value)}), value != 1 && value != 2)
        << value;
  EXPECT_FALSE(refuses<OneWide>(ByteString{1, 2}));
  EXPECT_TRUE(refuses<OneWide>(ByteString{2, 1}));  // not the other way round either
}

TEST(Codec, RefusesAnUnknownValueInsideAList) {
  EXPECT_TRUE(refuses<Colours>(ByteString{0, 2, 1, 3}));
}

TEST(Codec, TakesTextAndBlobsUpToTheirLimitAndNoFurther) {
  EXPECT_FALSE(refuses<OneText>(ByteString{0, 4, 'a', 'b', 'c', 'd'}));
  EXPECT_TRUE(refuses<OneText>(ByteString{0, 5, 'a', 'b', 'c', 'd', 'e'}));
  EXPECT_FALSE(refuses<OneBlob>(ByteString{0, 4, 1, 2, 3, 4}));
  EXPECT_TRUE(refuses<OneBlob>(ByteString{0, 5, 1, 2, 3, 4, 5}));
}

TEST(Codec, RefusesALengthThatRunsPastTheEnd) {
  EXPECT_TRUE(refuses<OneText>(ByteString{0, 4, 'a', 'b', 'c'}));
  EXPECT_TRUE(refuses<OneBlob>(ByteString{0xff, 0xff}));
}

TEST(Codec, RefusesAListWithTooManyElements) {
  EXPECT_FALSE(refuses<OneList>(ByteString{0, 2, 1, 0, 1, 2, 0, 2}));
  EXPECT_TRUE(refuses<OneList>(ByteString{0, 3, 1, 0, 1, 2, 0, 2, 3, 0, 3}));
}

// The count is refused before anything is made of it.
TEST(Codec, RefusesACountWithoutElementsBehindIt) {
  EXPECT_TRUE(refuses<OneList>(ByteString{0xff, 0xff}));
  EXPECT_TRUE(refuses<OneList>(ByteString{0, 2}));
}

TEST(Codec, NeverSendsWhatItWouldRefuse) {
  EXPECT_THROW(encode_body(OneText{{"abcde"}}), std::length_error);
  EXPECT_THROW(encode_body(OneBlob{{{1, 2, 3, 4, 5}}}), std::length_error);
  EXPECT_THROW(encode_body(OneList{{{{}, {}, {}}}}), std::length_error);
}

TEST(Codec, ReplacesWhatAListHeldBefore) {
  OneList list{{{{9, 9}, {9, 9}}}};
  const ByteString body{0, 1, 1, 0, 1};
  Reader reader(body);
  OneList::fields(reader, list);
  EXPECT_EQ(list.points.value, (std::vector<Point>{{1, 1}}));
}

TEST(Codec, ReadsRawBytesToTheEnd) {
  Writer writer;
  writer(std::uint16_t{7});
  writer.rest(as_bytes("tail"));
  const ByteString body = std::move(writer).take();
  Reader reader(body);
  std::uint16_t number = 0;
  reader(number);
  EXPECT_EQ(number, 7);
  EXPECT_EQ(as_text(reader.rest()), "tail");
  EXPECT_NO_THROW(reader.finish());
}

// What a peer calls itself is shown to people and written to logs.
TEST(Codec, RefusesTextThatIsNotPlain) {
  for (const std::string_view bad : {"\xff", "\xe8\xa5", "a\nb", "\x1b[2J", "\xe2\x80\xae"}) {
    ByteString body{0, std::uint8_t(bad.size())};
    append(body, as_bytes(bad));
    EXPECT_TRUE(refuses<OneText>(body)) << bad;
  }
  EXPECT_TRUE(refuses<OneText>(ByteString{0, 1, 0}));
  EXPECT_FALSE(refuses<OneText>(ByteString{0, 3, 0xe8, 0xa5, 0xb7}));
}

}  // namespace
}  // namespace tasuki::wire
