#include "config/profile.h"

#include "config/files.h"
#include "config/password_rule.h"
#include "wire/codec.h"
#include "wire/utf8.h"

#include <stdexcept>

namespace tasuki::config {
namespace {

// The link: base64url of
//
//   version u8 | body (u16 length) | signature (u16 length) | checksum (8 bytes)
//
// The signature covers "tasuki profile\0", the version and the SHA-256 of the body. The checksum is
// the start of the SHA-256 of all that precedes it, in every version to come: it tells a spoilt
// paste from a forgery, and from a profile that is newer than we are.
constexpr std::string_view scheme = "tasuki://profile/";
constexpr std::string_view signing_label{"tasuki profile\0", 15};
constexpr std::uint8_t version = 1;
constexpr std::size_t checksum_size = 8;
constexpr std::size_t longest_text = 64 * 1024;  // bytes; a profile has one to five thousand
constexpr std::size_t longest_realm = 63;        // characters

void wipe_text(std::string& text) {
  crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

struct Gateway {
  wire::Text<255> host;
  std::uint16_t port = 0;
  static void fields(auto& io, auto& m) { io(m.host, m.port); }
};

struct Body {
  wire::Text<4 * longest_realm> realm;
  wire::List<wire::Blob<4096>, 4> roots;
  wire::List<Gateway, 16> gateways;
  wire::Text<32> key_label;
  wire::Text<4 * gateway_key_most> gateway_key;
  wire::Blob<4096> leaf;

  ~Body() { wipe_text(gateway_key.value); }
  static void fields(auto& io, auto& m) {
    io(m.realm, m.roots, m.gateways, m.key_label, m.gateway_key, m.leaf);
  }
};

struct Envelope {
  std::uint8_t version = config::version;
  wire::Blob<32 * 1024> body;
  wire::Blob<128> signature;

  ~Envelope() { crypto::wipe(body.value); }
  static void fields(auto& io, auto& m) { io(m.version, m.body, m.signature); }
};

// What is signed, as its digest: the key in it is not copied about.
ByteString signed_part(const Envelope& envelope) {
  ByteString message;
  append(message, as_bytes(signing_label));
  message.push_back(envelope.version);
  append(message, crypto::sha256(envelope.body.value));
  return message;
}

Bytes checksum_of(const crypto::Sha256& digest) {
  return Bytes(digest).first(checksum_size);
}

BadProfile bad(BadProfile::Cause cause, std::string detail) {
  return {cause, std::move(detail)};
}

BadProfile damaged() {
  return bad(BadProfile::Cause::damaged,
             "the profile was cut short or altered on its way; copy it again as a whole");
}

// What is wrong with a profile's fields; empty: nothing.
std::string fault(const Profile& profile) {
  if (!wire::is_plain_text(profile.realm, 1, longest_realm)) return "realm";
  if (profile.roots.empty() || profile.roots.size() > 4) return "roots";
  if (profile.gateways.empty() || profile.gateways.size() > 16) return "gateways";
  for (const net::Address& address : profile.gateways)
    if (address.port == 0 || net::Address::parse(address.text()) != address) return "gateways";
  if (profile.key_label.text().empty()) return "key label";
  if (gateway_key_fault(profile.gateway_key.bytes())) return "gateway key";
  return {};
}

// The text's one link without its prefix; comments and white space dropped, for
// mail programs wrap long lines. nullopt: there is no link.
std::optional<std::string> find_link(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  std::string link;
  bool comment = false;
  bool line_start = true;
  for (const char c : text) {
    if (c == '\n') {
      comment = false;
      line_start = true;
      continue;
    }
    if (comment || c == ' ' || c == '\t' || c == '\r') continue;
    if (line_start && c == '#')
      comment = true;
    else
      link += c;
    line_start = false;
  }
  if (!link.starts_with(scheme)) return std::nullopt;
  return link.substr(scheme.size());
}

std::variant<Profile, BadProfile> read_body(const Body& body) {
  Profile profile;
  profile.realm = body.realm.value;
  for (const auto& root : body.roots.value) profile.roots.push_back(root.value);
  for (const Gateway& gateway : body.gateways.value)
    profile.gateways.push_back({gateway.host.value, gateway.port});
  profile.gateway_key = crypto::Secret(as_bytes(body.gateway_key.value));
  if (const auto label = control::KeyLabel::parse(body.key_label.value)) profile.key_label = *label;
  if (const std::string field = fault(profile); !field.empty())
    return bad(BadProfile::Cause::bad_field, "the profile's " + field + " cannot be used");
  return profile;
}

// True if one of the roots issued the leaf, and the leaf's key signed the body.
bool is_signed(const Envelope& envelope, const Body& body) {
  const auto facts = crypto::facts(body.leaf.value);
  const auto key = crypto::PublicKey::from_certificate(body.leaf.value);
  if (!facts || !key || !key->verify(signed_part(envelope), envelope.signature.value)) return false;
  // A profile outlives the leaf that signed it: what counts is that the leaf was the
  // root's when it began.
  for (const auto& root : body.roots.value)
    if (crypto::issued_by(body.leaf.value, root.value, facts->not_before)) return true;
  return false;
}

std::variant<Profile, BadProfile> decode(Bytes bytes) {
  if (bytes.size() <= checksum_size) return damaged();
  const Bytes content = bytes.first(bytes.size() - checksum_size);
  const crypto::Sha256 digest = crypto::sha256(content);
  if (!crypto::equal(checksum_of(digest), bytes.last(checksum_size))) return damaged();
  if (content.front() > version)
    return bad(BadProfile::Cause::too_new,
               "the profile was made by a newer Tasuki; update the one on this machine");
  try {
    const auto envelope = wire::decode_body<Envelope>(content);
    const auto body = wire::decode_body<Body>(envelope.body.value);
    auto profile = read_body(body);
    if (std::holds_alternative<Profile>(profile) && !is_signed(envelope, body))
      return bad(BadProfile::Cause::signature,
                 "the profile is not signed by the gateway it names; ask for it again, by a way "
                 "you trust");
    return profile;
  } catch (const wire::ProtocolError& error) {
    return bad(BadProfile::Cause::bad_field,
               std::string("the profile's fields cannot be read: ") + error.what());
  }
}

}  // namespace

Profile Profile::copy() const {
  return {realm, roots, gateways, key_label, gateway_key.copy()};
}

std::string to_link(const Profile& profile, Bytes leaf_certificate,
                    const crypto::SigningKey& leaf_key) {
  if (const std::string field = fault(profile); !field.empty())
    throw std::invalid_argument("profile with a bad " + field);
  Body body;
  body.realm.value = profile.realm;
  for (const ByteString& root : profile.roots) body.roots.value.push_back({root});
  for (const net::Address& address : profile.gateways)
    body.gateways.value.push_back({{address.host}, address.port});
  body.key_label.value = profile.key_label.text();
  body.gateway_key.value = as_text(profile.gateway_key.bytes());
  body.leaf.value.assign(leaf_certificate.begin(), leaf_certificate.end());

  Envelope envelope;
  envelope.body.value = wire::encode_body(body);
  envelope.signature.value = leaf_key.sign(signed_part(envelope));
  ByteString bytes = wire::encode_body(envelope);
  const crypto::Sha256 digest = crypto::sha256(bytes);
  append(bytes, checksum_of(digest));
  std::string link = std::string(scheme) + crypto::to_base64url(bytes);
  crypto::wipe(bytes);
  return link;
}

std::string to_file(const Profile& profile, const std::string& link) {
  std::string text = "# Tasuki profile of realm " + ("\"" + profile.realm + "\"") +
                     " (keep it secret: it admits its holder)\n# gateways:";
  for (const net::Address& address : profile.gateways) text += " " + address.text();
  return text + "\n# key label: " + profile.key_label.text() + "\n" + link + "\n";
}

std::variant<Profile, BadProfile> parse_profile(std::string_view text) {
  const auto link = text.size() <= longest_text ? find_link(text) : std::nullopt;
  if (!link)
    return bad(BadProfile::Cause::not_a_profile,
               "this is no Tasuki profile: it should hold one link, " + std::string(scheme) + "…");
  auto bytes = crypto::from_base64url(*link);
  // Bits that base64 leaves unused must be zero, or two links would be one profile.
  if (!bytes || crypto::to_base64url(*bytes) != *link) return damaged();
  auto profile = decode(*bytes);
  crypto::wipe(*bytes);
  return profile;
}

std::variant<std::string, BadProfile> profile_text(const std::string& source) {
  const std::size_t begin = source.find_first_not_of(" \t\r\n");
  if (begin != std::string::npos && std::string_view(source).substr(begin).starts_with("tasuki:"))
    return source;
  try {
    return read_file(source, longest_text);
  } catch (const FileError& error) {
    return bad(BadProfile::Cause::unreadable, error.what());
  }
}

std::variant<Profile, BadProfile> load_profile(const std::string& source) {
  auto text = profile_text(source);
  if (auto* const unreadable = std::get_if<BadProfile>(&text)) return std::move(*unreadable);
  auto profile = parse_profile(std::get<std::string>(text));
  wipe_text(std::get<std::string>(text));
  return profile;
}

std::string plain_link(std::string_view text) {
  return std::string(scheme) + find_link(text).value_or("");
}

Words describe(const BadProfile& bad) {
  switch (bad.cause) {
    case BadProfile::Cause::not_a_profile:
      return {bad.detail, "Tasuki のプロファイルではありません（" + std::string(scheme) +
                              "… というリンクが 1 つ必要です）"};
    case BadProfile::Cause::damaged:
      return {bad.detail,
              "プロファイルが途中で切れているか、変わってしまっています。"
              "全体をもう一度コピーしてください"};
    case BadProfile::Cause::too_new:
      return {bad.detail,
              "新しい版の Tasuki で作られたプロファイルです。"
              "このコンピューターの Tasuki を更新してください"};
    case BadProfile::Cause::signature:
      return {bad.detail,
              "プロファイルの署名が、記載されたゲートウェイのものではありません。"
              "信頼できる方法でもう一度受け取ってください"};
    case BadProfile::Cause::bad_field:
      return {bad.detail, "プロファイルの内容が正しくありません（" + bad.detail + "）"};
    case BadProfile::Cause::unreadable:
      return {bad.detail, "プロファイルを読めません（" + bad.detail + "）"};
  }
  return {bad.detail, bad.detail};
}

std::string profile_file_name(std::string_view realm) {
  constexpr std::size_t longest = 120;  // bytes; file systems allow 255 with all suffixes
  std::string name;
  for (const char c : realm) {
    const bool continues = (c & 0xc0) == 0x80;
    if (name.size() >= longest && !continues) break;
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '_' || (c & 0x80);
    name += plain ? c : '-';
  }
  // Nothing hidden, nothing that looks like an option.
  name.erase(0, std::min(name.find_first_not_of(".-"), name.size()));
  return name.empty() ? "profile" : name;
}

}  // namespace tasuki::config
