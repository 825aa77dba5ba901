#include "peer/lan_name.h"

#include "control/gateway_key.h"

#include <gtest/gtest.h>
#include <set>

namespace tasuki::peer {
namespace {

config::Profile profile(std::string_view key, std::string_view label = "k3vfq2mzaxlt7ybc",
                        const char* realm = "example") {
  config::Profile made;
  made.realm = realm;
  made.key_label = *control::KeyLabel::parse(label);
  made.gateway_key = crypto::Secret(as_bytes(key));
  return made;
}

constexpr std::string_view made_key = "tk-abcde-fghij-klmno-pqrst-uvwxyz";
const control::ComputerId office = *control::ComputerId::parse("Office-PC");

// The values of PROTOCOL.md: another implementation must come to the same.
TEST(LanName, IsAsTheProtocolSays) {
  EXPECT_EQ(lan_name(profile(made_key), office), "auxycb2uotz2zptfay4knxzyfq");
  EXPECT_EQ(lan_name(profile("correct horse battery"), office), "pphapt5zocdmigavvuazyzkzti");
}

TEST(LanName, IsOneDnsLabelWithoutTheComputersName) {
  const std::string name = lan_name(profile(made_key), office);
  EXPECT_EQ(name.size(), 26u);
  EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567"), std::string::npos);
}

TEST(LanName, DiffersWithEachOfItsParts) {
  const std::set<std::string> names{
      lan_name(profile(made_key), office),
      lan_name(profile(made_key), *control::ComputerId::parse("office-pd")),
      lan_name(profile("tk-bbcde-fghij-klmno-pqrst-uvwxyz"), office),
      lan_name(profile(made_key, "k3vfq2mzaxlt7ybd"), office),
      lan_name(profile(made_key, "k3vfq2mzaxlt7ybc", "exampla"), office),
      lan_name(profile("chosen by somebody"), office),
      lan_name(profile("chosen by somebody", "k3vfq2mzaxlt7ybd"), office)};
  EXPECT_EQ(names.size(), 7u);
}

TEST(LanName, IsTheSameWhateverTheCaseOfTheComputerId) {
  EXPECT_EQ(lan_name(profile(made_key), office),
            lan_name(profile(made_key), *control::ComputerId::parse("OFFICE-pc")));
}

TEST(GatewayKey, IsMadeIfItHasTheFormOfOne) {
  EXPECT_TRUE(control::is_made_key(made_key));
  EXPECT_TRUE(control::is_made_key("tk-22222-33333-44444-55555-666777"));
  EXPECT_FALSE(control::is_made_key("tk-abcde-fghij-klmno-pqrst-uvwxy"));
  EXPECT_FALSE(control::is_made_key("tk-abcde-fghij-klmno-pqrst-uvwxy1"));
  EXPECT_FALSE(control::is_made_key("tk-Abcde-fghij-klmno-pqrst-uvwxyz"));
  EXPECT_FALSE(control::is_made_key("tk-abcdeafghij-klmno-pqrst-uvwxyz"));
  EXPECT_FALSE(control::is_made_key(""));
}

}  // namespace
}  // namespace tasuki::peer
