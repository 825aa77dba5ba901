// What is said and understood on the link, byte for byte where it matters; and what
// hostile neighbours send.
#include "lan/mdns.h"

#include <arpa/nameser.h>
#include <gtest/gtest.h>
#include <random>

namespace tasuki::lan {
namespace {

namespace ip = asio::ip;

const std::string name = "abcdefghij234567klmnopqrst";

Service service() {
  return {name, 3086, {ip::make_address("192.168.10.11"), ip::make_address("fe80::11")}};
}

// A message put together by hand.
class Packet {
public:
  Packet(std::uint16_t flags, std::array<std::uint16_t, 4> counts, std::uint16_t id = 7) {
    u16(id).u16(flags);
    for (const std::uint16_t count : counts) u16(count);
  }
  Packet& u8(unsigned value) {
    bytes_.push_back(std::uint8_t(value));
    return *this;
  }
  Packet& u16(unsigned value) { return u8(value >> 8 & 0xff).u8(value & 0xff); }
  Packet& u32(unsigned value) { return u16(value >> 16).u16(value & 0xffff); }
  Packet& labels(std::initializer_list<std::string> labels) {
    for (const std::string& label : labels) {
      u8(unsigned(label.size()));
      append(bytes_, as_bytes(label));
    }
    return *this;
  }
  Packet& instance() { return labels({name, "_tasuki", "_tcp", "local"}).u8(0); }
  Packet& service() { return labels({"_tasuki", "_tcp", "local"}).u8(0); }
  Packet& host() { return labels({name, "local"}).u8(0); }
  Packet& record(unsigned type, unsigned rclass, unsigned ttl, unsigned length) {
    return u16(type).u16(rclass).u32(ttl).u16(length);
  }
  Packet& address(std::initializer_list<unsigned> octets) {
    for (const unsigned octet : octets) u8(octet);
    return *this;
  }
  std::size_t size() const { return bytes_.size(); }
  operator Bytes() const { return bytes_; }
  ByteString bytes() const { return bytes_; }

private:
  ByteString bytes_;
};

constexpr std::uint16_t response = 0x8400;

Packet asking(unsigned type, unsigned qclass) {
  return Packet(0, {1, 0, 0, 0}).instance().u16(type).u16(qclass);
}

// What an honest agent says, by hand: SRV and A.
Packet answering(unsigned ttl = 120) {
  return Packet(response, {0, 1, 0, 1})
      .instance()
      .record(ns_t_srv, 0x8001, ttl, unsigned(6 + name.size() + 1 + 7))
      .u16(0)
      .u16(0)
      .u16(3086)
      .host()
      .host()
      .record(ns_t_a, 0x8001, ttl, 4)
      .address({192, 168, 10, 11});
}

TEST(MdnsQuery, OfAClientIsUnderstoodAndAsksForAnAnswerToItAlone) {
  const auto query = parse_query(build_query(0x1234, name), name);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->id, 0x1234);
  EXPECT_TRUE(query->unicast);
  ASSERT_EQ(query->questions.size(), 1u);
  EXPECT_EQ(query->questions[0].name, instance_name(name));
  EXPECT_EQ(query->questions[0].type, ns_t_srv);
}

TEST(MdnsQuery, TravelsAsRfc1035Writes) {
  const Packet by_hand = Packet(0, {1, 0, 0, 0}, 0x1234).instance().u16(33).u16(0x8001);
  EXPECT_EQ(build_query(0x1234, name), by_hand.bytes());
}

TEST(MdnsQuery, ByHandIsUnderstoodWhateverTheCase) {
  EXPECT_TRUE(parse_query(asking(ns_t_srv, 1), name));
  EXPECT_FALSE(parse_query(asking(ns_t_srv, 1), name)->unicast);
  EXPECT_TRUE(parse_query(asking(ns_t_any, 0x8001), name)->unicast);
  EXPECT_TRUE(parse_query(
      Packet(0, {1, 0, 0, 0}).labels({"_TASUKI", "_tcp", "LOCAL"}).u8(0).u16(ns_t_ptr).u16(ns_c_in),
      name));
}

TEST(MdnsQuery, ForSomethingElseIsNotForUs) {
  EXPECT_FALSE(parse_query(asking(ns_t_srv, 1), "another"));
  EXPECT_FALSE(parse_query(asking(ns_t_ptr, 1), name));      // not a type that this name has
  EXPECT_FALSE(parse_query(asking(ns_t_srv, 3), name));      // CHAOS
  EXPECT_FALSE(parse_query(Packet(0, {0, 0, 0, 0}), name));  // nothing is asked
  EXPECT_FALSE(parse_query(answering(), name));
}

TEST(MdnsQuery, OfWhoKnowsUsAlreadyNeedsNoAnswer) {
  const auto browsing = [](unsigned ttl) {
    return Packet(0, {1, 1, 0, 0})
        .service()
        .u16(ns_t_ptr)
        .u16(ns_c_in)
        .service()
        .record(ns_t_ptr, 1, ttl, unsigned(1 + name.size() + 2))
        .labels({name})
        .u16(0xc00c);  // the service's name, where the question says it
  };
  EXPECT_FALSE(parse_query(browsing(100), name));
  EXPECT_TRUE(parse_query(browsing(10), name)) << "soon forgotten";
  EXPECT_TRUE(parse_query(browsing(100), "zzzzzzzzzz234567klmnopqrst")) << "knows another";
}

TEST(MdnsAnswer, TellsAClientWhereToGo) {
  const auto query = parse_query(build_query(9, name), name);
  const auto found = parse_answer(build_answer(service(), *query, true), name);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->port, 3086);
  EXPECT_EQ(found->addresses, service().addresses);
}

TEST(MdnsAnswer, ToAnOldResolverRepeatsTheQuestionAndIsShortLived) {
  const auto query = parse_query(build_query(9, name), name);
  const ByteString said = build_answer(service(), *query, true);
  ns_msg message;
  ASSERT_EQ(ns_initparse(said.data(), int(said.size()), &message), 0);
  EXPECT_EQ(ns_msg_id(message), 9);
  EXPECT_EQ(ns_msg_count(message, ns_s_qd), 1);
  ns_rr record;
  ASSERT_EQ(ns_parserr(&message, ns_s_an, 0, &record), 0);
  EXPECT_EQ(record.ttl, 10u);
  EXPECT_EQ(record.rr_class, ns_c_in);
}

TEST(MdnsAnswer, ToEverybodyHasNeitherIdNorQuestion) {
  const auto query = parse_query(asking(ns_t_srv, 1), name);
  const ByteString said = build_answer(service(), *query, false);
  ns_msg message;
  ASSERT_EQ(ns_initparse(said.data(), int(said.size()), &message), 0);
  EXPECT_EQ(ns_msg_id(message), 0);
  EXPECT_EQ(ns_msg_count(message, ns_s_qd), 0);
  EXPECT_EQ(ns_msg_count(message, ns_s_an), 1);
  EXPECT_EQ(ns_msg_count(message, ns_s_ar), 3);  // TXT, A, AAAA
  ns_rr record;
  ASSERT_EQ(ns_parserr(&message, ns_s_an, 0, &record), 0);
  EXPECT_EQ(record.rr_class, 0x8001);
  EXPECT_EQ(record.ttl, 120u);
}

TEST(MdnsAnswer, AboutAnAddressThatThereIsNotIsNone) {
  Service v4_only = service();
  v4_only.addresses.pop_back();
  const auto query = parse_query(Packet(0, {1, 0, 0, 0}).host().u16(ns_t_aaaa).u16(ns_c_in), name);
  ASSERT_TRUE(query);
  EXPECT_TRUE(build_answer(v4_only, *query, false).empty());
  EXPECT_FALSE(build_answer(service(), *query, false).empty());
}

TEST(MdnsAnnouncement, IsUnderstoodAndAGoodbyeIsNot) {
  EXPECT_TRUE(parse_answer(build_announcement(service(), Lifetime::usual), name));
  EXPECT_FALSE(parse_answer(build_announcement(service(), Lifetime::goodbye), name));
}

TEST(MdnsAnswer, ByHandIsUnderstood) {
  const auto found = parse_answer(answering(), name);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->port, 3086);
  EXPECT_EQ(found->addresses, std::vector{ip::make_address("192.168.10.11")});
}

TEST(MdnsAnswer, AboutSomebodyElseIsNothing) {
  EXPECT_FALSE(parse_answer(answering(), "another"));
  EXPECT_FALSE(parse_answer(build_query(1, name), name));
  EXPECT_FALSE(parse_answer(answering(0), name));
}

// ---- hostile neighbours ----

TEST(MdnsHostile, EveryPrefixOfAMessageIsHarmlessAndNothing) {
  const ByteString whole = answering().bytes();
  ASSERT_TRUE(parse_answer(whole, name));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const ByteString part(whole.begin(), whole.begin() + std::ptrdiff_t(size));  // for sanitizers
    EXPECT_FALSE(parse_answer(part, name)) << size;
  }
  const ByteString question = asking(ns_t_srv, 1).bytes();
  for (std::size_t size = 0; size < question.size(); ++size) {
    const ByteString part(question.begin(), question.begin() + std::ptrdiff_t(size));
    EXPECT_FALSE(parse_query(part, name)) << size;
  }
}

TEST(MdnsHostile, ANameThatPointsToItselfIsNothing) {
  const Packet loop = Packet(0, {1, 0, 0, 0}).u16(0xc00c).u16(ns_t_srv).u16(ns_c_in);
  EXPECT_FALSE(parse_query(loop, name));
}

TEST(MdnsHostile, TwoNamesThatPointToEachOtherAreNothing) {
  const Packet loop = Packet(response, {0, 1, 0, 0})
                          .u16(0xc00e)
                          .u16(0xc00c)
                          .record(ns_t_srv, 1, 120, 8)
                          .u16(0)
                          .u16(0)
                          .u16(1)
                          .u16(0xc00c);
  EXPECT_FALSE(parse_answer(loop, name));
}

TEST(MdnsHostile, ATargetThatPointsToItselfOrBeyondTheEndIsNothing) {
  const auto with_target = [](unsigned pointer) {
    return Packet(response, {0, 1, 0, 0})
        .instance()
        .record(ns_t_srv, 1, 120, 8)
        .u16(0)
        .u16(0)
        .u16(3086)
        .u16(pointer);
  };
  const unsigned itself = unsigned(with_target(0).size() - 2);
  EXPECT_FALSE(parse_answer(with_target(0xc000 | itself), name));
  EXPECT_FALSE(parse_answer(with_target(0xffff), name));
  EXPECT_FALSE(parse_answer(with_target(0x4000), name)) << "a kind of label that does not exist";
}

TEST(MdnsHostile, ARecordWhoseDataIsShorterThanItSaysIsNothing) {
  EXPECT_FALSE(parse_answer(
      Packet(response, {0, 1, 0, 0}).instance().record(ns_t_srv, 1, 120, 65535).u16(0), name));
  // SRV without a target, or with less than a port.
  for (const unsigned length : {0u, 1u, 5u, 6u}) {
    Packet packet = Packet(response, {0, 1, 0, 0}).instance().record(ns_t_srv, 1, 120, length);
    for (unsigned i = 0; i < length; ++i) packet.u8(1);
    EXPECT_FALSE(parse_answer(packet, name)) << length;
  }
}

TEST(MdnsHostile, ATargetThatRunsOutOfItsRecordIsNothing) {
  const Packet packet = Packet(response, {0, 1, 0, 1})
                            .instance()
                            .record(ns_t_srv, 1, 120, 6 + 3)  // the name goes on behind it
                            .u16(0)
                            .u16(0)
                            .u16(3086)
                            .host()
                            .record(ns_t_a, 1, 120, 4)
                            .address({10, 0, 0, 1});
  EXPECT_FALSE(parse_answer(packet, name));
}

TEST(MdnsHostile, AddressesOfAnotherSizeAreNotAddresses) {
  for (const unsigned length : {0u, 3u, 5u, 16u}) {
    Packet packet = answering();
    Packet again = Packet(response, {0, 1, 0, 1})
                       .instance()
                       .record(ns_t_srv, 1, 120, unsigned(6 + name.size() + 8))
                       .u16(0)
                       .u16(0)
                       .u16(3086)
                       .host()
                       .host()
                       .record(ns_t_a, 1, 120, length);
    for (unsigned i = 0; i < length; ++i) again.u8(10);
    EXPECT_FALSE(parse_answer(again, name)) << length;
  }
}

TEST(MdnsHostile, CountsThatPromiseMoreThanThereIsAreNothing) {
  ByteString bytes = answering().bytes();
  bytes[7] = 0xff;  // answers
  EXPECT_FALSE(parse_answer(bytes, name));
  bytes[6] = 0xff;
  EXPECT_FALSE(parse_answer(bytes, name));
}

TEST(MdnsHostile, ThousandsOfRecordsAreNotLookedAt) {
  const auto with = [](unsigned count) {
    Packet packet(response, {0, std::uint16_t(count), 0, 0});
    packet.instance()
        .record(ns_t_srv, 1, 120, unsigned(6 + name.size() + 8))
        .u16(0)
        .u16(0)
        .u16(3086)
        .host();
    const unsigned host_at = unsigned(packet.size() - (name.size() + 8));
    for (unsigned i = 1; i < count; ++i)
      packet.u16(0xc000 | host_at).record(ns_t_a, 1, 120, 4).address({10, 0, i >> 8, i & 255});
    return packet;
  };
  EXPECT_FALSE(parse_answer(with(400), name));
  const auto few = parse_answer(with(100), name);
  ASSERT_TRUE(few);
  EXPECT_EQ(few->addresses.size(), most_addresses);
}

TEST(MdnsHostile, TheSameAddressManyTimesIsOne) {
  Packet packet(response, {0, 4, 0, 0});
  packet.instance()
      .record(ns_t_srv, 1, 120, unsigned(6 + name.size() + 8))
      .u16(0)
      .u16(0)
      .u16(3086)
      .host();
  for (int i = 0; i < 3; ++i) packet.host().record(ns_t_a, 1, 120, 4).address({10, 0, 0, 1});
  EXPECT_EQ(parse_answer(packet, name)->addresses.size(), 1u);
}

TEST(MdnsHostile, AMessageLongerThanAnyIsNothing) {
  ByteString bytes = answering().bytes();
  bytes.resize(largest_message + 1);
  EXPECT_FALSE(parse_answer(bytes, name));
  ByteString trailing = answering().bytes();
  trailing.push_back(0);
  EXPECT_FALSE(parse_answer(trailing, name)) << "something stands behind the end";
}

TEST(MdnsHostile, OtherOperationsAndFailuresAreNothing) {
  for (const unsigned flags : {0x8400u | 1u, 0x8400u | 5u << 11, 0x8400u | 3u}) {
    ByteString bytes = answering().bytes();
    bytes[2] = std::uint8_t(flags >> 8);
    bytes[3] = std::uint8_t(flags);
    EXPECT_FALSE(parse_answer(bytes, name)) << flags;
  }
}

TEST(MdnsHostile, APortOfZeroIsNothing) {
  ByteString bytes = answering().bytes();
  const std::size_t port_at = 12 + (1 + name.size()) + 8 + 5 + 7 + 10 + 4;
  ASSERT_EQ(bytes[port_at] << 8 | bytes[port_at + 1], 3086);
  bytes[port_at] = bytes[port_at + 1] = 0;
  EXPECT_FALSE(parse_answer(bytes, name));
}

TEST(MdnsHostile, SpoiltBytesNeverHarm) {
  // Each byte of real messages to many values, and many at once: nothing to check but that
  // all of it returns. Sanitizers look over its shoulder.
  std::mt19937 random(42);
  const auto query = parse_query(build_query(9, name), name);
  std::size_t understood = 0;
  for (const ByteString& whole :
       {answering().bytes(), asking(ns_t_srv, 1).bytes(), build_answer(service(), *query, true),
        build_announcement(service(), Lifetime::usual)})
    for (int round = 0; round < 20'000; ++round) {
      ByteString spoilt = whole;
      for (unsigned i = 0; i <= random() % 4; ++i)
        spoilt[random() % spoilt.size()] = std::uint8_t(random());
      if (const auto asked = parse_query(spoilt, name)) {
        ++understood;
        build_answer(service(), *asked, random() & 1);
      }
      understood += parse_answer(spoilt, name).has_value();
    }
  EXPECT_GT(understood, 0u) << "it never came beyond the first check";
}

}  // namespace
}  // namespace tasuki::lan
