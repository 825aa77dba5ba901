#include "config/forward_rule.h"

#include <gtest/gtest.h>

namespace tasuki::config {
namespace {

bool allows(const std::string& rule, const std::string& host, std::uint16_t port) {
  return ForwardRule::parse(rule).value().allows(host, port);
}

TEST(ForwardRule, AllowsOneHostAndPort) {
  EXPECT_TRUE(allows("files.example:22", "files.example", 22));
  EXPECT_FALSE(allows("files.example:22", "files.example", 23));
  EXPECT_FALSE(allows("files.example:22", "example", 22));
  EXPECT_FALSE(allows("files.example:22", "files.example.evil", 22));
  EXPECT_FALSE(allows("files.example:22", "xfiles.example", 22));
}

TEST(ForwardRule, TakesNamesWhateverTheirCaseAndLastDot) {
  EXPECT_TRUE(allows("Files.Example:22", "FILES.example.", 22));
  EXPECT_TRUE(allows("files.example.:22", "files.example", 22));
}

TEST(ForwardRule, AllowsRangesAndEveryPort) {
  EXPECT_TRUE(allows("printer:8000-8002", "printer", 8000));
  EXPECT_TRUE(allows("printer:8000-8002", "printer", 8002));
  EXPECT_FALSE(allows("printer:8000-8002", "printer", 8003));
  EXPECT_TRUE(allows("printer:*", "printer", 1));
  EXPECT_TRUE(allows("printer:*", "printer", 65535));
  EXPECT_FALSE(allows("printer:*", "printer", 0));
}

TEST(ForwardRule, AllowsBlocksOfAddresses) {
  EXPECT_TRUE(allows("10.1.0.0/16:80", "10.1.255.1", 80));
  EXPECT_FALSE(allows("10.1.0.0/16:80", "10.2.0.1", 80));
  EXPECT_TRUE(allows("[2001:db8::/32]:443", "2001:db8::5", 443));
  EXPECT_TRUE(allows("[::1]:5900", "::1", 5900));
  EXPECT_TRUE(allows("127.0.0.1:5900", "::ffff:127.0.0.1", 5900));
}

TEST(ForwardRule, OfABlockAllowsNoNameBeforeItIsResolved) {
  EXPECT_FALSE(allows("0.0.0.0/0:*", "files.example", 22));
  EXPECT_FALSE(allows("127.0.0.0/8:*", "127.1", 22));  // a name to some resolvers
  EXPECT_FALSE(allows("127.0.0.0/8:*", "0x7f000001", 22));
  const auto rule = ForwardRule::parse("10.0.0.0/8:22").value();
  EXPECT_TRUE(rule.allows(boost::asio::ip::make_address("10.9.9.9"), 22));
  EXPECT_FALSE(rule.allows(boost::asio::ip::make_address("192.0.2.1"), 22));
}

TEST(ForwardRule, OfANameAllowsNoAddress) {
  const auto rule = ForwardRule::parse("files.example:22").value();
  EXPECT_FALSE(rule.allows(boost::asio::ip::make_address("10.9.9.9"), 22));
}

TEST(ForwardRule, RefusesWhatIsNotOne) {
  for (const char* text : {"",
                           ":",
                           "host",
                           "host:",
                           ":22",
                           "host:0",
                           "host:65536",
                           "host:22-",
                           "host:-22",
                           "host:30-20",
                           "host:22-70000",
                           "host: 22",
                           "host:2x",
                           "*:22",
                           "ho st:22",
                           "host/8:22",
                           "10.0.0.1/8:22",
                           "10.0.0.0/33:22",
                           "::1:22",
                           "[::1:22",
                           "::1]:22",
                           "[host]:22",
                           "[10.0.0.1]:22:",
                           "a..b:22",
                           ".host:22",
                           "127.1:22",
                           "host\n:22",
                           "[]:22"})
    EXPECT_FALSE(ForwardRule::parse(text)) << text;
}

TEST(ForwardRule, SaysWhatItIs) {
  for (const char* text : {"files.example:22", "10.1.0.0/16:8000-8999", "[2001:db8::/32]:443",
                           "printer:*", "[::1]:5900"})
    EXPECT_EQ(ForwardRule::parse(text).value().text(), text);
}

TEST(ForwardRules, AllowNothingByThemselves) {
  const std::vector<ForwardRule> none;
  EXPECT_FALSE(config::allows(none, "localhost", 22));
  EXPECT_FALSE(config::allows(none, boost::asio::ip::make_address("127.0.0.1"), 22));
}

}  // namespace
}  // namespace tasuki::config
