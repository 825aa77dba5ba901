// What a network, or the gateway, can do to sealed records: change, drop, repeat,
// reorder, reflect, inject, cut. The other side sees the truth, a prefix of it, or a
// SealError; never anything else, and never a clean end that was not meant.
#include "inner/seal.h"

#include "support/seals.h"

#include <gtest/gtest.h>

namespace tasuki::inner {
namespace {

using test::read;
using test::records;
using test::SealPair;

constexpr std::string_view truth = "one|two|three|";

// Three records of the client's and its goodbye, on a connection of their own.
struct Said {
  SealPair pair = SealPair::shaken();
  std::vector<ByteString> sealed;

  Said() {
    for (const std::string_view word : {"one|", "two|", "three|"}) {
      pair.client.write(as_bytes(word));
      sealed.push_back(pair.client.take());
    }
    pair.client.close();
    sealed.push_back(pair.client.take());
  }
};

struct Heard {
  std::string text;
  bool broken = false;     // SealError(broken), at any time
  bool truncated = false;  // SealError(truncated), when the carrier ended
  bool clean = false;
};

Heard hear(Seal& seal, const std::vector<ByteString>& pieces) {
  Heard heard;
  ByteString opened;
  try {
    for (const ByteString& piece : pieces) {
      seal.receive(piece);
      seal.read(opened);
    }
    seal.carrier_ended();
    heard.clean = true;
  } catch (const SealError& error) {
    (error.cause == SealError::Cause::broken ? heard.broken : heard.truncated) = true;
  }
  heard.text = as_text(opened);
  return heard;
}

void expect_a_prefix_and_no_clean_end(const Heard& heard) {
  EXPECT_TRUE(truth.starts_with(heard.text)) << heard.text;
  EXPECT_FALSE(heard.clean);
  EXPECT_TRUE(heard.broken || heard.truncated);
}

TEST(SealedRecords, AreHeardWholeWhenNobodyTouchesThem) {
  Said said;
  const Heard heard = hear(said.pair.agent, said.sealed);
  EXPECT_EQ(heard.text, truth);
  EXPECT_TRUE(heard.clean);
}

TEST(SealedRecords, NoBitOfThemMayChange) {
  const std::size_t size = Said().sealed.front().size();
  for (std::size_t byte = 0; byte < size; ++byte) {
    Said said;
    said.sealed[0][byte] ^= std::uint8_t(1 << byte % 8);
    const Heard heard = hear(said.pair.agent, said.sealed);
    expect_a_prefix_and_no_clean_end(heard);
    EXPECT_EQ(heard.text, "") << "byte " << byte;
  }
}

TEST(SealedRecords, NoBitOfTheGoodbyeMayChange) {
  const std::size_t size = Said().sealed.back().size();
  for (std::size_t byte = 0; byte < size; ++byte) {
    Said said;
    said.sealed.back()[byte] ^= std::uint8_t(1 << byte % 8);
    expect_a_prefix_and_no_clean_end(hear(said.pair.agent, said.sealed));
  }
}

TEST(SealedRecords, NoneMayBeDropped) {
  for (std::size_t dropped = 0; dropped < 3; ++dropped) {
    Said said;
    said.sealed.erase(said.sealed.begin() + long(dropped));
    const Heard heard = hear(said.pair.agent, said.sealed);
    expect_a_prefix_and_no_clean_end(heard);
    EXPECT_TRUE(heard.broken);
  }
}

TEST(SealedRecords, NoneMayComeTwice) {
  for (std::size_t twice = 0; twice < 3; ++twice) {
    Said said;
    const ByteString copy = said.sealed[twice];
    said.sealed.insert(said.sealed.begin() + long(twice), copy);
    EXPECT_TRUE(hear(said.pair.agent, said.sealed).broken);
  }
}

TEST(SealedRecords, NoneMayComeBeforeItsTurn) {
  for (std::size_t first = 0; first < 3; ++first) {
    Said said;
    std::swap(said.sealed[first], said.sealed[first + 1]);
    const Heard heard = hear(said.pair.agent, said.sealed);
    expect_a_prefix_and_no_clean_end(heard);
    EXPECT_TRUE(heard.broken);
  }
}

TEST(SealedRecords, AreNotHeardByTheOneWhoSaidThem) {
  Said said;
  said.pair.agent.write(as_bytes("an answer"));
  const ByteString reflected = said.pair.agent.take();
  EXPECT_TRUE(hear(said.pair.agent, {reflected}).broken);
  EXPECT_TRUE(hear(said.pair.client, {said.sealed[0]}).broken);
}

TEST(SealedRecords, AreWorthNothingOnAnotherConnection) {
  Said recorded, now;
  EXPECT_TRUE(hear(now.pair.agent, recorded.sealed).broken);
}

// A goodbye that is not sealed, as only somebody between could say it.
TEST(SealedRecords, AForgedGoodbyeIsNotBelieved) {
  const ByteString close_notify{0x15, 0x03, 0x03, 0x00, 0x02, 0x01, 0x00};
  Said said;
  const Heard heard = hear(said.pair.agent, {said.sealed[0], close_notify});
  EXPECT_FALSE(heard.clean);
  EXPECT_EQ(heard.text, "one|");
  EXPECT_FALSE(said.pair.agent.peer_closed());

  SealPair fresh;
  EXPECT_FALSE(hear(fresh.agent, {close_notify}).clean);
  SealPair half;
  half.agent.receive(half.client.take());
  EXPECT_FALSE(hear(half.agent, {close_notify}).clean);
  EXPECT_FALSE(hear(half.client, {close_notify}).clean);
}

TEST(SealedRecords, UnsealedBytesAreNotHeardAfterTheHandshake) {
  for (const std::uint8_t type : {0x14, 0x15, 0x16, 0x17, 0x18, 0xff}) {
    Said said;
    ByteString plain{type, 0x03, 0x03, 0x00, 0x04, 'e', 'v', 'i', 'l'};
    const Heard heard = hear(said.pair.agent, {plain});
    EXPECT_EQ(heard.text, "");
    EXPECT_FALSE(heard.clean);
  }
}

TEST(SealedRecords, StayBrokenOnceTheyAre) {
  Said said;
  ByteString changed = said.sealed[0];
  changed.back() ^= 1;
  EXPECT_TRUE(hear(said.pair.agent, {changed}).broken);
  EXPECT_TRUE(hear(said.pair.agent, {said.sealed[0]}).broken);
  EXPECT_TRUE(hear(said.pair.agent, {said.sealed[1]}).broken);
}

TEST(SealedRecords, OfAnyOtherOriginBreakTheHandshake) {
  test::Random random(7);
  for (int i = 0; i < 300; ++i) {
    SealPair pair;
    const ByteString garbage = random.bytes(1 + random.below(200));
    EXPECT_FALSE(hear(pair.agent, {garbage}).clean);
    EXPECT_FALSE(pair.agent.established());
    EXPECT_FALSE(hear(pair.client, {garbage}).clean);
    EXPECT_FALSE(pair.client.established());
  }
}

// Each flight of the handshake, with one bit of it changed. Either somebody notices,
// or it was a bit that says nothing (a record's version): then both agree on the rest.
TEST(SealedRecords, OfTheHandshakeMayNotChangeEither) {
  int noticed = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    test::Random random(seed);
    SealPair pair;
    const std::size_t changed = random.below(3);
    std::size_t flight = 0;
    const auto pass = [&](Seal& from, Seal& to) {
      ByteString bytes = from.take();
      if (!bytes.empty() && flight++ == changed)
        bytes[random.below(bytes.size())] ^= std::uint8_t(1 << random.below(8));
      to.receive(bytes);
    };
    try {
      pass(pair.client, pair.agent);
      pass(pair.agent, pair.client);
      pass(pair.client, pair.agent);
    } catch (const SealError&) {
      ++noticed;
      continue;
    }
    if (!pair.client.established() || !pair.agent.established())
      ++noticed;
    else
      EXPECT_EQ(pair.client.exporter("all", {}), pair.agent.exporter("all", {})) << seed;
  }
  EXPECT_GT(noticed, 350);
}

TEST(SealedRecords, AreRecordsOfTls) {
  Said said;
  for (const ByteString& sealed : said.sealed) {
    EXPECT_EQ(records(sealed).size(), 1u);
    EXPECT_EQ(sealed[0], 0x17);  // application data, even the goodbye
  }
}

}  // namespace
}  // namespace tasuki::inner
