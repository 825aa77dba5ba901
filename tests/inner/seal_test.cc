#include "inner/seal.h"

#include "inner/messages.h"
#include "support/seals.h"

#include <gtest/gtest.h>
#include <malloc.h>
#include <openssl/ssl.h>

namespace tasuki::inner {
namespace {

using test::carry;
using test::read;
using test::SealPair;

bool throws_truncated(auto call) {
  try {
    call();
    return false;
  } catch (const SealError& error) {
    return error.cause == SealError::Cause::truncated;
  }
}

TEST(Seal, ShakesHandsWhateverTheSizeOfThePieces) {
  for (const std::size_t largest : {1u, 2u, 5u, 100u, 100'000u}) {
    SealPair pair;
    carry(pair.client, pair.agent, largest);
    EXPECT_TRUE(pair.client.established()) << largest;
    EXPECT_TRUE(pair.agent.established()) << largest;
  }
}

TEST(Seal, SpeaksFirstOnTheClientsSide) {
  SealPair pair;
  EXPECT_GT(pair.client.waiting(), 0u);
  EXPECT_EQ(pair.agent.waiting(), 0u);
}

TEST(Seal, CarriesBytesOfAnySizeBothWays) {
  SealPair pair = SealPair::shaken();
  test::Random random(1);
  for (const std::size_t size : {0u, 1u, 100u, 16'384u, 16'385u, 200'000u}) {
    const ByteString bytes = random.bytes(size);
    pair.client.write(bytes);
    pair.agent.write(bytes);
    carry(pair.client, pair.agent, 1'000);
    EXPECT_EQ(read(pair.agent), bytes) << size;
    EXPECT_EQ(read(pair.client), bytes) << size;
  }
}

TEST(Seal, GivesWhatWasSaidInOneGoWithTheHandshake) {
  SealPair pair;
  pair.agent.receive(pair.client.take());
  pair.client.receive(pair.agent.take());
  ASSERT_TRUE(pair.client.established());
  pair.client.write(as_bytes("at once"));
  pair.agent.receive(pair.client.take());  // the client's Finished, and this
  EXPECT_EQ(as_text(read(pair.agent)), "at once");
}

TEST(Seal, ShowsTheClientWhoseKeyItIs) {
  SealPair pair = SealPair::shaken();
  EXPECT_EQ(pair.client.peer_key(), test::some_agent().key.public_key());
}

TEST(Seal, HasNothingOfWhatIsSaidOnTheWire) {
  SealPair pair = SealPair::shaken();
  pair.client.write(as_bytes("the canary sings"));
  const ByteString wire = pair.client.take();
  EXPECT_EQ(as_text(wire).find("canary"), std::string_view::npos);
}

// ---- exporter ----

TEST(SealExporter, IsEqualOnBothSides) {
  SealPair pair = SealPair::shaken();
  EXPECT_EQ(pair.client.exporter("label", as_bytes("context")),
            pair.agent.exporter("label", as_bytes("context")));
}

TEST(SealExporter, DiffersByLabelContextAndConnection) {
  SealPair pair = SealPair::shaken(), other = SealPair::shaken();
  const auto value = pair.client.exporter("label", as_bytes("context"));
  EXPECT_NE(value, pair.client.exporter("labem", as_bytes("context")));
  EXPECT_NE(value, pair.client.exporter("label", as_bytes("contexu")));
  EXPECT_NE(value, pair.client.exporter("label", {}));
  EXPECT_NE(value, other.client.exporter("label", as_bytes("context")));
}

TEST(SealExporter, IsNotThereBeforeTheHandshake) {
  SealPair pair;
  EXPECT_THROW(pair.client.exporter("label", {}), std::runtime_error);
}

// ---- the end ----

// In the whole process; not known (0) under a sanitizer's allocator.
std::size_t memory_in_use() {
  const auto all = mallinfo2();
  return all.uordblks + all.hblkhd;
}

TEST(SealEnd, IsCleanWhenThePeerSaysSo) {
  SealPair pair = SealPair::shaken();
  pair.client.write(as_bytes("last words"));
  pair.client.close();
  carry(pair.client, pair.agent);
  EXPECT_EQ(as_text(read(pair.agent)), "last words");
  EXPECT_TRUE(pair.agent.peer_closed());
  EXPECT_NO_THROW(pair.agent.carrier_ended());
}

TEST(SealEnd, OfOneSideLeavesTheOtherOpen) {
  SealPair pair = SealPair::shaken();
  pair.client.close();
  carry(pair.client, pair.agent);
  read(pair.agent);
  pair.agent.write(as_bytes("still here"));
  pair.client.receive(pair.agent.take());
  EXPECT_EQ(as_text(read(pair.client)), "still here");
  EXPECT_FALSE(pair.client.peer_closed());
}

TEST(SealEnd, DropsWhatIsWrittenAfterwards) {
  SealPair pair = SealPair::shaken();
  pair.client.close();
  pair.client.take();
  pair.client.write(as_bytes("too late"));
  EXPECT_EQ(pair.client.waiting(), 0u);
}

TEST(SealEnd, IsSaidOnce) {
  SealPair pair = SealPair::shaken();
  pair.client.close();
  EXPECT_GT(pair.client.take().size(), 0u);
  pair.client.close();
  EXPECT_EQ(pair.client.waiting(), 0u);
}

TEST(SealEnd, WithoutACloseIsATruncation) {
  SealPair pair = SealPair::shaken();
  EXPECT_TRUE(throws_truncated([&] { pair.client.carrier_ended(); }));
  EXPECT_TRUE(throws_truncated([&] { pair.agent.carrier_ended(); }));
}

TEST(SealEnd, DuringTheHandshakeIsATruncation) {
  SealPair pair;
  EXPECT_TRUE(throws_truncated([&] { pair.client.carrier_ended(); }));
  EXPECT_TRUE(throws_truncated([&] { pair.agent.carrier_ended(); }));
}

// RFC 8446, 6.1: what comes after it must be ignored. It must not be kept either, or
// a peer could fill our memory once we think that it is gone.
TEST(SealEnd, IsFollowedByNothingWhateverIsSent) {
  SealPair pair = SealPair::shaken();
  pair.client.close();
  carry(pair.client, pair.agent);
  read(pair.agent);
  ASSERT_TRUE(pair.agent.peer_closed());
  const ByteString junk(100'000, 0x17);
  const std::size_t before = memory_in_use();
  for (int i = 0; i < 100; ++i) EXPECT_NO_THROW(pair.agent.receive(junk));
  EXPECT_TRUE(read(pair.agent).empty());
  EXPECT_LT(memory_in_use(), before + 1'000'000);
}

TEST(SealEnd, IsNeverTakenForCleanWhereverTheCarrierIsCut) {
  SealPair original = SealPair::shaken();
  original.client.write(as_bytes("first"));
  original.client.write(as_bytes("second"));
  original.client.close();
  const std::size_t whole = original.client.take().size();
  for (std::size_t cut = 0; cut < whole; ++cut) {
    SealPair pair = SealPair::shaken();
    pair.client.write(as_bytes("first"));
    pair.client.write(as_bytes("second"));
    pair.client.close();
    const ByteString sealed = pair.client.take();
    ASSERT_EQ(sealed.size(), whole);
    pair.agent.receive(Bytes(sealed).first(cut));
    const ByteString opened = read(pair.agent);
    EXPECT_EQ(as_text(opened), std::string_view("firstsecond").substr(0, opened.size()));
    EXPECT_TRUE(throws_truncated([&] { pair.agent.carrier_ended(); })) << "cut at " << cut;
  }
}

// ---- key update ----

int key_updates = 0;

void count_key_updates(int, int, int content_type, const void* message, std::size_t size, SSL*,
                       void*) {
  if (content_type == SSL3_RT_HANDSHAKE && size > 0 &&
      static_cast<const std::uint8_t*>(message)[0] == SSL3_MT_KEY_UPDATE)
    ++key_updates;
}

TEST(Seal, TakesANewKeyAfterAGibibyte) {
  const SealContext context = SealContext::client();
  SSL_CTX_set_msg_callback(context.get(), count_key_updates);
  Seal client(Seal::Side::client, context), agent(Seal::Side::agent, test::some_agent().context);
  carry(client, agent);
  const ByteString block(1 << 20, 'x');
  ByteString opened;
  key_updates = 0;
  for (int mebibyte = 0; mebibyte < 1024; ++mebibyte) {
    client.write(block);
    agent.receive(client.take());
    opened.clear();
    agent.read(opened);
    ASSERT_EQ(opened.size(), block.size());
  }
  EXPECT_EQ(key_updates, 0);
  client.write(as_bytes("under the new key"));
  agent.receive(client.take());
  EXPECT_EQ(as_text(read(agent)), "under the new key");
  EXPECT_EQ(key_updates, 1);
}

TEST(Seal, TakesANewKeyWheneverItsOwnerAsks) {
  const SealContext context = SealContext::client();
  SSL_CTX_set_msg_callback(context.get(), count_key_updates);
  Seal client(Seal::Side::client, context), agent(Seal::Side::agent, test::some_agent().context);
  key_updates = 0;
  client.renew_key();  // too early: there is none yet
  carry(client, agent);
  for (int i = 0; i < 3; ++i) {
    client.renew_key();
    agent.renew_key();
    client.write(as_bytes("to"));
    agent.write(as_bytes("fro"));
    carry(client, agent);
    EXPECT_EQ(as_text(read(agent)), "to");
    EXPECT_EQ(as_text(read(client)), "fro");
  }
  EXPECT_EQ(key_updates, 6);  // three said and three heard
  client.close();
  client.renew_key();
  EXPECT_NO_THROW(carry(client, agent));
}

}  // namespace
}  // namespace tasuki::inner
