#include "net/address.h"

#include <gtest/gtest.h>

namespace tasuki::net {

void PrintTo(const Address& address, std::ostream* out) {
  *out << address.text();
}

namespace {

std::string read(std::string_view text) {
  const auto address = Address::parse(text);
  return address ? address->host + " " + std::to_string(address->port) : "refused";
}

TEST(Address, IsANameWithOrWithoutAPort) {
  EXPECT_EQ(read("gw.example.com"), "gw.example.com 443");
  EXPECT_EQ(read("gw.example.com:8443"), "gw.example.com 8443");
  EXPECT_EQ(read("localhost:1"), "localhost 1");
  EXPECT_EQ(read("pc_7:65535"), "pc_7 65535");
}

TEST(Address, TakesTheDefaultPortOfItsCaller) {
  EXPECT_EQ(Address::parse("gw", 8080)->port, 8080);
  EXPECT_EQ(Address::parse("gw:1", 8080)->port, 1);
}

TEST(Address, IsAnIpAddressOfEitherFamily) {
  EXPECT_EQ(read("192.0.2.1"), "192.0.2.1 443");
  EXPECT_EQ(read("192.0.2.1:8443"), "192.0.2.1 8443");
  EXPECT_EQ(read("::1"), "::1 443");
  EXPECT_EQ(read("[::1]"), "::1 443");
  EXPECT_EQ(read("[2001:db8::7]:8443"), "2001:db8::7 8443");
}

TEST(Address, IsTheSameHoweverItIsWritten) {
  EXPECT_EQ(Address::parse("GW.Example.COM"), Address::parse("gw.example.com:443"));
  EXPECT_EQ(Address::parse("[2001:DB8:0:0::7]"), Address::parse("2001:db8::7"));
}

TEST(Address, RefusesPortsThatDoNotExist) {
  for (const auto* text : {"gw:", "gw:0", "gw:65536", "gw:-1", "gw:+1", "gw: 1", "gw:1x", "gw:http",
                           "[::1]:", "[::1]:0", "[::1]1", "[::1]x:1"})
    EXPECT_EQ(read(text), "refused") << text;
}

TEST(Address, RefusesHostsThatDoNotExist) {
  for (const auto* text : {"", ":443", "[]:443", "[::1", "::1]", "[gw]:443", "[1.2.3.4]", "1:2:3",
                           "a..b", ".a", "a.", "a b", "gw/", "user@gw", "http://gw", "日本"})
    EXPECT_EQ(read(text), "refused") << text;
}

TEST(Address, RefusesWhatOnlyResemblesAnIpv4Address) {
  for (const auto* text : {"1.2.3.256", "1.2.3", "127.1", "1.2.3.4.5", "2130706433"})
    EXPECT_EQ(read(text), "refused") << text;
}

TEST(Address, RefusesAHostThatReadsAsAnOptionOfAProgram) {
  EXPECT_EQ(read("-oProxyCommand=x"), "refused");
  EXPECT_EQ(read("-v:443"), "refused");
}

TEST(Address, RefusesNamesTooLongForDns) {
  const std::string label(63, 'a');
  EXPECT_NE(read(label), "refused");
  EXPECT_EQ(read(label + "a"), "refused");
  const std::string name = label + "." + label + "." + label + "." + std::string(61, 'a');
  EXPECT_NE(read(name), "refused");
  EXPECT_EQ(read(name + "a"), "refused");
}

TEST(Address, RefusesBytesThatCouldEndALineOrAString) {
  EXPECT_EQ(read(std::string_view("gw\0.evil", 8)), "refused");
  EXPECT_EQ(read("gw\r\nX: y"), "refused");
  EXPECT_EQ(read(std::string_view("1.2.3.4\0", 8)), "refused");
  EXPECT_EQ(read(std::string_view("[::1\0]", 6)), "refused");
}

TEST(Address, ReadsBackWhatItWrites) {
  for (const auto* text : {"gw.example:443", "192.0.2.1:8443", "[2001:db8::7]:1"}) {
    const auto address = Address::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->text(), text);
    EXPECT_EQ(Address::parse(address->text()), address);
  }
}

}  // namespace
}  // namespace tasuki::net
