#include "wire/utf8.h"

#include <gtest/gtest.h>

namespace tasuki::wire {
namespace {

TEST(Utf8, CountsCharactersNotBytes) {
  EXPECT_EQ(characters("abc"), U"abc");
  EXPECT_EQ(characters("襷を渡す"), U"襷を渡す");
  EXPECT_EQ(characters("🏃")->size(), 1u);
  EXPECT_EQ(characters("")->size(), 0u);
}

TEST(Utf8, RefusesWhatIsNotWellFormed) {
  EXPECT_FALSE(characters("\x80"));              // a continuation alone
  EXPECT_FALSE(characters("\xe8\xa5"));          // cut short
  EXPECT_FALSE(characters("\xe8z\xb7"));         // broken off
  EXPECT_FALSE(characters("\xc1\xbf"));          // overlong
  EXPECT_FALSE(characters("\xe0\x9f\xbf"));      // overlong
  EXPECT_FALSE(characters("\xf0\x8f\xbf\xbf"));  // overlong
  EXPECT_FALSE(characters("\xed\xbf\xbf"));      // a surrogate
  EXPECT_FALSE(characters("\xf4\x90\x80\x80"));  // beyond Unicode
  EXPECT_FALSE(characters("\xff"));
}

TEST(Utf8, TakesTheFirstAndTheLastOfEachLength) {
  EXPECT_EQ(
      characters("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
      U"\x7f\x80\x7ff\x800\xffff\x10000\x10ffff");
}

TEST(PlainText, HasNoControlCharactersAndNoMarksThatReorder) {
  EXPECT_TRUE(is_plain_text("東京 office", 1, 63));
  EXPECT_FALSE(is_plain_text("a\nb", 1, 63));
  EXPECT_FALSE(is_plain_text(std::string_view("a\0b", 3), 1, 63));
  EXPECT_FALSE(is_plain_text("\u202egnp.exe", 1, 63));
  EXPECT_FALSE(is_plain_text("\u0085", 1, 63));
}

TEST(PlainText, IsMeasuredInCharacters) {
  EXPECT_TRUE(is_plain_text("ああああ", 4, 4));
  EXPECT_FALSE(is_plain_text("あああ", 4, 4));
  EXPECT_FALSE(is_plain_text("あああああ", 4, 4));
  EXPECT_FALSE(is_plain_text(std::string(1000000, 'a'), 0, 63));
}

}  // namespace
}  // namespace tasuki::wire
