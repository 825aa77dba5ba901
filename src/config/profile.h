// A profile: what a new peer needs to find and enter a gateway. One small file,
// and the same as a link that can be pasted:
//
//   # Tasuki profile of realm "example" (keep it secret: it admits its holder)
//   # gateways: gw.example.com:443
//   # key label: k3vfx2...
//   tasuki://profile/AQAB...
//
// The link is base64url of a versioned encoding, signed by a gateway's leaf key
// and carrying that leaf, which its root has issued. So a cut or altered paste is
// noticed, and a later profile of a known realm can be held against its root.
#pragma once

#include "config/words.h"
#include "control/names.h"
#include "crypto/certificates.h"
#include "net/address.h"

#include <filesystem>
#include <variant>
#include <vector>

namespace tasuki::config {

struct Profile {
  std::string realm;                   // 1 to 63 characters of UTF-8
  std::vector<ByteString> roots;       // DER, at least one, at most 4
  std::vector<net::Address> gateways;  // in order of preference, 1 to 16
  control::KeyLabel key_label;
  crypto::Secret gateway_key;  // the text of the key, UTF-8

  Profile copy() const;
};

// What is wrong with a profile, in words for people (English; `cause` for the
// command line to translate).
struct BadProfile {
  enum class Cause { not_a_profile, damaged, too_new, signature, bad_field, unreadable };
  Cause cause;
  std::string detail;
};

std::string to_link(const Profile& profile, Bytes leaf_certificate,
                    const crypto::SigningKey& leaf_key);
std::string to_file(const Profile& profile, const std::string& link);  // with its comment lines

// Takes a link, or the whole text of a profile file.
std::variant<Profile, BadProfile> parse_profile(std::string_view text);

// `source` is a file's path or a link.
std::variant<Profile, BadProfile> load_profile(const std::string& source);

// The two halves of load_profile: the text behind a source; and, of a text that
// parse_profile accepts, the link alone and on one line.
std::variant<std::string, BadProfile> profile_text(const std::string& source);
std::string plain_link(std::string_view text);

// A name for a realm's profile file, without suffix: the realm, with a dash for what
// does not belong into the name of a file.
std::string profile_file_name(std::string_view realm);

// The same in both languages.
Words describe(const BadProfile& bad);

}  // namespace tasuki::config
