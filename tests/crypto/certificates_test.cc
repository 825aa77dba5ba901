#include "crypto/certificates.h"

#include "crypto/openssl.h"
#include "hex.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <chrono>
#include <limits>

namespace tasuki::crypto {
namespace {

constexpr std::int64_t hour = 60 * 60, day = 24 * hour;

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Issued leaf_of(const Issued& root, std::vector<std::string> names = {"gw.example"}) {
  return make_gateway_leaf(root.certificate, root.private_key, names, 90);
}

// A certificate that Tasuki would not make: everything about it can be chosen. The
// defaults are those of a good leaf.
struct Crafted {
  const char* basic = "critical,CA:FALSE";
  const char* usage = "critical,digitalSignature";
  const char* purpose = "serverAuth";
  const char* names = "DNS:gw.example";
  const char* unknown = nullptr;  // an extension that nobody knows
  const char* group = "P-256";
  const char* subject = "gateway";
  long not_before = -hour, not_after = 90 * day;
  const EVP_MD* digest = EVP_sha384();

  Issued by(Bytes issuer_der, const Secret& issuer_key) const {
    return make(certificate_from_der(issuer_der).get(),
                private_key_from_pem(issuer_key.bytes()).get(), KeyHandle(EVP_EC_gen(group)));
  }
  Issued by(const Issued& issuer) const { return by(issuer.certificate, issuer.private_key); }
  Issued by_itself() const { return make(nullptr, nullptr, KeyHandle(EVP_EC_gen(group))); }

  Issued make(X509* issuer, EVP_PKEY* issuer_key, KeyHandle key) const {
    const CertificateHandle made(X509_new());
    X509* x = made.get();
    if (!issuer) issuer = x;
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(subject), -1, -1, 0);
    X509_gmtime_adj(X509_getm_notBefore(x), not_before);
    X509_gmtime_adj(X509_getm_notAfter(x), not_after);
    X509_set_pubkey(x, key.get());
    X509_set_issuer_name(x, X509_get_subject_name(issuer));
    const auto add = [&](int kind, const char* value) {
      if (!value) return;
      X509V3_CTX context;
      X509V3_set_ctx(&context, issuer, x, nullptr, nullptr, 0);
      const Handle<X509_EXTENSION, X509_EXTENSION_free> extension(
          X509V3_EXT_nconf_nid(nullptr, &context, kind, value));
      X509_add_ext(x, extension.get(), -1);
    };
    add(NID_subject_key_identifier, "hash");
    add(NID_authority_key_identifier, "keyid:always");
    add(NID_basic_constraints, basic);
    add(NID_key_usage, usage);
    add(NID_ext_key_usage, purpose);
    add(NID_subject_alt_name, names);
    add(NID_netscape_comment, unknown);
    X509_sign(x, issuer_key ? issuer_key : key.get(), digest);
    return {to_der(x, i2d_X509), private_key_to_pem(key.get())};
  }
};

Crafted root_like() {
  return {.basic = "critical,CA:TRUE,pathlen:0",
          .usage = "critical,keyCertSign",
          .purpose = nullptr,
          .names = nullptr,
          .group = "P-384",
          .subject = "root"};
}

TEST(Certificates, ALeafIsIssuedByItsRootAndByNoOther) {
  const auto root = make_root("realm"), other = make_root("realm");
  const auto leaf = leaf_of(root);
  EXPECT_TRUE(issued_by(leaf.certificate, root.certificate, now()));
  EXPECT_FALSE(issued_by(leaf.certificate, other.certificate, now()));
}

TEST(Certificates, ALeafSaysWhatItIsFor) {
  const auto root = make_root("realm");
  const auto leaf = leaf_of(root, {"gw.example", "192.0.2.7", "2001:db8::1", "gateway"});
  const auto said = facts(leaf.certificate);
  ASSERT_TRUE(said);
  EXPECT_EQ(said->names,
            (std::vector<std::string>{"gw.example", "192.0.2.7", "2001:db8::1", "gateway"}));
  EXPECT_NEAR(double(said->not_before), double(now() - hour), 60);
  EXPECT_NEAR(double(said->not_after), double(now() + 90 * day), 60);
  const auto of_root = facts(root.certificate);
  ASSERT_TRUE(of_root);
  EXPECT_EQ(of_root->subject, "CN=realm");
  EXPECT_TRUE(of_root->names.empty());
}

TEST(Certificates, NamesMayBeInAnyScript) {
  const auto said = facts(make_root("襷の会").certificate);
  ASSERT_TRUE(said);
  EXPECT_EQ(said->subject, "CN=襷の会");
}

TEST(Certificates, ServeATlsHandshake) {
  const auto root = make_root("realm");
  const auto leaf = leaf_of(root);
  const auto key = private_key_from_pem(leaf.private_key.bytes());
  const auto certificate = certificate_from_der(leaf.certificate);
  const Handle<SSL_CTX, SSL_CTX_free> context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_set_security_level(context.get(), 3);
  EXPECT_EQ(SSL_CTX_use_certificate(context.get(), certificate.get()), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey(context.get(), key.get()), 1);
  EXPECT_EQ(SSL_CTX_check_private_key(context.get()), 1);
  EXPECT_EQ(X509_check_host(certificate.get(), "gw.example", 0, 0, nullptr), 1);
}

TEST(Certificates, AreValidBetweenTheirDatesOnly) {
  const auto root = make_root("realm");
  const auto leaf = leaf_of(root);
  const auto of_leaf = facts(leaf.certificate).value();
  const auto valid = [&](std::int64_t at) {
    return issued_by(leaf.certificate, root.certificate, at);
  };
  EXPECT_FALSE(valid(of_leaf.not_before - 2));
  EXPECT_TRUE(valid(of_leaf.not_before + 2));
  EXPECT_TRUE(valid(of_leaf.not_after - 2));
  EXPECT_FALSE(valid(of_leaf.not_after + 2));
  EXPECT_FALSE(valid(0));
  EXPECT_FALSE(valid(-1));
  EXPECT_FALSE(valid(std::numeric_limits<std::int64_t>::max()));
}

TEST(Certificates, ARootThatHasExpiredIssuesNothing) {
  auto old = root_like();
  old.not_before = -10 * day;
  old.not_after = -day;
  const auto root = old.by_itself();
  EXPECT_FALSE(issued_by(Crafted().by(root).certificate, root.certificate, now()));
  EXPECT_FALSE(issued_by(leaf_of(root).certificate, root.certificate, now()));
}

TEST(Certificates, WhatTheTestsCraftIsAcceptedAsLongAsNothingIsWrongWithIt) {
  const auto root = root_like().by_itself();
  EXPECT_TRUE(issued_by(Crafted().by(root).certificate, root.certificate, now()));
  EXPECT_TRUE(issued_by(leaf_of(root).certificate, root.certificate, now()));
}

TEST(Certificates, ALeafThatIsNotAServersIsRefused) {
  const auto root = make_root("realm");
  const auto accepted = [&](const Crafted& crafted) {
    return issued_by(crafted.by(root).certificate, root.certificate, now());
  };
  EXPECT_TRUE(accepted({}));
  EXPECT_FALSE(accepted({.purpose = nullptr}));
  EXPECT_FALSE(accepted({.purpose = "clientAuth"}));
  EXPECT_FALSE(accepted({.usage = nullptr}));
  EXPECT_FALSE(accepted({.usage = "critical,keyAgreement"}));
  EXPECT_FALSE(accepted({.basic = nullptr}));
  EXPECT_FALSE(accepted({.basic = "critical,CA:TRUE"}));
  EXPECT_FALSE(accepted({.group = "P-521"}));
  EXPECT_FALSE(accepted({.group = "secp256k1"}));
  EXPECT_FALSE(accepted({.digest = EVP_sha1()}));
}

TEST(Certificates, ARootThatMayNotSignIsRefused) {
  const auto accepted = [](const Crafted& crafted) {
    const auto root = crafted.by_itself();
    return issued_by(Crafted().by(root).certificate, root.certificate, now());
  };
  EXPECT_TRUE(accepted(root_like()));
  auto changed = root_like();
  changed.basic = "critical,CA:FALSE";
  EXPECT_FALSE(accepted(changed));
  changed = root_like();
  changed.basic = nullptr;
  EXPECT_FALSE(accepted(changed));
  changed = root_like();
  changed.usage = "critical,digitalSignature";
  EXPECT_FALSE(accepted(changed));
  changed = root_like();
  changed.usage = nullptr;
  EXPECT_FALSE(accepted(changed));
  changed = root_like();
  changed.group = "P-256";
  EXPECT_FALSE(accepted(changed));
}

TEST(Certificates, NothingMayStandBetweenRootAndLeaf) {
  const auto root = make_root("realm");
  auto middle = root_like();
  middle.subject = "middle";
  const auto intermediate = middle.by(root);
  const auto leaf = Crafted().by(intermediate);
  EXPECT_FALSE(issued_by(leaf.certificate, root.certificate, now()));
  EXPECT_FALSE(issued_by(leaf.certificate, intermediate.certificate, now()));
  EXPECT_FALSE(issued_by(intermediate.certificate, root.certificate, now()));
}

TEST(Certificates, ARootIsNoLeafAndALeafIsNoRoot) {
  const auto root = make_root("realm");
  const auto leaf = leaf_of(root);
  EXPECT_FALSE(issued_by(root.certificate, root.certificate, now()));
  EXPECT_FALSE(issued_by(leaf.certificate, leaf.certificate, now()));
  EXPECT_FALSE(issued_by(root.certificate, leaf.certificate, now()));
}

TEST(Certificates, AnAgentsSelfSignedOneIsIssuedByNobody) {
  const auto root = make_root("realm");
  const auto own = self_signed(SigningKey::generate(), "realm");
  EXPECT_FALSE(issued_by(own, root.certificate, now()));
  EXPECT_FALSE(issued_by(own, own, now()));
}

// Same name, same key identifier as far as a forger can write them, another key.
TEST(Certificates, AForgedLeafUnderTheRootsNameIsRefused) {
  const auto root = make_root("realm");
  const auto forger = KeyHandle(EVP_EC_gen("P-384"));
  const auto forged = Crafted().make(certificate_from_der(root.certificate).get(), forger.get(),
                                     KeyHandle(EVP_EC_gen("P-256")));
  EXPECT_FALSE(issued_by(forged.certificate, root.certificate, now()));
}

TEST(Certificates, ALeafCutOrChangedAnywhereIsRefused) {
  const auto root = make_root("realm");
  const auto leaf = leaf_of(root).certificate;
  for (std::size_t at = 0; at < leaf.size(); ++at) {
    auto changed = leaf;
    changed[at] ^= 0x01;
    EXPECT_FALSE(issued_by(changed, root.certificate, now())) << "byte " << at;
    EXPECT_FALSE(issued_by(Bytes(leaf).first(at), root.certificate, now()));
  }
  auto longer = leaf;
  longer.push_back(0);
  EXPECT_FALSE(issued_by(longer, root.certificate, now()));
  EXPECT_FALSE(facts(longer));
  EXPECT_FALSE(issued_by({}, root.certificate, now()));
  EXPECT_FALSE(issued_by(leaf, {}, now()));
}

TEST(Certificates, ARootOfRsa4096IssuesAsWellAndASmallerOneDoesNot) {
  const auto rsa_root = [](std::size_t bits) {
    return root_like().make(nullptr, nullptr,
                            KeyHandle(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits)));
  };
  const auto large = rsa_root(4096), small = rsa_root(2048);
  EXPECT_TRUE(issued_by(leaf_of(large).certificate, large.certificate, now()));
  EXPECT_FALSE(issued_by(Crafted().by(small).certificate, small.certificate, now()));
  EXPECT_THROW(leaf_of(small), std::invalid_argument);
}

TEST(Certificates, ALeafIsMadeOnlyWithTheRootsOwnKey) {
  const auto root = make_root("realm"), other = make_root("realm");
  const std::vector<std::string> names{"gw.example"};
  EXPECT_THROW(make_gateway_leaf(root.certificate, other.private_key, names, 90),
               std::invalid_argument);
  EXPECT_THROW(make_gateway_leaf(as_bytes("noise"), root.private_key, names, 90),
               std::invalid_argument);
  EXPECT_THROW(make_gateway_leaf(root.certificate, Secret(as_bytes("noise")), names, 90),
               std::invalid_argument);
  Crafted no_ca;
  no_ca.group = "P-384";
  EXPECT_THROW(leaf_of(no_ca.by_itself()), std::invalid_argument);
}

TEST(Certificates, ALeafIsMadeOnlyForNamesThatAreNamesAndDaysThatAreDays) {
  const auto root = make_root("realm");
  const auto make = [&](std::vector<std::string> names, unsigned days = 90) {
    return make_gateway_leaf(root.certificate, root.private_key, names, days);
  };
  for (const auto bad : {"", "a b", "gw.example,IP:192.0.2.1", "*.example", ".example", "example.",
                         "a..b", "襷.example", "[::1]", "http://gw"}) {
    EXPECT_THROW(make({bad}), std::invalid_argument) << bad;
  }
  EXPECT_THROW(make({std::string("gw\0evil", 7)}), std::invalid_argument);
  EXPECT_THROW(make({}), std::invalid_argument);
  EXPECT_THROW(make({"gw.example"}, 0), std::invalid_argument);
  EXPECT_THROW(make({"gw.example"}, 1000000), std::invalid_argument);
  ERR_clear_error();
  EXPECT_THROW(make_root(""), std::invalid_argument);
  EXPECT_THROW(make_root(std::string(65, 'x')), std::invalid_argument);
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(Certificates, AnAgentsOneCarriesItsKeyForAllTime) {
  const auto key = SigningKey::generate();
  const auto own = self_signed(key, "pc-12");
  EXPECT_EQ(PublicKey::from_certificate(own), key.public_key());
  const auto said = facts(own);
  ASSERT_TRUE(said);
  EXPECT_EQ(said->subject, "CN=pc-12");
  EXPECT_EQ(said->not_after, 253402300799);  // RFC 5280, 4.1.2.5: 99991231235959Z
}

TEST(Certificates, ComeBackFromTheirPem) {
  const auto root = make_root("realm");
  const auto pem = to_pem(root.certificate);
  EXPECT_EQ(from_pem(pem), root.certificate);
  EXPECT_EQ(from_pem("a note first\n" + pem + to_pem(make_root("other").certificate)),
            root.certificate);
  EXPECT_FALSE(from_pem(""));
  EXPECT_FALSE(from_pem(as_text(root.private_key.bytes())));
  for (std::size_t size = 0; size + 2 < pem.size(); ++size) {
    EXPECT_FALSE(from_pem(std::string_view(pem).substr(0, size)));
  }
  EXPECT_THROW(to_pem(as_bytes("noise")), std::invalid_argument);
}

TEST(Certificates, ANameThatHidesAnotherIsNotShown) {
  const auto root = make_root("realm");
  auto hostile = leaf_of(root, {"good.example"}).certificate;
  const Bytes name = as_bytes("good.example");
  const auto at = std::search(hostile.begin(), hostile.end(), name.begin(), name.end());
  ASSERT_NE(at, hostile.end());
  at[4] = 0;
  EXPECT_FALSE(facts(hostile));
  at[4] = '\n';
  EXPECT_FALSE(facts(hostile));
}

TEST(Certificates, NamesOfOtherKindsAreLeftOut) {
  Crafted crafted;
  crafted.names = "email:aki@example,DNS:gw.example,URI:https://gw.example/";
  const auto said = facts(crafted.by_itself().certificate);
  ASSERT_TRUE(said);
  EXPECT_EQ(said->names, std::vector<std::string>{"gw.example"});
}

TEST(Certificates, ASubjectsControlCharactersAreEscaped) {
  auto crafted = Crafted();
  crafted.subject = "a\x1b[31m\nb";
  const auto said = facts(crafted.by_itself().certificate);
  ASSERT_TRUE(said);
  for (const char c : said->subject) EXPECT_GE(c, ' ');
}

}  // namespace
}  // namespace tasuki::crypto
