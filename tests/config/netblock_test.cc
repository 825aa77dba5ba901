#include "config/netblock.h"

#include <gtest/gtest.h>

namespace tasuki::config {
namespace {

bool contains(const std::string& block, const std::string& address) {
  return Netblock::parse(block).value().contains(boost::asio::ip::make_address(address));
}

TEST(Netblock, ContainsTheAddressesOfItsPrefix) {
  EXPECT_TRUE(contains("192.0.2.0/24", "192.0.2.255"));
  EXPECT_FALSE(contains("192.0.2.0/24", "192.0.3.0"));
  EXPECT_TRUE(contains("192.0.2.128/25", "192.0.2.128"));
  EXPECT_FALSE(contains("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(contains("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
}

TEST(Netblock, OfOneAddressContainsNoOther) {
  EXPECT_TRUE(contains("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(contains("192.0.2.7", "192.0.2.8"));
  EXPECT_TRUE(contains("::1", "::1"));
  EXPECT_FALSE(contains("::1/128", "::2"));
}

TEST(Netblock, OfLengthZeroContainsAllOfItsFamilyOnly) {
  EXPECT_TRUE(contains("0.0.0.0/0", "255.255.255.255"));
  EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(contains("::/0", "2001:db8::1"));
  EXPECT_FALSE(contains("::/0", "192.0.2.1"));
}

TEST(Netblock, KnowsAnIPv4AddressInIPv6Clothes) {
  EXPECT_TRUE(contains("192.0.2.0/24", "::ffff:192.0.2.9"));
  EXPECT_FALSE(contains("::/0", "::ffff:192.0.2.9"));
}

TEST(Netblock, RefusesWhatIsNotOne) {
  for (const char* text :
       {"", "/", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/ 24", "192.0.2.0/24 ",
        "192.0.2.0/2x", "192.0.2.0/24/24", "192.0.2/24", "192.0.2.1/24", "2001:db8::/129",
        "2001:db8::1/64", "office", "fe80::1%eth0", "::ffff:192.0.2.0/120", "0x7f.0.0.1"})
    EXPECT_FALSE(Netblock::parse(text)) << text;
}

TEST(Netblock, SaysWhatItIs) {
  for (const char* text : {"192.0.2.0/24", "192.0.2.7", "2001:db8::/32", "::1", "0.0.0.0/0"})
    EXPECT_EQ(Netblock::parse(text).value().text(), text);
}

}  // namespace
}  // namespace tasuki::config
