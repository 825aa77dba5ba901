// Reading certificates: what one says, and whether a root stands behind it.
#include "crypto/certificates.h"
#include "crypto/openssl.h"

#include <openssl/asn1.h>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace tasuki::crypto {
namespace {

std::optional<std::int64_t> seconds_since_1970(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  using namespace std::chrono;
  const auto date =
      year(parts.tm_year + 1900) / month(unsigned(parts.tm_mon + 1)) / day(unsigned(parts.tm_mday));
  const sys_seconds moment =
      sys_days(date) + hours(parts.tm_hour) + minutes(parts.tm_min) + seconds(parts.tm_sec);
  return moment.time_since_epoch().count();
}

std::string text_of(const X509_NAME* name) {
  const BioHandle bio = writing();
  // RFC 4514 as UTF-8; control characters come out escaped.
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  return std::string(as_text(written(bio)));
}

// nullopt: a name that reads differently from what it is ("good.example\0.evil.example").
std::optional<std::string> dns_name(Bytes bytes) {
  const auto printable = [](std::uint8_t c) { return c > ' ' && c <= '~'; };
  if (!std::ranges::all_of(bytes, printable)) return std::nullopt;
  return std::string(as_text(bytes));
}

std::optional<std::string> address(Bytes bytes) {
  if (bytes.size() != 4 && bytes.size() != 16) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
  return std::string(text.data());
}

std::optional<std::vector<std::string>> alternative_names(const X509* certificate) {
  std::vector<std::string> names;
  int found = 0;
  const Handle<GENERAL_NAMES, GENERAL_NAMES_free> list(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, &found, nullptr)));
  if (!list) return found == -1 ? std::optional(names) : std::nullopt;  // -1: has none
  for (int i = 0; i < sk_GENERAL_NAME_num(list.get()); ++i) {
    int kind = 0;
    const auto* value = static_cast<const ASN1_STRING*>(
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(list.get(), i), &kind));
    if (kind != GEN_DNS && kind != GEN_IPADD) continue;
    const Bytes bytes(ASN1_STRING_get0_data(value), std::size_t(ASN1_STRING_length(value)));
    auto text = kind == GEN_DNS ? dns_name(bytes) : address(bytes);
    if (!text) return std::nullopt;
    names.push_back(*std::move(text));
  }
  return names;
}

bool is_root(X509* certificate) {
  constexpr std::uint32_t must = EXFLAG_BCONS | EXFLAG_CA | EXFLAG_SS | EXFLAG_KUSAGE;
  const EVP_PKEY* key = X509_get0_pubkey(certificate);
  return (X509_get_extension_flags(certificate) & must) == must &&
         (X509_get_key_usage(certificate) & KU_KEY_CERT_SIGN) && key && fit_for_root(key);
}

// OpenSSL would let a leaf pass that does not say what it is for, or that is no CA
// only because it does not mention it. Ours say both.
bool is_server_leaf(X509* certificate) {
  constexpr std::uint32_t must = EXFLAG_BCONS | EXFLAG_XKUSAGE | EXFLAG_KUSAGE;
  const std::uint32_t has = X509_get_extension_flags(certificate);
  return (has & must) == must && !(has & (EXFLAG_CA | EXFLAG_SS)) &&
         (X509_get_extended_key_usage(certificate) & XKU_SSL_SERVER) &&
         (X509_get_key_usage(certificate) & KU_DIGITAL_SIGNATURE) &&
         PublicKey::from_certificate(to_der(certificate, i2d_X509));
}

// The path from leaf to root as RFC 5280, section 6 has it: signature, names, dates,
// and every critical extension understood.
bool path_is_valid(X509* leaf, X509* root, std::int64_t at) {
  const Handle<X509_STORE, X509_STORE_free> trusted(X509_STORE_new());
  const Handle<X509_STORE_CTX, X509_STORE_CTX_free> path(X509_STORE_CTX_new());
  require(trusted && path && X509_STORE_add_cert(trusted.get(), root) == 1 &&
              X509_STORE_CTX_init(path.get(), trusted.get(), leaf, nullptr) == 1,
          "check a certificate");
  auto* rules = X509_STORE_CTX_get0_param(path.get());
  X509_VERIFY_PARAM_set_time(rules, std::time_t(at));
  X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
  X509_VERIFY_PARAM_set_depth(rules, 0);       // nothing between leaf and root
  X509_VERIFY_PARAM_set_auth_level(rules, 3);  // keys and hashes of 128 bits of strength
  return X509_verify_cert(path.get()) == 1;
}

}  // namespace

std::optional<CertificateFacts> facts(Bytes certificate) {
  const QuietErrors quiet;
  const auto parsed = certificate_from_der(certificate);
  if (!parsed) return std::nullopt;
  const auto not_before = seconds_since_1970(X509_get0_notBefore(parsed.get()));
  const auto not_after = seconds_since_1970(X509_get0_notAfter(parsed.get()));
  auto names = alternative_names(parsed.get());
  if (!not_before || !not_after || !names) return std::nullopt;
  return CertificateFacts{.subject = text_of(X509_get_subject_name(parsed.get())),
                          .names = *std::move(names),
                          .not_before = *not_before,
                          .not_after = *not_after};
}

bool issued_by(Bytes leaf, Bytes root, std::int64_t at) {
  const QuietErrors quiet;
  const auto parsed_leaf = certificate_from_der(leaf);
  const auto parsed_root = certificate_from_der(root);
  return parsed_leaf && parsed_root && is_root(parsed_root.get()) &&
         is_server_leaf(parsed_leaf.get()) &&
         path_is_valid(parsed_leaf.get(), parsed_root.get(), at);
}

}  // namespace tasuki::crypto
