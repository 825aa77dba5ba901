#include "config/password_rule.h"

#include <gtest/gtest.h>

namespace tasuki::config {
namespace {

bool good_key(std::string_view key) {
  return !gateway_key_fault(as_bytes(key));
}
bool good_password(std::string_view password) {
  return !password_fault(as_bytes(password));
}

TEST(GatewayKeyRule, WantsEightCharactersNotBytes) {
  EXPECT_TRUE(good_key("Testing1"));
  EXPECT_FALSE(good_key("Test1"));
  EXPECT_FALSE(good_key("Testing"));
  EXPECT_TRUE(good_key("ひらがなはちもじ"));  // 8 characters, 24 bytes
  EXPECT_FALSE(good_key("ななもじのかぎ"));   // 7 characters, 21 bytes
  EXPECT_FALSE(good_key("🔑🔑🔑🔑🔑🔑🔑"));          // 7 characters, 28 bytes
}

TEST(GatewayKeyRule, WantsAtMost128Characters) {
  std::string key;
  for (int i = 0; i < 128; ++i) key += "鍵";
  EXPECT_TRUE(good_key(key));
  EXPECT_FALSE(good_key(key + "x"));
}

TEST(GatewayKeyRule, RefusesControlCharactersAndWhatIsNotUtf8) {
  EXPECT_FALSE(good_key("Testing1\n"));
  EXPECT_FALSE(good_key("Test\ting1"));
  EXPECT_FALSE(good_key(std::string_view("Testing\0a", 9)));
  EXPECT_FALSE(good_key("Testing1\xff"));
  EXPECT_FALSE(good_key("Testing\u202e1"));
  EXPECT_TRUE(good_key("correct horse"));
}

TEST(GatewayKeyRule, SaysHowManyCharactersThereAreButNotWhich) {
  const Words fault = gateway_key_fault(as_bytes("Test1")).value();
  EXPECT_EQ(fault.en, "a gateway key needs at least 8 characters; this one has 5");
  EXPECT_EQ(fault.en.find("Test1"), std::string::npos);
  EXPECT_EQ(fault.ja.find("Test1"), std::string::npos);
}

TEST(PasswordRule, TakesTwentyFourCharactersOfAnything) {
  EXPECT_TRUE(good_password(std::string(24, 'a')));
  EXPECT_FALSE(good_password(std::string(23, 'a')));
}

TEST(PasswordRule, TakesSixteenOfTwoClasses) {
  EXPECT_TRUE(good_password("aaaaaaaaaaaaaaa1"));
  EXPECT_FALSE(good_password("aaaaaaaaaaaaaaaa"));
  EXPECT_FALSE(good_password("aaaaaaaaaaaaaa1"));
}

TEST(PasswordRule, TakesEightOfThreeClasses) {
  EXPECT_TRUE(good_password("Passwor1"));
  EXPECT_TRUE(good_password("pass-wo1"));
  EXPECT_FALSE(good_password("passwor1"));
  EXPECT_FALSE(good_password("Passwo1"));
  EXPECT_TRUE(good_password("a B 1 cd"));  // a space is a symbol
}

TEST(PasswordRule, CountsOtherScriptsAsAClassOfTheirOwn) {
  EXPECT_TRUE(good_password("襷a1はしるよね"));
  EXPECT_FALSE(good_password("襷1はしるよね駅"));
  EXPECT_TRUE(good_password("はこねえきでんのたすきをわたす1区"));  // 17, two classes
  EXPECT_FALSE(good_password("はこねえきでんのたすきをわたすよ"));  // 16, one
}

TEST(PasswordRule, NeverTakesAnEmptyOneOrOneThatCannotBeTyped) {
  for (const Strength strength : {Strength::required, Strength::waived}) {
    EXPECT_TRUE(password_fault(as_bytes(""), strength));
    EXPECT_TRUE(password_fault(as_bytes("Password1\n"), strength));
    EXPECT_TRUE(password_fault(as_bytes("Password1\x80"), strength));
    EXPECT_TRUE(password_fault(as_bytes(std::string(257, 'x')), strength));
  }
}

TEST(PasswordRule, CanBeWaivedAtOnesOwnRisk) {
  EXPECT_FALSE(password_fault(as_bytes("x"), Strength::waived));
}

TEST(AccessPassword, MayNotBeTheGatewayKey) {
  const crypto::Secret key(as_bytes("Testing-1"));
  EXPECT_TRUE(access_password_fault(crypto::Secret(as_bytes("Testing-1")), key));
  EXPECT_TRUE(access_password_fault(crypto::Secret(as_bytes("Testing-1")), key, Strength::waived));
  EXPECT_FALSE(access_password_fault(crypto::Secret(as_bytes("Testing-2")), key));
}

}  // namespace
}  // namespace tasuki::config
