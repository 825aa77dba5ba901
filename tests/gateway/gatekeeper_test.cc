#include "gateway/gatekeeper.h"

#include <gtest/gtest.h>

namespace tasuki::gateway {

void PrintTo(Verdict verdict, std::ostream* out) {
  *out << name(verdict);
}

namespace {

using namespace std::chrono_literals;
using boost::asio::ip::make_address;

const Clock::time_point start = Clock::time_point() + 1000h;

struct AGatekeeper : testing::Test {
  KnockLimits limits;
  std::vector<std::string> exempt;
  double chance = 0.999;  // what the dice show: close to 1 lets in, 0 drops
  Clock::time_point now = start;
  std::optional<Gatekeeper> keeper;

  Gatekeeper& at_the_door() {
    if (!keeper)
      keeper.emplace(
          limits,
          [this](const boost::asio::ip::address& from) {
            return std::find(exempt.begin(), exempt.end(), from.to_string()) != exempt.end();
          },
          [this] { return chance; });
    return *keeper;
  }
  Verdict knock(const std::string& from) { return at_the_door().knock(make_address(from), now); }
  void left(const std::string& from) { at_the_door().left(make_address(from)); }
  void admitted(const std::string& from) { at_the_door().admitted(make_address(from)); }
  void wrong_key(const std::string& from) { at_the_door().wrong_key(make_address(from), now); }

  // In and out again.
  Verdict visit(const std::string& from) {
    const Verdict verdict = knock(from);
    if (verdict == Verdict::enter) left(from);
    return verdict;
  }
  // In, a wrong key, and out.
  Verdict guess(const std::string& from) {
    const Verdict verdict = knock(from);
    if (verdict != Verdict::enter) return verdict;
    wrong_key(from);
    left(from);
    return verdict;
  }
};

// ---- how many, how fast ----

TEST_F(AGatekeeper, LetsASourceHaveSoManyConnectionsAtOnce) {
  limits.concurrent = 3;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(knock("192.0.2.1"), Verdict::enter);
  EXPECT_EQ(knock("192.0.2.1"), Verdict::too_many);
  EXPECT_EQ(knock("192.0.2.2"), Verdict::enter);
  left("192.0.2.1");
  EXPECT_EQ(knock("192.0.2.1"), Verdict::enter);
}

TEST_F(AGatekeeper, CountsNobodyWhoIsAdmitted) {
  limits.concurrent = 1;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(knock("192.0.2.1"), Verdict::enter);
    admitted("192.0.2.1");
  }
  EXPECT_EQ(at_the_door().unauthenticated(), 0u);
}

TEST_F(AGatekeeper, LetsABurstInAndThenSoManyASecond) {
  limits.burst = 5;
  limits.per_second = 2;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(visit("192.0.2.1"), Verdict::enter);
  EXPECT_EQ(visit("192.0.2.1"), Verdict::too_fast);
  now += 499ms;
  EXPECT_EQ(visit("192.0.2.1"), Verdict::too_fast);
  now += 1ms;
  EXPECT_EQ(visit("192.0.2.1"), Verdict::enter);
  EXPECT_EQ(visit("192.0.2.1"), Verdict::too_fast);
}

TEST_F(AGatekeeper, SavesNoMoreThanABurstHoweverLongASourceIsQuiet) {
  limits.burst = 5;
  visit("192.0.2.1");
  now += 24h;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(visit("192.0.2.1"), Verdict::enter);
  EXPECT_EQ(visit("192.0.2.1"), Verdict::too_fast);
}

TEST_F(AGatekeeper, DoesNotPunishASourceForKnockingTooFast) {
  limits.burst = 1;
  limits.per_second = 1;
  visit("192.0.2.1");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(visit("192.0.2.1"), Verdict::too_fast);
  now += 1s;
  EXPECT_EQ(visit("192.0.2.1"), Verdict::enter);
}

// ---- what a source is ----

TEST_F(AGatekeeper, TakesAnIpv6NetworkOf64BitsForOneSource) {
  limits.concurrent = 1;
  EXPECT_EQ(knock("2001:db8:0:1::1"), Verdict::enter);
  EXPECT_EQ(knock("2001:db8:0:1:ffff::2"), Verdict::too_many);
  EXPECT_EQ(knock("2001:db8:0:2::1"), Verdict::enter);
}

TEST_F(AGatekeeper, TakesAnIpv4AddressForTheSameSourceHoweverItIsWritten) {
  limits.concurrent = 1;
  EXPECT_EQ(knock("192.0.2.1"), Verdict::enter);
  EXPECT_EQ(knock("::ffff:192.0.2.1"), Verdict::too_many);
  EXPECT_EQ(knock("::ffff:192.0.2.2"), Verdict::enter);
  left("::ffff:192.0.2.1");
  EXPECT_EQ(knock("192.0.2.1"), Verdict::enter);
}

// ---- wrong keys ----

TEST_F(AGatekeeper, ForgivesTwoWrongKeysAndThenDoublesThePenalty) {
  limits.burst = 1e6;
  EXPECT_EQ(guess("192.0.2.1"), Verdict::enter);
  EXPECT_EQ(guess("192.0.2.1"), Verdict::enter);
  for (const auto penalty : {2s, 4s, 8s, 16s, 32s}) {
    EXPECT_EQ(guess("192.0.2.1"), Verdict::enter);
    now += penalty - 1ms;
    EXPECT_EQ(visit("192.0.2.1"), Verdict::penalised) << penalty.count();
    now += 1ms;
  }
}

TEST_F(AGatekeeper, PenalisesForAQuarterOfAnHourAtMost) {
  limits.burst = 1e6;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(guess("192.0.2.1"), Verdict::enter) << i;
    now += 900s;
  }
  guess("192.0.2.1");
  now += 899s;
  EXPECT_EQ(visit("192.0.2.1"), Verdict::penalised);
}

TEST_F(AGatekeeper, PenalisesNobodyElse) {
  for (int i = 0; i < 10; ++i) guess("192.0.2.1");
  EXPECT_EQ(visit("192.0.2.1"), Verdict::penalised);
  EXPECT_EQ(visit("192.0.2.2"), Verdict::enter);
}

TEST_F(AGatekeeper, CountsGuessesThatAreUnderWayTogether) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(knock("192.0.2.1"), Verdict::enter);
  for (int i = 0; i < 5; ++i) {
    wrong_key("192.0.2.1");
    left("192.0.2.1");
  }
  now += 7s;
  EXPECT_EQ(visit("192.0.2.1"), Verdict::penalised);  // 8 s, after the fifth
  now += 1s;
  EXPECT_EQ(visit("192.0.2.1"), Verdict::enter);
}

TEST_F(AGatekeeper, DoesNotForgiveGuessesForARightKeyThatMayBeAnother) {
  guess("192.0.2.1");
  guess("192.0.2.1");
  knock("192.0.2.1");
  admitted("192.0.2.1");
  guess("192.0.2.1");
  EXPECT_EQ(visit("192.0.2.1"), Verdict::penalised);
}

TEST_F(AGatekeeper, ForgetsWrongKeysWithTime) {
  guess("192.0.2.1");
  guess("192.0.2.1");
  now += 901s;
  guess("192.0.2.1");
  EXPECT_EQ(visit("192.0.2.1"), Verdict::enter);
}

// ---- the allow-list ----

TEST_F(AGatekeeper, LimitsNoSourceOnTheAllowList) {
  exempt = {"192.0.2.1"};
  limits.concurrent = limits.burst = 1;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(knock("192.0.2.1"), Verdict::enter);
    wrong_key("192.0.2.1");
  }
  for (int i = 0; i < 100; ++i) left("192.0.2.1");
  EXPECT_EQ(at_the_door().unauthenticated(), 0u);
}

TEST_F(AGatekeeper, LimitsEveryoneTogetherEvenThoseOnTheAllowList) {
  exempt = {"192.0.2.1"};
  limits.unauthenticated = 10;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(knock("192.0.2.1"), Verdict::enter);
  EXPECT_EQ(knock("192.0.2.1"), Verdict::full);
}

// One host of a /64 on the allow-list must not give places back that others hold.
TEST_F(AGatekeeper, DoesNotLetOneOnTheAllowListLeaveForItsNeighbours) {
  exempt = {"2001:db8::1"};
  limits.concurrent = 1;
  EXPECT_EQ(knock("2001:db8::2"), Verdict::enter);
  EXPECT_EQ(visit("2001:db8::1"), Verdict::enter);
  EXPECT_EQ(knock("2001:db8::2"), Verdict::too_many);
}

// ---- all together ----

TEST_F(AGatekeeper, DropsNewcomersAtRandomFromHalfFullOn) {
  limits.unauthenticated = 100;
  limits.concurrent = 1000;
  limits.burst = 1e6;
  chance = 0;  // drops whenever there is any chance of it
  for (int i = 0; i < 51; ++i) EXPECT_EQ(knock("192.0.2.1"), Verdict::enter) << i;
  EXPECT_EQ(knock("192.0.2.1"), Verdict::full);
  chance = 0.999;
  for (int i = 51; i < 100; ++i) EXPECT_EQ(knock("192.0.2.1"), Verdict::enter) << i;
  EXPECT_EQ(knock("192.0.2.1"), Verdict::full);
  left("192.0.2.1");
  EXPECT_EQ(knock("192.0.2.1"), Verdict::enter);
}

TEST_F(AGatekeeper, DropsTheLikelierTheFullerItIs) {
  limits.unauthenticated = 100;
  limits.concurrent = 1000;
  limits.burst = 1e6;
  chance = 0.999;
  for (int i = 0; i < 75; ++i) knock("192.0.2.1");
  chance = 0.49;  // half of the way from half full to full
  EXPECT_EQ(knock("192.0.2.1"), Verdict::full);
  chance = 0.51;
  EXPECT_EQ(knock("192.0.2.1"), Verdict::enter);
}

TEST_F(AGatekeeper, ChargesNoSourceForWhatIsDroppedAtRandom) {
  limits.unauthenticated = 2;
  limits.burst = 2;
  limits.per_second = 0;
  exempt = {"192.0.2.9"};
  knock("192.0.2.9");
  knock("192.0.2.9");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(knock("192.0.2.1"), Verdict::full);
  left("192.0.2.9");
  left("192.0.2.9");
  EXPECT_EQ(visit("192.0.2.1"), Verdict::enter);
  EXPECT_EQ(visit("192.0.2.1"), Verdict::enter);
}

// ---- its memory ----

std::string nth_source(int n) {
  return "10." + std::to_string(n >> 16 & 255) + "." + std::to_string(n >> 8 & 255) + "." +
         std::to_string(n & 255);
}

TEST_F(AGatekeeper, RemembersABoundedNumberOfSources) {
  limits.sources = 100;
  for (int n = 0; n < 10'000; ++n) {
    visit(nth_source(n));
    ASSERT_LE(at_the_door().remembered(), 100u);
  }
}

TEST_F(AGatekeeper, ForgetsNoSourceThatIsInside) {
  limits.sources = 10;
  limits.concurrent = 1;
  knock("192.0.2.1");
  for (int n = 0; n < 1'000; ++n) visit(nth_source(n));
  EXPECT_EQ(knock("192.0.2.1"), Verdict::too_many);
}

TEST_F(AGatekeeper, ForgetsThoseInNoTroubleFirst) {
  limits.sources = 10;
  for (int i = 0; i < 10; ++i) knock("192.0.2.1");
  for (int i = 0; i < 10; ++i) wrong_key("192.0.2.1"), left("192.0.2.1");
  for (int n = 0; n < 15; ++n) {
    now += 11s;
    visit(nth_source(n));
  }
  EXPECT_EQ(visit("192.0.2.1"), Verdict::penalised);
}

TEST_F(AGatekeeper, GoesOnWhenMoreAreInsideThanItRemembers) {
  limits.sources = 10;
  for (int n = 0; n < 50; ++n) EXPECT_EQ(knock(nth_source(n)), Verdict::enter);
  for (int n = 0; n < 50; ++n) left(nth_source(n));
  EXPECT_EQ(at_the_door().unauthenticated(), 0u);
  visit("192.0.2.1");
  EXPECT_LE(at_the_door().remembered(), 10u);
}

}  // namespace
}  // namespace tasuki::gateway
