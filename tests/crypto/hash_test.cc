#include "crypto/hash.h"

#include "crypto/kdf.h"
#include "hex.h"

#include <gtest/gtest.h>

namespace tasuki::crypto {
namespace {

std::string hex(const Secret& value) {
  return to_hex(value.bytes());
}

// FIPS 180-4's example.
TEST(Hash, IsSha256AndSha512) {
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha512(as_bytes("abc"))),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Transcript, HashesWhatWasAddedHoweverItWasCut) {
  Transcript cut;
  for (const auto part : {"a", "", "bc"}) cut.add(as_bytes(part));
  EXPECT_EQ(cut.digest(), sha512(as_bytes("abc")));
  EXPECT_EQ(Transcript().digest(), sha512({}));
}

TEST(Transcript, GoesOnAfterItsDigestWasTaken) {
  Transcript transcript;
  transcript.add(as_bytes("a"));
  EXPECT_EQ(transcript.digest(), sha512(as_bytes("a")));
  EXPECT_EQ(transcript.digest(), sha512(as_bytes("a")));
  Transcript fork = transcript;
  transcript.add(as_bytes("bc"));
  EXPECT_EQ(transcript.digest(), sha512(as_bytes("abc")));
  EXPECT_EQ(fork.digest(), sha512(as_bytes("a")));
}

// RFC 4231, test cases 1 and 6 (a key longer than a block).
TEST(Kdf, IsHmacSha512) {
  EXPECT_EQ(hex(hmac_sha512(ByteString(20, 0x0b), {as_bytes("Hi "), as_bytes("There")})),
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
            "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854");
  EXPECT_EQ(hex(hmac_sha512(ByteString(131, 0xaa),
                            {as_bytes("Test Using Larger Than Block-Size Key - Hash Key First")})),
            "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
            "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598");
}

TEST(Kdf, ExpandsToAPrefixOfTheLongerOutputAndOnlyWithinItsLimit) {
  const Bytes key = as_bytes("key");
  const auto longest = hkdf_expand(key, {as_bytes("label")}, 255 * 64);
  for (const std::size_t size : {1u, 63u, 64u, 65u, 128u, 200u}) {
    const auto output = hkdf_expand(key, {as_bytes("la"), as_bytes("bel")}, size);
    EXPECT_TRUE(equal(output.bytes(), longest.bytes().first(size))) << size;
  }
  EXPECT_THROW(hkdf_expand(key, {}, 0), std::invalid_argument);
  EXPECT_THROW(hkdf_expand(key, {}, 255 * 64 + 1), std::invalid_argument);
}

TEST(Random, DiffersEveryTime) {
  EXPECT_NE(random_array<32>(), random_array<32>());
  ByteString nothing;
  fill_random(nothing);
}

// RFC 4648, section 10.
TEST(Text, Base32AsInTheRfc) {
  const std::pair<std::string_view, std::string_view> examples[] = {{"", ""},
                                                                    {"f", "my"},
                                                                    {"fo", "mzxq"},
                                                                    {"foo", "mzxw6"},
                                                                    {"foob", "mzxw6yq"},
                                                                    {"fooba", "mzxw6ytb"},
                                                                    {"foobar", "mzxw6ytboi"}};
  for (const auto& [plain, text] : examples) {
    EXPECT_EQ(to_base32(as_bytes(plain)), text);
    const auto back = from_base32(text);
    ASSERT_TRUE(back) << text;
    EXPECT_EQ(as_text(*back), plain);
  }
  EXPECT_EQ(as_text(from_base32("MZXW6YTBOI").value()), "foobar");
}

TEST(Text, Base32KnowsItsAlphabetAndNothingElse) {
  for (int c = 0; c < 256; ++c) {
    const char letter = char(c);
    const bool known = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                       (letter >= '2' && letter <= '7');
    EXPECT_EQ(from_base32(std::string{letter, 'a'}).has_value(), known) << c;
  }
}

TEST(Text, Base32RefusesLengthsAndBitsThatNothingEncodesTo) {
  for (const auto bad : {"m", "mzx", "mzxw6y", "mz", "mzxr", "my======", "my ", "m-y"}) {
    EXPECT_FALSE(from_base32(bad)) << bad;
  }
}

TEST(Text, Base32AndBase64ComeBackForEveryLength) {
  for (std::size_t size = 0; size < 70; ++size) {
    ByteString bytes(size);
    fill_random(bytes);
    EXPECT_EQ(from_base32(to_base32(bytes)), bytes);
    EXPECT_EQ(from_base64url(to_base64url(bytes)), bytes);
  }
}

TEST(Text, Base64urlHasNoPaddingAndItsOwnTwoLetters) {
  EXPECT_EQ(to_base64url(from_hex("fbff")), "-_8");
  EXPECT_EQ(from_base64url("-_8"), from_hex("fbff"));
  for (const auto bad : {"-_8=", "+/8", "-_9", "-", "-_8\n", " -_8", "-_8A-"}) {
    EXPECT_FALSE(from_base64url(bad)) << bad;
  }
}

TEST(Text, HexIsLowerCase) {
  EXPECT_EQ(to_hex(ByteString{0x00, 0xaf, 0x19}), "00af19");
  EXPECT_EQ(to_hex({}), "");
}

}  // namespace
}  // namespace tasuki::crypto
