// The group and the function under OPAQUE, where the vectors do not look.
#include "crypto/oprf.h"

#include "crypto/hash.h"
#include "hex.h"

#include <gtest/gtest.h>

namespace tasuki::crypto::oprf {
namespace {

// The order of the group, little-endian: 2^252 + 27742317777372353535851937790883648493.
const ByteString order =
    from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");

Element element(std::string_view hex) {
  return array_from_hex<Element>(hex);
}

TEST(Oprf, ScalarsAreThoseBelowTheOrderExceptZero) {
  ByteString below = order, above = order, one(32);
  --below[0];
  ++above[0];
  one[0] = 1;
  EXPECT_TRUE(is_scalar(one));
  EXPECT_TRUE(is_scalar(below));
  EXPECT_FALSE(is_scalar(order));
  EXPECT_FALSE(is_scalar(above));
  EXPECT_FALSE(is_scalar(ByteString(32)));
  EXPECT_FALSE(is_scalar(ByteString(32, 0xff)));
  EXPECT_FALSE(is_scalar(ByteString(31, 1)));
  EXPECT_FALSE(is_scalar({}));
  // The top bit, which the multiplication itself would overlook.
  one[31] = 0x80;
  EXPECT_FALSE(is_scalar(one));
}

// RFC 9496, A.2: what must not decode, one of each kind.
TEST(Oprf, RefusesEncodingsThatAreNotCanonical) {
  EXPECT_TRUE(is_element(element_from_uniform(random_array<64>())));
  for (const auto bad : {
           "0000000000000000000000000000000000000000000000000000000000000000",  // the identity
           "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",  // not reduced
           "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // not reduced
           "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // zero, not reduced
           "0100000000000000000000000000000000000000000000000000000000000000",  // negative
           "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",  // no square
           "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",  // negative xy
           "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // s = -1, y = 0
       }) {
    EXPECT_FALSE(is_element(element(bad))) << bad;
    EXPECT_FALSE(multiply(random_scalar().bytes(), element(bad))) << bad;
  }
}

TEST(Oprf, BlindingChangesWhatIsSentAndNotWhatComesOut) {
  const Secret key = random_scalar();
  const Bytes input = as_bytes("password");
  const auto once = [&] {
    const Secret scalar = random_scalar();
    const auto sent = blind(input, scalar.bytes()).value();
    const auto output = finalize(input, scalar.bytes(), multiply(key.bytes(), sent).value());
    return std::pair(sent, to_hex(output->bytes()));
  };
  const auto first = once(), second = once();
  EXPECT_NE(first.first, second.first);
  EXPECT_EQ(first.second, second.second);
}

TEST(Oprf, TheServersAnswerMustBeAnElement) {
  const Secret scalar = random_scalar();
  EXPECT_FALSE(finalize(as_bytes("x"), scalar.bytes(), Element{}));
  Element bad;
  bad.fill(0xff);
  EXPECT_FALSE(finalize(as_bytes("x"), scalar.bytes(), bad));
}

TEST(Oprf, RefusesScalarsThatAreNone) {
  const auto good = element_from_uniform(random_array<64>());
  for (const auto& bad : {ByteString(32), order, ByteString(32, 0xff), ByteString(16, 1)}) {
    EXPECT_FALSE(blind(as_bytes("x"), bad));
    EXPECT_FALSE(finalize(as_bytes("x"), bad, good));
    EXPECT_FALSE(multiply(bad, good));
    EXPECT_FALSE(public_key(bad));
  }
}

TEST(Oprf, AnInputHasAtMost65535Bytes) {
  const Secret scalar = random_scalar();
  EXPECT_TRUE(blind(ByteString(0xffff), scalar.bytes()));
  EXPECT_THROW(blind(ByteString(0x10000), scalar.bytes()), std::invalid_argument);
}

}  // namespace
}  // namespace tasuki::crypto::oprf
