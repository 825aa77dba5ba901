#include "crypto/identity.h"

#include "crypto/certificates.h"
#include "hex.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace tasuki::crypto {
namespace {

constexpr std::string_view base32 = "abcdefghijklmnopqrstuvwxyz234567";

AgentId some_id() {
  return AgentId(random_array<32>());
}

KeyHandle make_key(const char* group) {
  return KeyHandle(EVP_EC_gen(group));
}

ByteString spki_of(EVP_PKEY* key) {
  std::uint8_t* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  ByteString bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

std::string pem_of(EVP_PKEY* key, const char* passphrase = nullptr) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(bio, key, passphrase ? EVP_aes_128_cbc() : nullptr, passphrase,
                                passphrase ? 4 : 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  std::string pem(text, std::size_t(size));
  BIO_free(bio);
  return pem;
}

TEST(AgentId, IsWrittenInFourteenGroupsAndReadBack) {
  const auto id = some_id();
  const std::string text = id.text();
  EXPECT_EQ(text.size(), 54u + 13u);
  EXPECT_EQ(text[4], '-');
  EXPECT_EQ(text[text.size() - 3], '-');
  EXPECT_EQ(AgentId::parse(text), id);
}

// A golden value: the text form is on paper and in people's heads, so it cannot change.
TEST(AgentId, HasAFormThatStays) {
  EXPECT_EQ(AgentId(Sha256{}).text(),
            "aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-rd");
  EXPECT_EQ(AgentId(sha256(as_bytes("tasuki"))).text(),
            "kgih-rjca-n2hg-u2sj-rxn3-3uom-jkff-rwhx-p4hn-ozdz-ntzl-iyuo-65ha-pr");
}

TEST(AgentId, IsReadInAnyCaseAndWithAnyGaps) {
  const auto id = some_id();
  std::string upper = id.text(), bare, spaced;
  for (char& c : upper) c = char(std::toupper(c));
  for (const char c : id.text()) {
    if (c != '-') bare += c;
    if (c != '-') spaced += std::string("  ") + c;
  }
  EXPECT_EQ(AgentId::parse(upper), id);
  EXPECT_EQ(AgentId::parse(bare), id);
  EXPECT_EQ(AgentId::parse(spaced), id);
}

TEST(AgentId, NoticesEveryWrongCharacter) {
  const std::string text = some_id().text();
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '-') continue;
    for (const char other : base32) {
      if (other == text[at]) continue;
      std::string wrong = text;
      wrong[at] = other;
      EXPECT_FALSE(AgentId::parse(wrong)) << wrong;
    }
  }
}

TEST(AgentId, NoticesAnyTwoCharactersInEachOthersPlace) {
  std::string text;
  for (const char c : some_id().text()) {
    if (c != '-') text += c;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (std::size_t j = i + 1; j < text.size(); ++j) {
      if (text[i] == text[j]) continue;
      std::string wrong = text;
      std::swap(wrong[i], wrong[j]);
      EXPECT_FALSE(AgentId::parse(wrong)) << i << " and " << j;
    }
  }
}

TEST(AgentId, NoticesTwoWrongNeighbours) {
  std::string text;
  for (const char c : some_id().text()) {
    if (c != '-') text += c;
  }
  for (std::size_t at = 0; at + 1 < text.size(); ++at) {
    for (const char first : base32) {
      for (const char second : base32) {
        std::string wrong = text;
        wrong[at] = first;
        wrong[at + 1] = second;
        if (wrong != text) {
          EXPECT_FALSE(AgentId::parse(wrong)) << wrong;
        }
      }
    }
  }
}

TEST(AgentId, NoticesWhatIsMissingOrTooMuch) {
  const std::string text = some_id().text();
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(AgentId::parse(text.substr(0, size)));
  }
  EXPECT_FALSE(AgentId::parse(text + "a"));
  EXPECT_FALSE(AgentId::parse(text + text));
  EXPECT_FALSE(AgentId::parse(std::string(1000000, 'a')));
}

TEST(AgentId, NoticesWhatIsNoBase32) {
  std::string text = some_id().text();
  for (const char bad : {'0', '1', '8', '9', '_', '.', '\0', '\n', '\t', char(0xe3)}) {
    text[7] = bad;
    EXPECT_FALSE(AgentId::parse(text));
  }
}

TEST(SigningKey, SignsWhatItsPublicKeyVerifies) {
  const auto key = SigningKey::generate();
  const auto signature = key.sign(as_bytes("message"));
  EXPECT_TRUE(key.public_key().verify(as_bytes("message"), signature));
  EXPECT_FALSE(key.public_key().verify(as_bytes("massage"), signature));
  EXPECT_FALSE(key.public_key().verify({}, signature));
  EXPECT_FALSE(SigningKey::generate().public_key().verify(as_bytes("message"), signature));
}

TEST(SigningKey, ASignatureCutOrChangedAnywhereIsRefused) {
  const auto key = SigningKey::generate();
  const auto signature = key.sign(as_bytes("message"));
  const auto verifies = [&](Bytes changed) {
    return key.public_key().verify(as_bytes("message"), changed);
  };
  for (std::size_t at = 0; at < signature.size(); ++at) {
    EXPECT_FALSE(verifies(Bytes(signature).first(at)));
    auto changed = signature;
    changed[at] ^= 1;
    EXPECT_FALSE(verifies(changed)) << "byte " << at;
  }
  auto longer = signature;
  longer.push_back(0);
  EXPECT_FALSE(verifies(longer));
}

TEST(SigningKey, ComesBackFromItsPem) {
  const auto key = SigningKey::generate();
  const auto again = SigningKey::from_pem(key.to_pem().bytes());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_key(), key.public_key());
  EXPECT_TRUE(key.public_key().verify(as_bytes("m"), again->sign(as_bytes("m"))));
}

TEST(SigningKey, RefusesOtherKeysEncryptedOnesAndNoise) {
  EXPECT_FALSE(SigningKey::from_pem({}));
  EXPECT_FALSE(SigningKey::from_pem(as_bytes("-----BEGIN PRIVATE KEY-----\n????\n")));
  EXPECT_FALSE(SigningKey::from_pem(as_bytes(pem_of(make_key("P-384").get()))));
  EXPECT_FALSE(SigningKey::from_pem(as_bytes(pem_of(make_key("secp256k1").get()))));
  const KeyHandle ed25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  EXPECT_FALSE(SigningKey::from_pem(as_bytes(pem_of(ed25519.get()))));
  EXPECT_FALSE(SigningKey::from_pem(as_bytes(pem_of(make_key("P-256").get(), "pass"))));
}

TEST(SigningKey, ACutPemIsRefused) {
  const Secret pem = SigningKey::generate().to_pem();
  for (std::size_t size = 0; size + 2 < pem.size(); ++size) {
    EXPECT_FALSE(SigningKey::from_pem(pem.bytes().first(size))) << size;
  }
}

// One key has one identity, however a file spells its public half.
TEST(SigningKey, ReadFromACompressedFormHasTheSameIdentity) {
  const auto key = SigningKey::generate();
  KeyHandle compressed(EVP_PKEY_dup(key.handle()));
  ASSERT_EQ(EVP_PKEY_set_utf8_string_param(compressed.get(), "point-format", "compressed"), 1);
  const auto again = SigningKey::from_pem(as_bytes(pem_of(compressed.get())));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_key().id(), key.public_key().id());
}

TEST(PublicKey, IsReadFromItsSpkiAndItsCertificate) {
  const auto key = SigningKey::generate();
  EXPECT_EQ(PublicKey::from_spki(key.public_key().spki()), key.public_key());
  EXPECT_EQ(PublicKey::from_certificate(self_signed(key, "pc-12")), key.public_key());
  EXPECT_EQ(key.public_key().id(), AgentId(sha256(key.public_key().spki())));
}

TEST(PublicKey, MayBeP384ButNoOtherCurveAndNoOtherAlgorithm) {
  const auto p384 = make_key("P-384");
  EXPECT_TRUE(PublicKey::from_spki(spki_of(p384.get())));
  EXPECT_FALSE(PublicKey::from_spki(spki_of(make_key("P-521").get())));
  EXPECT_FALSE(PublicKey::from_spki(spki_of(make_key("secp256k1").get())));
  EXPECT_FALSE(PublicKey::from_spki(spki_of(make_key("brainpoolP256r1").get())));
  const KeyHandle ed25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  EXPECT_FALSE(PublicKey::from_spki(spki_of(ed25519.get())));
}

TEST(PublicKey, HasOneEncodingOnly) {
  const auto key = SigningKey::generate();
  KeyHandle compressed(EVP_PKEY_dup(key.handle()));
  ASSERT_EQ(EVP_PKEY_set_utf8_string_param(compressed.get(), "point-format", "compressed"), 1);
  const auto other = spki_of(compressed.get());
  ASSERT_NE(other, key.public_key().spki());
  EXPECT_FALSE(PublicKey::from_spki(other));
}

TEST(PublicKey, AnSpkiCutOrChangedAnywhereIsAnotherKeyOrNone) {
  const auto spki = SigningKey::generate().public_key().spki();
  for (std::size_t at = 0; at < spki.size(); ++at) {
    EXPECT_FALSE(PublicKey::from_spki(Bytes(spki).first(at)));
    auto changed = spki;
    changed[at] ^= 1;
    EXPECT_FALSE(PublicKey::from_spki(changed)) << "byte " << at;  // off the curve
  }
  auto longer = spki;
  longer.push_back(0);
  EXPECT_FALSE(PublicKey::from_spki(longer));
}

// An entry left behind would make the thread's next TLS read look like a failure.
TEST(PublicKey, LeavesNoErrorBehind) {
  ERR_clear_error();
  auto off_curve = SigningKey::generate().public_key().spki();
  off_curve.back() ^= 1;
  EXPECT_FALSE(PublicKey::from_spki(off_curve));
  EXPECT_FALSE(PublicKey::from_certificate(as_bytes("noise")));
  EXPECT_FALSE(SigningKey::from_pem(as_bytes("noise")));
  EXPECT_FALSE(SigningKey::generate().public_key().verify({}, as_bytes("noise")));
  EXPECT_FALSE(from_pem("noise"));
  EXPECT_FALSE(facts(as_bytes("noise")));
  EXPECT_FALSE(issued_by(as_bytes("noise"), as_bytes("noise"), 0));
  EXPECT_EQ(ERR_peek_error(), 0u);
}

}  // namespace
}  // namespace tasuki::crypto
