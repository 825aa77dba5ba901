#include "cli/console.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>

namespace tasuki::cli {
namespace {

Language chosen(std::map<std::string, std::string> environment) {
  return choose_language([&](const char* name) -> const char* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

TEST(Locale, IsEnglishUnlessSaidOtherwise) {
  EXPECT_EQ(chosen({}), Language::english);
  EXPECT_EQ(chosen({{"LANG", "C.UTF-8"}}), Language::english);
  EXPECT_EQ(chosen({{"LANG", "de_DE.UTF-8"}}), Language::english);
  EXPECT_EQ(chosen({{"LANG", "java"}}), Language::english);
}

TEST(Locale, IsJapaneseForJa) {
  for (const char* locale : {"ja", "ja_JP", "ja_JP.UTF-8", "ja_JP.utf8", "ja.UTF-8@x", "ja_JP@x"})
    EXPECT_EQ(chosen({{"LANG", locale}}), Language::japanese) << locale;
}

TEST(Locale, StaysEnglishWhereJapaneseCouldNotBeShown) {
  EXPECT_EQ(chosen({{"LANG", "ja_JP.eucJP"}}), Language::english);
  EXPECT_EQ(chosen({{"LANG", "ja_JP.SJIS"}}), Language::english);
}

TEST(Locale, TakesTheStrongestVariableThatSaysAnything) {
  EXPECT_EQ(chosen({{"LC_ALL", "C"}, {"LANG", "ja_JP.UTF-8"}}), Language::english);
  EXPECT_EQ(chosen({{"LC_ALL", ""}, {"LANG", "ja_JP.UTF-8"}}), Language::japanese);
  EXPECT_EQ(chosen({{"LC_MESSAGES", "ja_JP.UTF-8"}, {"LANG", "C"}}), Language::japanese);
  EXPECT_EQ(chosen({{"LC_CTYPE", "ja_JP.UTF-8"}}), Language::english);
}

struct Streams {
  std::ostringstream out, err;
  Console console(Console::Terminals terminals) {
    return Console(Language::english, terminals, out, err);
  }
};

TEST(Console, SaysResultsAndTroubleInDifferentPlaces) {
  Streams streams;
  Console console = streams.console({});
  console.say({"done", "完了"});
  console.fail({"no", "否"});
  console.warn({"mind", "注意"});
  EXPECT_EQ(streams.out.str(), "done\n");
  EXPECT_EQ(streams.err.str(), "tasuki: no\ntasuki: warning: mind\n");
}

TEST(Progress, IsForTerminalsOnly) {
  Streams streams;
  Console console = streams.console({});
  console.progress({"waiting", "待機"});
  console.say({"done", "完了"});
  EXPECT_EQ(streams.err.str(), "");
}

TEST(Progress, IsErasedBeforeAnythingElseIsSaid) {
  Streams streams;
  Console::Terminals terminals;
  terminals.err = true;
  Console console = streams.console(terminals);
  console.progress({"waiting", "待機"});
  console.fail({"no", "否"});
  console.progress_over();
  EXPECT_EQ(streams.err.str(), "waiting\r\x1b[Ktasuki: no\n");
}

}  // namespace
}  // namespace tasuki::cli
