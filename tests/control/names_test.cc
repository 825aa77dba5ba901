#include "control/names.h"

#include <gtest/gtest.h>

#include <set>

namespace tasuki::control {
namespace {

TEST(ComputerId, IsOneToThirtyOneLettersDigitsDashesAndUnderscores) {
  EXPECT_TRUE(ComputerId::parse("a"));
  EXPECT_TRUE(ComputerId::parse("-"));
  EXPECT_TRUE(ComputerId::parse("office_PC-1"));
  EXPECT_TRUE(ComputerId::parse(std::string(31, '9')));
  EXPECT_FALSE(ComputerId::parse(""));
  EXPECT_FALSE(ComputerId::parse(std::string(32, '9')));
}

TEST(ComputerId, IsTheSameInUpperAndLowerCase) {
  EXPECT_EQ(ComputerId::parse("Office-PC"), ComputerId::parse("office-pc"));
  EXPECT_EQ(ComputerId::parse("Office-PC")->text(), "office-pc");
}

TEST(ComputerId, HasNoOtherCharacter) {
  const std::string allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  for (int c = 0; c < 256; ++c) {
    const std::string text{'a', char(c)};
    EXPECT_EQ(ComputerId::parse(text).has_value(), allowed.find(char(c)) != std::string::npos) << c;
  }
}

TEST(KeyLabel, IsOneToThirtyTwoLowerCaseLettersAndDigits) {
  const std::string allowed = "abcdefghijklmnopqrstuvwxyz0123456789";
  for (int c = 0; c < 256; ++c) {
    const std::string text{'a', char(c)};
    EXPECT_EQ(KeyLabel::parse(text).has_value(), allowed.find(char(c)) != std::string::npos) << c;
  }
  EXPECT_TRUE(KeyLabel::parse(std::string(32, 'a')));
  EXPECT_FALSE(KeyLabel::parse(std::string(33, 'a')));
  EXPECT_FALSE(KeyLabel::parse(""));
}

TEST(KeyLabel, IsMadeOfSixteenRandomCharacters) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const KeyLabel label = KeyLabel::random();
    EXPECT_EQ(label.text().size(), 16u);
    EXPECT_EQ(KeyLabel::parse(label.text()), label);
    seen.insert(label.text());
  }
  EXPECT_EQ(seen.size(), 100u);
}

}  // namespace
}  // namespace tasuki::control
