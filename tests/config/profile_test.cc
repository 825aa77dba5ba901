#include "config/profile.h"

#include "config/password_rule.h"
#include "scratch.h"

#include <algorithm>

namespace tasuki::config {
namespace {

using Cause = BadProfile::Cause;

// A gateway that can sign profiles.
struct Signer {
  crypto::Issued root = crypto::make_root("example");
  crypto::Issued leaf = crypto::make_gateway_leaf(root.certificate, root.private_key,
                                                  std::vector<std::string>{"gw.example.com"}, 90);
  crypto::SigningKey key = crypto::SigningKey::from_pem(leaf.private_key.bytes()).value();

  std::string link(const Profile& profile) const { return to_link(profile, leaf.certificate, key); }
};

const Signer& signer() {
  static const Signer signer;
  return signer;
}

Profile example() {
  Profile profile;
  profile.realm = "example";
  profile.roots = {signer().root.certificate};
  profile.gateways = {{"gw.example.com", 443}, {"192.0.2.1", 8443}, {"2001:db8::1", 443}};
  profile.key_label = control::KeyLabel::parse("k3vfx2").value();
  profile.gateway_key = crypto::Secret(as_bytes("ひらがなはちもじ"));
  return profile;
}

std::optional<Cause> cause(std::string_view text) {
  const auto parsed = parse_profile(text);
  const auto* const bad = std::get_if<BadProfile>(&parsed);
  return bad ? std::optional(bad->cause) : std::nullopt;
}

const std::string scheme = "tasuki://profile/";

ByteString bytes_of(const std::string& link) {
  return crypto::from_base64url(link.substr(scheme.size())).value();
}

// The link of these bytes, with a checksum that is right for them.
std::string link_of(Bytes bytes) {
  const Bytes content = bytes.first(bytes.size() - 8);
  const crypto::Sha256 digest = crypto::sha256(content);
  ByteString whole(content.begin(), content.end());
  append(whole, Bytes(digest).first(8));
  return scheme + crypto::to_base64url(whole);
}

void expect_example(const std::variant<Profile, BadProfile>& parsed) {
  ASSERT_TRUE(std::holds_alternative<Profile>(parsed)) << std::get<BadProfile>(parsed).detail;
  const Profile& profile = std::get<Profile>(parsed);
  EXPECT_EQ(profile.realm, "example");
  EXPECT_EQ(profile.roots, example().roots);
  EXPECT_EQ(profile.gateways, example().gateways);
  EXPECT_EQ(profile.key_label.text(), "k3vfx2");
  EXPECT_EQ(as_text(profile.gateway_key.bytes()), "ひらがなはちもじ");
}

TEST(Profile, ComesBackFromItsLink) {
  expect_example(parse_profile(signer().link(example())));
}

TEST(Profile, ComesBackFromItsFile) {
  const Scratch scratch;
  const std::string link = signer().link(example());
  const auto file = scratch.write("example.tasuki", to_file(example(), link));
  expect_example(load_profile(file.string()));
  expect_example(load_profile(link));
}

TEST(Profile, SaysInItsFileWhatItIsButNotItsKey) {
  const std::string text = to_file(example(), signer().link(example()));
  EXPECT_NE(text.find("realm \"example\""), std::string::npos);
  EXPECT_NE(text.find("# gateways: gw.example.com:443 192.0.2.1:8443 [2001:db8::1]:443\n"),
            std::string::npos);
  EXPECT_NE(text.find("# key label: k3vfx2\n"), std::string::npos);
  EXPECT_EQ(text.find("ひらがな"), std::string::npos);
}

TEST(Profile, SurvivesAMailProgramThatWrapsItsLines) {
  const std::string link = signer().link(example());
  for (const std::string end : {"\n", "\r\n", "\r\n  ", " ", "\t\n"}) {
    std::string wrapped = end;
    for (std::size_t i = 0; i < link.size(); i += 9) wrapped += link.substr(i, 9) + end;
    expect_example(parse_profile(wrapped));
    EXPECT_EQ(plain_link(wrapped), link);
  }
  expect_example(parse_profile("\xef\xbb\xbf# saved by a text editor\r\n\r\n" + link + "\r\n"));
  expect_example(load_profile("  " + link + "\n"));
}

TEST(Profile, NoticesEveryTruncation) {
  const std::string link = signer().link(example());
  for (std::size_t size = 0; size < link.size(); ++size)
    EXPECT_EQ(cause(link.substr(0, size)),
              size < scheme.size() ? Cause::not_a_profile : Cause::damaged)
        << size;
}

TEST(Profile, NoticesEveryAlteredCharacter) {
  const std::string link = signer().link(example());
  for (std::size_t i = 0; i < link.size(); ++i) {
    for (const char other : {'A', 'b', '_', '-', '!', '=', '+'}) {
      if (link[i] == other) continue;
      std::string altered = link;
      altered[i] = other;
      EXPECT_EQ(cause(altered), i < scheme.size() ? Cause::not_a_profile : Cause::damaged)
          << i << other;
    }
  }
}

TEST(Profile, NoticesSwappedDoubledAndMissingCharacters) {
  const std::string link = signer().link(example());
  for (std::size_t i = scheme.size(); i + 1 < link.size(); i += 7) {
    std::string swapped = link;
    std::swap(swapped[i], swapped[i + 1]);
    EXPECT_EQ(cause(swapped), swapped == link ? std::nullopt : std::optional(Cause::damaged)) << i;
    EXPECT_EQ(cause(link.substr(0, i) + link[i] + link.substr(i)), Cause::damaged) << i;
    EXPECT_EQ(cause(link.substr(0, i) + link.substr(i + 1)), Cause::damaged) << i;
  }
}

TEST(Profile, NoticesWhatFollowsIt) {
  const std::string link = signer().link(example());
  EXPECT_EQ(cause(link + "A"), Cause::damaged);
  EXPECT_EQ(cause(link + "\nBest regards,\nthe administrator"), Cause::damaged);
  EXPECT_EQ(cause(link + "\n" + link), Cause::damaged);
  EXPECT_EQ(cause(link + std::string(1, '\0')), Cause::damaged);
}

TEST(Profile, CannotBeForgedByOneWhoRepairsItsChecksum) {
  const ByteString bytes = bytes_of(signer().link(example()));
  for (std::size_t i = 0; i + 8 < bytes.size(); ++i) {
    ByteString altered = bytes;
    altered[i] ^= 1;
    const auto why = cause(link_of(altered));
    EXPECT_TRUE(why == Cause::signature || why == Cause::bad_field) << i;
  }
}

TEST(Profile, MustBeSignedByALeafOfItsOwnRoot) {
  const Signer other;
  // The right root, but somebody else's leaf and key.
  EXPECT_EQ(cause(to_link(example(), other.leaf.certificate, other.key)), Cause::signature);
  // The right leaf, but not its key.
  EXPECT_EQ(cause(to_link(example(), signer().leaf.certificate, other.key)), Cause::signature);
  // The root itself is no leaf.
  EXPECT_EQ(cause(to_link(example(), signer().root.certificate, signer().key)), Cause::signature);
}

TEST(Profile, MayNameSeveralRoots) {
  const Signer next;
  Profile profile = example();
  profile.roots.insert(profile.roots.begin(), next.root.certificate);
  EXPECT_FALSE(cause(signer().link(profile)));
}

TEST(Profile, OfANewerTasukiSaysSo) {
  ByteString bytes = bytes_of(signer().link(example()));
  bytes[0] = 2;
  EXPECT_EQ(cause(link_of(bytes)), Cause::too_new);
}

TEST(Profile, IsNotMadeWithFieldsThatCannotBeRead) {
  const auto refuses = [](auto change) {
    Profile profile = example();
    change(profile);
    EXPECT_THROW(signer().link(profile), std::invalid_argument);
  };
  refuses([](Profile& p) { p.realm = ""; });
  refuses([](Profile& p) { p.realm = std::string(64, 'x'); });
  refuses([](Profile& p) { p.realm = "a\nb"; });
  refuses([](Profile& p) { p.roots.clear(); });
  refuses([](Profile& p) { p.roots.resize(5, p.roots[0]); });
  refuses([](Profile& p) { p.gateways.clear(); });
  refuses([](Profile& p) { p.gateways.resize(17, p.gateways[0]); });
  refuses([](Profile& p) { p.gateways[0].port = 0; });
  refuses([](Profile& p) { p.gateways[0].host = "-oProxyCommand=x"; });
  refuses([](Profile& p) { p.gateways[0].host = "a b"; });
  refuses([](Profile& p) { p.key_label = {}; });
  refuses([](Profile& p) { p.gateway_key = crypto::Secret(as_bytes("Test1")); });
}

TEST(Profile, TakesTheLargestFieldsThereMayBe) {
  Profile profile = example();
  profile.realm.clear();
  for (int i = 0; i < 63; ++i) profile.realm += "🏃";
  profile.roots.resize(4, profile.roots[0]);
  profile.gateways.resize(16, profile.gateways[0]);
  std::string key;
  for (int i = 0; i < 128; ++i) key += "🔑";
  profile.gateway_key = crypto::Secret(as_bytes(key));
  EXPECT_FALSE(cause(signer().link(profile)));
}

TEST(Profile, IsNotJustAnyText) {
  for (const std::string& text :
       {std::string(), std::string("\n\n"), std::string("# only a comment"), std::string("hello"),
        std::string("https://example.com/"), std::string("tasuki://pin/AQAB"),
        "see " + signer().link(example()), std::string(1000000, 'A')})
    EXPECT_EQ(cause(text), Cause::not_a_profile) << text.substr(0, 40);
  EXPECT_EQ(cause(scheme), Cause::damaged);
  EXPECT_EQ(cause(scheme + "AAAA"), Cause::damaged);
}

TEST(Profile, SaysWhichFileCannotBeRead) {
  const Scratch scratch;
  const auto loaded = load_profile((scratch / "missing.tasuki").string());
  const auto& bad = std::get<BadProfile>(loaded);
  EXPECT_EQ(bad.cause, Cause::unreadable);
  EXPECT_NE(bad.detail.find("missing.tasuki: cannot be read: No such file"), std::string::npos);
  EXPECT_EQ(std::get<BadProfile>(load_profile(scratch.path().string())).cause, Cause::unreadable);
}

TEST(Profile, DescribesEveryFaultInBothLanguagesWithoutItsSecret) {
  for (const Cause cause : {Cause::not_a_profile, Cause::damaged, Cause::too_new, Cause::signature,
                            Cause::bad_field, Cause::unreadable}) {
    const Words words = describe({cause, "detail"});
    EXPECT_FALSE(words.en.empty());
    EXPECT_GT(words.ja.size(), 10u);
  }
}

TEST(ProfileFileName, IsTheRealmWithoutWhatAFileCannotBeCalled) {
  EXPECT_EQ(profile_file_name("example.com"), "example.com");
  EXPECT_EQ(profile_file_name("東京本社"), "東京本社");
  EXPECT_EQ(profile_file_name("a b/c"), "a-b-c");
  EXPECT_EQ(profile_file_name("../../etc/passwd"), "etc-passwd");
  EXPECT_EQ(profile_file_name("-rf"), "rf");
  EXPECT_EQ(profile_file_name("..."), "profile");
  EXPECT_EQ(profile_file_name(""), "profile");
  std::string longest;
  for (int i = 0; i < 63; ++i) longest += "🏃";
  EXPECT_LE(profile_file_name(longest).size(), 123u);
  EXPECT_EQ(profile_file_name(longest).size() % 4, 0u);  // cut between characters
}

}  // namespace
}  // namespace tasuki::config
