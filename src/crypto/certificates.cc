#include "crypto/certificates.h"

#include "crypto/openssl.h"

#include <openssl/pem.h>

#include <algorithm>

namespace tasuki::crypto {
namespace {

constexpr long root_days = 10 * 365;
// Valid from a little before now, since the clocks of the peers are not alike.
constexpr long clock_slack = 60 * 60;

using Extension = Handle<X509_EXTENSION, X509_EXTENSION_free>;
using Name = Handle<GENERAL_NAME, GENERAL_NAME_free>;
using Names = Handle<GENERAL_NAMES, GENERAL_NAMES_free>;

KeyHandle generate(const char* group) {
  KeyHandle key(EVP_EC_gen(group));
  require(key != nullptr, "generate a key");
  return key;
}

// A certificate that is being made. Its parts are set in the order of RFC 5280.
class Draft {
public:
  Draft() : certificate_(X509_new()) {
    require(certificate_ && X509_set_version(certificate_.get(), X509_VERSION_3) == 1, "allocate");
    // 127 random bits, positive, at most 20 octets (4.1.2.2).
    Secret number = Secret::random(16);
    number.buffer()[0] &= 0x7f;
    const Handle<BIGNUM, BN_free> serial(
        BN_bin2bn(number.bytes().data(), int(number.size()), nullptr));
    require(serial && BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate_.get())),
            "number a certificate");
  }

  void subject(std::string_view common_name) {
    add_common_name(X509_get_subject_name(certificate_.get()), common_name);
  }

  void valid_for(long days) {
    require(X509_gmtime_adj(X509_getm_notBefore(certificate_.get()), -clock_slack) &&
                X509_time_adj_ex(X509_getm_notAfter(certificate_.get()), int(days), 0, nullptr),
            "date a certificate");
  }

  // The dates of a certificate that is valid at all times (4.1.2.5).
  void valid_always() {
    require(
        ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate_.get()), "20000101000000Z") &&
            ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate_.get()), "99991231235959Z"),
        "date a certificate");
  }

  void key(EVP_PKEY* key) {
    require(X509_set_pubkey(certificate_.get(), key) == 1, "put a key into a certificate");
  }

  // `issuer` null: itself. Needs subject and key, for the identifiers.
  void issuer(X509* issuer) {
    issuer_ = issuer ? issuer : certificate_.get();
    require(X509_set_issuer_name(certificate_.get(), X509_get_subject_name(issuer_)) == 1,
            "name an issuer");
    extension(NID_subject_key_identifier, "hash");
    extension(NID_authority_key_identifier, "keyid:always");
  }

  // `value` in OpenSSL's own notation; only ever a constant.
  void extension(int kind, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer_, certificate_.get(), nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_nconf_nid(nullptr, &context, kind, value));
    require(extension && X509_add_ext(certificate_.get(), extension.get(), -1) == 1,
            "add an extension");
  }

  void names(std::span<const std::string> names) {
    const Names list(GENERAL_NAMES_new());
    for (const auto& text : names) {
      Name name = name_from(text);
      require(list && sk_GENERAL_NAME_push(list.get(), name.get()) > 0, "add a name");
      name.release();  // the list has it
    }
    require(X509_add1_ext_i2d(certificate_.get(), NID_subject_alt_name, list.get(), 0, 0) == 1,
            "add names");
  }

  ByteString sign(EVP_PKEY* key, const EVP_MD* digest) {
    require(X509_sign(certificate_.get(), key, digest) > 0, "sign a certificate");
    return to_der(certificate_.get(), i2d_X509);
  }

private:
  static void add_common_name(X509_NAME* name, std::string_view text) {
    const int added = X509_NAME_add_entry_by_NID(
        name, NID_commonName, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.data()),
        int(text.size()), -1, 0);
    if (added != 1) throw std::invalid_argument("a name in a certificate has 1 to 64 characters");
  }

  static bool is_dns_name(std::string_view text) {
    const auto allowed = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '.';
    };
    return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, allowed) &&
           text.front() != '.' && text.back() != '.' && text.find("..") == text.npos;
  }

  static Name name_from(const std::string& text) {
    const QuietErrors quiet;
    Name name(GENERAL_NAME_new());
    require(name != nullptr, "allocate");
    if (auto* address = a2i_IPADDRESS(text.c_str())) {
      GENERAL_NAME_set0_value(name.get(), GEN_IPADD, address);
      return name;
    }
    if (!is_dns_name(text)) {
      throw std::invalid_argument("\"" + text + "\" is neither a host name nor an address");
    }
    Handle<ASN1_IA5STRING, ASN1_IA5STRING_free> host(ASN1_IA5STRING_new());
    require(host && ASN1_STRING_set(host.get(), text.data(), int(text.size())) == 1, "allocate");
    GENERAL_NAME_set0_value(name.get(), GEN_DNS, host.release());
    return name;
  }

  CertificateHandle certificate_;
  X509* issuer_ = nullptr;
};

}  // namespace

Issued make_root(std::string_view realm) {
  const QuietErrors quiet;
  const KeyHandle key = generate("P-384");
  Draft draft;
  draft.subject(realm);
  draft.valid_for(root_days);
  draft.key(key.get());
  draft.issuer(nullptr);
  draft.extension(NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  draft.extension(NID_key_usage, "critical,keyCertSign");
  return {draft.sign(key.get(), EVP_sha384()), private_key_to_pem(key.get())};
}

Issued make_gateway_leaf(Bytes root_certificate, const Secret& root_key_pem,
                         std::span<const std::string> names, unsigned days) {
  if (names.empty()) throw std::invalid_argument("a gateway's certificate needs a name");
  if (days < 1 || days > root_days) throw std::invalid_argument("1 to 3,650 days");
  const QuietErrors quiet;
  const auto root = certificate_from_der(root_certificate);
  const auto root_key = private_key_from_pem(root_key_pem.bytes());
  if (!root || !root_key || X509_check_private_key(root.get(), root_key.get()) != 1 ||
      !fit_for_root(root_key.get()) || X509_check_ca(root.get()) != 1) {
    throw std::invalid_argument("this is not a root and its key");
  }

  const KeyHandle key = generate("P-256");
  Draft draft;
  draft.subject("Tasuki gateway");
  draft.valid_for(long(days));
  draft.key(key.get());
  draft.issuer(root.get());
  draft.extension(NID_basic_constraints, "critical,CA:FALSE");
  draft.extension(NID_key_usage, "critical,digitalSignature");
  draft.extension(NID_ext_key_usage, "serverAuth");
  draft.names(names);
  return {draft.sign(root_key.get(), EVP_sha384()), private_key_to_pem(key.get())};
}

ByteString self_signed(const SigningKey& key, std::string_view common_name) {
  const QuietErrors quiet;
  Draft draft;
  draft.subject(common_name);
  draft.valid_always();
  draft.key(key.handle());
  draft.issuer(nullptr);
  draft.extension(NID_basic_constraints, "critical,CA:FALSE");
  draft.extension(NID_key_usage, "critical,digitalSignature");
  draft.extension(NID_ext_key_usage, "serverAuth");
  return draft.sign(key.handle(), EVP_sha256());
}

std::string to_pem(Bytes certificate) {
  const QuietErrors quiet;
  const auto parsed = certificate_from_der(certificate);
  if (!parsed) throw std::invalid_argument("not a certificate");
  const BioHandle bio = writing();
  require(PEM_write_bio_X509(bio.get(), parsed.get()) == 1, "write a certificate");
  return std::string(as_text(written(bio)));
}

std::optional<ByteString> from_pem(std::string_view text) {
  const QuietErrors quiet;
  const BioHandle bio = reading(as_bytes(text));
  if (!bio) return std::nullopt;
  const CertificateHandle certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (!certificate) return std::nullopt;
  return to_der(certificate.get(), i2d_X509);
}

}  // namespace tasuki::crypto
