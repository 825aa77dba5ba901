#include "log/escape.h"

#include <gtest/gtest.h>

namespace tasuki::log {
namespace {

using namespace std::string_literals;

TEST(LogValue, StaysAsItIsWhenItIsOneWord) {
  EXPECT_EQ(escaped("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(escaped("[2001:db8::1]:443"), "[2001:db8::1]:443");
  EXPECT_EQ(escaped("東京本社"), "東京本社");
}

TEST(LogValue, IsQuotedWhenItsEndCouldBeMistaken) {
  EXPECT_EQ(escaped(""), "\"\"");
  EXPECT_EQ(escaped("sales department"), "\"sales department\"");
  EXPECT_EQ(escaped("a=b"), "\"a=b\"");
}

TEST(LogValue, CannotEndItsLineOrItsQuotes) {
  EXPECT_EQ(escaped("x\n2026-01-31 evt=ADMIN"), "\"x\\n2026-01-31 evt=ADMIN\"");
  EXPECT_EQ(escaped("a\r\tb"), "\"a\\r\\tb\"");
  EXPECT_EQ(escaped("\" evt=FAKE \""), "\"\\\" evt=FAKE \\\"\"");
  EXPECT_EQ(escaped("\\"), "\"\\\\\"");
  EXPECT_EQ(escaped("\0"s), "\"\\x00\"");
}

TEST(LogValue, CannotMoveATerminalsCursorOrReorderItsText) {
  EXPECT_EQ(escaped("\x1b[2J"), "\"\\x1b[2J\"");
  EXPECT_EQ(escaped("\u009b2J"), "\"\\u{9b}2J\"");
  EXPECT_EQ(escaped("\u202eevil"), "\"\\u{202e}evil\"");
  EXPECT_EQ(escaped("a\u2028b"), "\"a\\u{2028}b\"");
}

TEST(LogValue, EscapesBytesThatAreNotUtf8) {
  EXPECT_EQ(escaped("\xff"), "\"\\xff\"");
  EXPECT_EQ(escaped("a\xe6\x9d"), "\"a\\xe6\\x9d\"");         // cut short
  EXPECT_EQ(escaped("\xc0\x8a"), "\"\\xc0\\x8a\"");           // an overlong line feed
  EXPECT_EQ(escaped("\xed\xa0\x80"), "\"\\xed\\xa0\\x80\"");  // a surrogate
  EXPECT_EQ(escaped("\xf4\x90\x80\x80"), "\"\\xf4\\x90\\x80\\x80\"");
}

TEST(LogValue, IsCutWhenItIsVeryLong) {
  const std::string line = escaped(std::string(100000, 'x'));
  EXPECT_LT(line.size(), 2100u);
  EXPECT_TRUE(line.ends_with("…\""));
}

TEST(LogKey, CannotHoldAnythingButAWord) {
  EXPECT_EQ(word("CLIENT_REFUSED"), "CLIENT_REFUSED");
  EXPECT_EQ(word("a b=c\n"), "a_b_c_");
  EXPECT_EQ(word(""), "_");
}

}  // namespace
}  // namespace tasuki::log
