#include "crypto/secret.h"

#include <gtest/gtest.h>

#include <sstream>
#include <type_traits>

namespace tasuki::crypto {
namespace {

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

TEST(Secret, MovesAndIsNeitherCopiedNorPrintedByAccident) {
  static_assert(std::is_nothrow_move_constructible_v<Secret>);
  static_assert(std::is_nothrow_move_assignable_v<Secret>);
  static_assert(!std::is_copy_constructible_v<Secret>);
  static_assert(!std::is_copy_assignable_v<Secret>);
  static_assert(!std::is_convertible_v<Secret, std::string>);
  static_assert(!std::is_convertible_v<Bytes, Secret>);
  static_assert(!Printable<Secret>);
}

TEST(Secret, IsEmptyAfterItWasMovedFrom) {
  Secret first(as_bytes("word"));
  Secret second = std::move(first);
  EXPECT_TRUE(first.empty());  // NOLINT: what it promises
  EXPECT_EQ(as_text(second.bytes()), "word");
  Secret third(as_bytes("other"));
  third = std::move(second);
  EXPECT_TRUE(second.empty());  // NOLINT
  EXPECT_EQ(as_text(third.bytes()), "word");
}

TEST(Secret, SurvivesBeingMovedOntoItself) {
  Secret secret(as_bytes("word"));
  Secret& same = secret;
  secret = std::move(same);
  EXPECT_EQ(as_text(secret.bytes()), "word");
}

TEST(Secret, CopiesByTheWordOnly) {
  const Secret secret = Secret::random(32);
  const Secret copy = secret.copy();
  EXPECT_NE(copy.bytes().data(), secret.bytes().data());
  EXPECT_TRUE(equal(copy.bytes(), secret.bytes()));
  EXPECT_FALSE(equal(copy.bytes(), Secret::random(32).bytes()));
  EXPECT_TRUE(Secret::random(0).empty());
}

TEST(Secret, StartsAsZeros) {
  const Secret secret(8);
  EXPECT_TRUE(equal(secret.bytes(), ByteString(8)));
}

TEST(Secret, EqualityLooksAtLengthAndEveryByte) {
  const ByteString bytes{1, 2, 3};
  EXPECT_TRUE(equal(bytes, ByteString{1, 2, 3}));
  EXPECT_TRUE(equal({}, {}));
  EXPECT_FALSE(equal(bytes, ByteString{1, 2}));
  EXPECT_FALSE(equal(bytes, ByteString{1, 2, 4}));
  EXPECT_FALSE(equal(bytes, ByteString{0, 2, 3}));
}

TEST(Secret, WipeLeavesZeros) {
  ByteString bytes{1, 2, 3};
  wipe(bytes);
  EXPECT_EQ(bytes, ByteString(3));
  wipe({});
}

}  // namespace
}  // namespace tasuki::crypto
