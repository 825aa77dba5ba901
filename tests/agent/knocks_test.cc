#include "agent/knocks.h"

#include <gtest/gtest.h>

namespace tasuki::agent {
namespace {

using namespace std::chrono_literals;
using Verdict = Knocks::Verdict;

const Knocks::Clock::time_point start{};

asio::ip::address at(const std::string& text) {
  return asio::ip::make_address(text);
}

// An office with a public IPv6 network beside its private ones.
std::vector<net::Link> office() {
  return {{2,
           "eth0",
           {{at("192.168.10.11"), 24},
            {at("198.51.100.11"), 24},
            {at("fe80::11"), 64},
            {at("fd00:a::11"), 64},
            {at("2001:db8:a::11"), 64}}}};
}

Verdict verdict(Knocks& knocks, const std::string& from) {
  return knocks.knock(at(from), office(), start).verdict;
}

TEST(Knocks, PrivateNeighboursMayComeIfNothingElseIsSaid) {
  for (const char* from : {"192.168.10.7", "fe80::7", "fd00:a::7"}) {
    Knocks knocks({});
    EXPECT_EQ(verdict(knocks, from), Verdict::enter) << from;
  }
}

TEST(Knocks, OthersMayNot) {
  Knocks knocks({});
  for (const char* from : {"192.168.11.7",   // behind a router
                           "10.0.0.1",       // private, but no network of ours
                           "198.51.100.7",   // a neighbour, but everybody may have a route there
                           "2001:db8:a::7",  // the same
                           "203.0.113.5", "127.0.0.1", "::1"})
    EXPECT_EQ(verdict(knocks, from), Verdict::not_allowed) << from;
}

TEST(Knocks, TheOwnersListDecidesAlone) {
  Knocks knocks({*config::Netblock::parse("198.51.100.0/24")});
  EXPECT_EQ(verdict(knocks, "198.51.100.7"), Verdict::enter);
  EXPECT_EQ(verdict(knocks, "192.168.10.7"), Verdict::not_allowed);
}

TEST(Knocks, OneSourceHasSomePlacesAndGetsThemBack) {
  Knocks knocks({});
  std::vector<Knocks::Place> places;
  for (unsigned i = 0; i < Knocks::most_per_source; ++i)
    places.push_back(knocks.knock(at("192.168.10.7"), office(), start).place);
  EXPECT_EQ(verdict(knocks, "192.168.10.7"), Verdict::source_concurrent);
  EXPECT_EQ(verdict(knocks, "192.168.10.8"), Verdict::enter);
  places.pop_back();
  EXPECT_EQ(verdict(knocks, "192.168.10.7"), Verdict::enter);
}

TEST(Knocks, AllTogetherHaveMoreButNotAll) {
  Knocks knocks({});
  std::vector<Knocks::Place> places;
  for (unsigned i = 0; i < Knocks::most; ++i) {
    places.push_back(
        knocks.knock(at("192.168.10." + std::to_string(20 + i)), office(), start).place);
    EXPECT_TRUE(places.back());
  }
  EXPECT_EQ(verdict(knocks, "192.168.10.7"), Verdict::full);
}

TEST(Knocks, AnIpv6NeighbourIsCountedByItsNetworkALinkLocalOneByItself) {
  Knocks knocks({});
  std::vector<Knocks::Place> places;
  for (unsigned i = 1; i <= Knocks::most_per_source; ++i)
    places.push_back(knocks.knock(at("fd00:a::" + std::to_string(i)), office(), start).place);
  EXPECT_EQ(verdict(knocks, "fd00:a::99"), Verdict::source_concurrent);
  EXPECT_EQ(verdict(knocks, "fe80::1"), Verdict::enter);
  EXPECT_EQ(verdict(knocks, "fe80::2"), Verdict::enter);
}

TEST(Knocks, WhoComesAndGoesQuicklyIsTooFast) {
  Knocks knocks({});
  unsigned entered = 0;
  for (int i = 0; i < 100; ++i) entered += verdict(knocks, "192.168.10.7") == Verdict::enter;
  EXPECT_EQ(entered, unsigned(Knocks::at_once));
  EXPECT_EQ(verdict(knocks, "192.168.10.7"), Verdict::too_fast);
  EXPECT_EQ(knocks.knock(at("192.168.10.7"), office(), start + 1s).verdict, Verdict::enter);
}

TEST(Knocks, StrangersDoNotUseUpTheHasteOfNeighbours) {
  Knocks knocks({});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(verdict(knocks, "10.9.9.9"), Verdict::not_allowed);
  EXPECT_EQ(verdict(knocks, "192.168.10.7"), Verdict::enter);
}

TEST(Knocks, APlaceMayOutliveThem) {
  Knocks::Place place;
  {
    Knocks knocks({});
    place = knocks.knock(at("192.168.10.7"), office(), start).place;
  }
  place.reset();
}

}  // namespace
}  // namespace tasuki::agent
