#include "cli/table.h"

#include <gtest/gtest.h>

namespace tasuki::cli {
namespace {

TEST(DisplayWidth, CountsWhatATerminalShows) {
  EXPECT_EQ(display_width(""), 0u);
  EXPECT_EQ(display_width("pc1"), 3u);
  EXPECT_EQ(display_width("営業所"), 6u);
  EXPECT_EQ(display_width("ｶﾅ"), 2u);              // half-width kana
  EXPECT_EQ(display_width("が"), 2u);              // one character
  EXPECT_EQ(display_width("か\xe3\x82\x99"), 2u);  // the mark on the one before
  EXPECT_EQ(display_width("Ｗ（）"), 6u);          // full-width Latin
  EXPECT_EQ(display_width("é"), 1u);
}

TEST(DisplayWidth, SurvivesBytesThatAreNoText) {
  EXPECT_EQ(display_width("\xff\xfe"), 2u);
  EXPECT_EQ(display_width("a\xe5\x96"), 3u);
}

TEST(Table, AlignsColumnsByDisplayWidth) {
  Table table({{"NAME", "名前"}, {"REALM", "レルム"}, {"KEY", "キー"}});
  table.add({"work", "営業所", "k1"});
  table.add({"自宅", "home", "k2"});
  EXPECT_EQ(table.text(Language::english),
            "NAME  REALM   KEY\n"
            "work  営業所  k1\n"
            "自宅  home    k2\n");
}

TEST(Table, SpeaksJapaneseInItsHead) {
  Table table({{"NAME", "名前"}, {"KEY", "キー"}});
  table.add({"a", "k1"});
  EXPECT_EQ(table.text(Language::japanese), "名前  キー\na     k1\n");
}

TEST(Table, TakesARowThatEndsEarly) {
  Table table({{"NAME", "名前"}, {"KEY", "キー"}});
  table.add({"broken"});
  EXPECT_EQ(table.text(Language::english), "NAME    KEY\nbroken\n");
}

TEST(Wrap, BreaksAtBlanksAndIndents) {
  EXPECT_EQ(wrap("one two three four", 10, 2), "one two\n  three\n  four");
}

TEST(Wrap, BreaksJapaneseAnywhereButBeforeAClosingMark) {
  EXPECT_EQ(wrap("あいうえお。", 10, 0), "あいうえ\nお。");
  EXPECT_EQ(wrap("あいう（え）", 8, 0), "あいう\n（え）");
}

TEST(Wrap, KeepsParagraphs) {
  EXPECT_EQ(wrap("one\n\ntwo", 20, 2), "one\n\n  two");
}

TEST(Wrap, LeavesAWordThatIsTooLongWhole) {
  EXPECT_EQ(wrap("see http://example.com/very/long", 12, 0), "see\nhttp://example.com/very/long");
}

}  // namespace
}  // namespace tasuki::cli
