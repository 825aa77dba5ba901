#include "cli/catalogue.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tasuki::cli {
namespace {

static_assert(places::same("no answer from {host}", "{host} から応答なし"));
static_assert(!places::same("no answer from {host}", "応答なし"));
static_assert(!places::same("no answer", "{host} から応答なし"));
static_assert(places::same("{a} and {b}", "{b}と{a}"));

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += what.size()) ++found;
  return found;
}

TEST(Catalogue, SpeaksBothLanguagesWithTheSamePlaces) {
  EXPECT_GT(all_messages().size(), 100u);
  for (const Named& each : all_messages()) {
    EXPECT_FALSE(each.message.en.empty()) << each.name;
    EXPECT_FALSE(each.message.ja.empty()) << each.name;
    EXPECT_TRUE(places::same(each.message.en, each.message.ja)) << each.name;
  }
}

TEST(Catalogue, HasJapaneseWhereItSaysSo) {
  for (const Named& each : trouble_messages())
    EXPECT_TRUE(std::any_of(each.message.ja.begin(), each.message.ja.end(), [](char c) {
      return static_cast<unsigned char>(c) >= 0x80;
    })) << each.name;
}

TEST(Catalogue, SaysOfTroubleWhatHappenedAndWhatToDo) {
  for (const Named& each : trouble_messages()) {
    const auto& [en, ja] = each.message;
    EXPECT_GE(count(en, ". ") + count(en, ": ") + count(en, "\n") + count(en, "; "), 1u)
        << each.name;
    EXPECT_GE(count(ja, "。") + count(ja, ": "), 1u) << each.name;
    EXPECT_GE(en.size(), 30u) << each.name;
  }
}

TEST(Catalogue, EndsItsSentences) {
  for (const Named& each : trouble_messages()) {
    const char last = each.message.en.back();
    // A command or a value to copy may stand at the end without a dot.
    const bool copied = each.message.en.find(": ") != std::string_view::npos || last == '}' ||
                        each.message.en.find("tasuki ") != std::string_view::npos;
    EXPECT_TRUE(last == '.' || copied) << each.name;
  }
}

TEST(Fill, PutsValuesIntoBothLanguages) {
  const Message message{"from {host}: {why}", "{host} から: {why}"};
  const Words words = fill(message, {place("host", "gw"), {"why", {"busy", "混雑"}}});
  EXPECT_EQ(words.en, "from gw: busy");
  EXPECT_EQ(words.ja, "gw から: 混雑");
}

TEST(Fill, TakesBracesInValuesAsTheyAre) {
  const Message message{"{a} {b}", "{b} {a}"};
  EXPECT_EQ(fill(message, {place("a", "{b}"), place("b", "x")}).en, "{b} x");
}

}  // namespace
}  // namespace tasuki::cli
