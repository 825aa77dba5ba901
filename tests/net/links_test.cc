#include "net/linux/links.h"

#include <gtest/gtest.h>

namespace tasuki::net {
namespace {

asio::ip::address at(const char* text) {
  return asio::ip::make_address(text);
}

Link link() {
  return {3, "eth0", {{at("192.168.10.11"), 24}, {at("fe80::11"), 64}, {at("2001:db8::11"), 64}}};
}

TEST(Links, ANeighbourIsInOneOfTheLinksNetworks) {
  EXPECT_TRUE(is_neighbour(at("192.168.10.254"), link()));
  EXPECT_FALSE(is_neighbour(at("192.168.11.1"), link()));
  EXPECT_TRUE(is_neighbour(at("2001:db8::2"), link()));
  EXPECT_FALSE(is_neighbour(at("2001:db8:1::2"), link()));
  EXPECT_FALSE(is_neighbour(at("127.0.0.1"), link()));
}

TEST(Links, ALinkLocalAddressIsANeighbourOnTheLinkItNames) {
  EXPECT_TRUE(is_neighbour(at("fe80::99"), link()));
  auto scoped = at("fe80::99").to_v6();
  scoped.scope_id(3);
  EXPECT_TRUE(is_neighbour(scoped, link()));
  scoped.scope_id(4);
  EXPECT_FALSE(is_neighbour(scoped, link()));
}

TEST(Links, PrivateIsWhatNoRouterOnTheInternetKnows) {
  for (const char* inside : {"10.255.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1",
                             "169.254.1.1", "fe80::1", "fd00::1"})
    EXPECT_TRUE(is_private(at(inside))) << inside;
  for (const char* outside : {"11.0.0.1", "172.32.0.1", "172.15.255.255", "192.169.0.1",
                              "198.51.100.1", "2001:db8::1", "fe00::1", "::1", "127.0.0.1"})
    EXPECT_FALSE(is_private(at(outside))) << outside;
}

TEST(Links, OfThisMachineAreWithoutTheLoopback) {
  for (const Link& each : links()) {
    EXPECT_NE(each.name, "lo");
    EXPECT_NE(each.index, 0u);
    EXPECT_FALSE(each.addresses.empty());
    for (const LinkAddress& own : each.addresses) EXPECT_FALSE(own.address.is_loopback());
  }
}

}  // namespace
}  // namespace tasuki::net
