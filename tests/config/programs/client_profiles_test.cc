#include "client/profiles.h"

#include "../scratch.h"

namespace tasuki::client {
namespace {

using Cause = ProfileError::Cause;

// A realm's gateway, which hands out profiles.
struct Realm {
  explicit Realm(std::string realm_name)
      : name(std::move(realm_name)),
        root(crypto::make_root(name)),
        leaf(crypto::make_gateway_leaf(root.certificate, root.private_key,
                                       std::vector<std::string>{"gw.example.com"}, 90)) {}

  std::string link(const std::string& label, const std::string& key = "Testing1") const {
    config::Profile profile;
    profile.realm = name;
    profile.roots = {root.certificate};
    profile.gateways = {{"gw.example.com", 443}};
    profile.key_label = control::KeyLabel::parse(label).value();
    profile.gateway_key = crypto::Secret(as_bytes(key));
    return config::to_link(profile, leaf.certificate,
                           crypto::SigningKey::from_pem(leaf.private_key.bytes()).value());
  }

  std::string name;
  crypto::Issued root;
  crypto::Issued leaf;
};

std::optional<ProfileError> refusal(const auto& work) {
  try {
    work();
    return std::nullopt;
  } catch (const ProfileError& error) {
    return error;
  }
}

class ClientProfiles : public testing::Test {
protected:
  std::string names() {
    std::string names;
    for (const auto& item : profiles_.list()) names += (names.empty() ? "" : " ") + item.name;
    return names;
  }

  Scratch scratch_;
  Profiles profiles_{scratch_ / "home"};
  Realm realm_{"example"};
};

TEST_F(ClientProfiles, AreNamedAfterTheirRealmAndPrivate) {
  const auto added = profiles_.add(realm_.link("aaa"));
  EXPECT_EQ(added.name, "example");
  EXPECT_FALSE(added.replaced);
  EXPECT_EQ(mode_of(scratch_ / "home/profiles/example.tasuki"), 0600u);
  EXPECT_EQ(mode_of(scratch_ / "home/profiles"), 0700u);
  EXPECT_EQ(profiles_.find("example").key_label.text(), "aaa");
}

TEST_F(ClientProfiles, ComeFromAFileAsWell) {
  const auto file = scratch_.write("x.tasuki", "# a comment\n" + realm_.link("aaa") + "\n");
  EXPECT_EQ(profiles_.add(file.string(), "office").name, "office");
  EXPECT_EQ(profiles_.find("office").realm, "example");
}

TEST_F(ClientProfiles, StandSideBySide) {
  const Realm other("other");
  profiles_.add(realm_.link("aaa"));
  EXPECT_EQ(profiles_.add(realm_.link("bbb")).name, "example-2");
  EXPECT_EQ(profiles_.add(realm_.link("ccc")).name, "example-3");
  profiles_.add(other.link("aaa"));
  EXPECT_EQ(names(), "example example-2 example-3 other");
  EXPECT_EQ(profiles_.find("example-2").key_label.text(), "bbb");
}

TEST_F(ClientProfiles, AreReplacedByNewerOnesOfTheSameRealmAndKey) {
  profiles_.add(realm_.link("aaa", "Testing1"), "office");
  const auto again = profiles_.add(realm_.link("aaa", "Testing2"));
  EXPECT_EQ(again.name, "office");
  EXPECT_TRUE(again.replaced);
  EXPECT_EQ(names(), "office");
  EXPECT_EQ(as_text(profiles_.find("office").gateway_key.bytes()), "Testing2");
}

TEST_F(ClientProfiles, OfAKnownRealmWithAnotherRootAreRefused) {
  profiles_.add(realm_.link("aaa"), "office");
  const Realm impostor("example");
  for (const char* label : {"aaa", "bbb"})
    for (const char* name : {"", "office", "another"}) {
      const auto refused = refusal([&] { profiles_.add(impostor.link(label), name); });
      ASSERT_TRUE(refused) << label << name;
      EXPECT_EQ(refused->cause, Cause::identity_changed);
      EXPECT_NE(refused->words.en.find("tasuki profile remove office"), std::string::npos);
    }
  EXPECT_EQ(profiles_.find("office").roots, std::vector<ByteString>{realm_.root.certificate});
  profiles_.remove("office");
  EXPECT_EQ(profiles_.add(impostor.link("aaa")).name, "example");
}

TEST_F(ClientProfiles, DoNotTakeEachOthersNames) {
  const Realm other("other");
  profiles_.add(realm_.link("aaa"), "office");
  EXPECT_EQ(refusal([&] { profiles_.add(other.link("aaa"), "office"); })->cause, Cause::name_taken);
  EXPECT_EQ(refusal([&] { profiles_.add(realm_.link("bbb"), "office"); })->cause,
            Cause::name_taken);
  EXPECT_EQ(profiles_.find("office").key_label.text(), "aaa");
}

TEST_F(ClientProfiles, HaveNamesThatStayInTheirDirectory) {
  for (const char* name : {"../x", "/etc/x", "a/b", ".hidden", "-rf", "a\nb", "..", "."}) {
    EXPECT_EQ(refusal([&] { profiles_.add(realm_.link("aaa"), name); })->cause, Cause::bad_name)
        << name;
    EXPECT_EQ(refusal([&] { profiles_.remove(name); })->cause, Cause::bad_name) << name;
    EXPECT_EQ(refusal([&] { profiles_.find(name); })->cause, Cause::bad_name) << name;
  }
  EXPECT_EQ(refusal([&] { profiles_.add(realm_.link("aaa"), std::string(200, 'x')); })->cause,
            Cause::bad_name);
  const Realm hostile("../../evil");
  EXPECT_EQ(profiles_.add(hostile.link("aaa")).name, "evil");
}

TEST_F(ClientProfiles, AreFoundByNameByPreferenceOrByBeingTheOnlyOne) {
  EXPECT_EQ(refusal([&] { profiles_.find(""); })->cause, Cause::unknown);
  profiles_.add(realm_.link("aaa"));
  EXPECT_EQ(profiles_.find("").key_label.text(), "aaa");
  profiles_.add(realm_.link("bbb"));
  const auto refused = refusal([&] { profiles_.find(""); });
  EXPECT_EQ(refused->cause, Cause::ambiguous);
  EXPECT_NE(refused->words.en.find("example, example-2"), std::string::npos) << refused->words.en;
  EXPECT_EQ(profiles_.find("", "example-2").key_label.text(), "bbb");
  EXPECT_EQ(profiles_.find("example", "example-2").key_label.text(), "aaa");
  const auto unknown = refusal([&] { profiles_.find("exmaple"); });
  EXPECT_EQ(unknown->cause, Cause::unknown);
  EXPECT_NE(unknown->words.en.find("example, example-2"), std::string::npos);
}

TEST_F(ClientProfiles, AreRemoved) {
  profiles_.add(realm_.link("aaa"));
  profiles_.remove("example");
  EXPECT_EQ(names(), "");
  EXPECT_EQ(refusal([&] { profiles_.remove("example"); })->cause, Cause::unknown);
}

TEST_F(ClientProfiles, ThatAreDamagedStayListedAndHarmNoOther) {
  profiles_.add(realm_.link("aaa"));
  scratch_.write("home/profiles/broken.tasuki", "garbage");
  scratch_.write("home/profiles/notes.txt", "not a profile");
  const auto items = profiles_.list();
  ASSERT_EQ(items.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<config::BadProfile>(items[0].content));
  EXPECT_EQ(refusal([&] { profiles_.find("broken"); })->cause, Cause::bad_profile);
  EXPECT_EQ(profiles_.add(realm_.link("bbb")).name, "example-2");
}

TEST_F(ClientProfiles, ThatAreNotSoundAreNotAdded) {
  const std::string link = realm_.link("aaa");
  EXPECT_EQ(refusal([&] { profiles_.add(link.substr(0, 200)); })->cause, Cause::bad_profile);
  EXPECT_EQ(refusal([&] { profiles_.add("hello"); })->cause, Cause::bad_profile);
  EXPECT_EQ(names(), "");
}

}  // namespace
}  // namespace tasuki::client
