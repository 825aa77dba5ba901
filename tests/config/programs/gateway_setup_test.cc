#include "gateway/setup.h"

#include "config/password_rule.h"
#include "control/gateway_key.h"
#include "gateway/config.h"
#include "store/store.h"

#include "../scratch.h"

#include <ctime>
#include <set>

namespace tasuki::gateway {
namespace {

namespace opaque = crypto::opaque;
using Cause = SetupError::Cause;

crypto::Secret secret(std::string_view text) {
  return crypto::Secret(as_bytes(text));
}

std::optional<SetupError> refusal(const auto& work) {
  try {
    work();
    return std::nullopt;
  } catch (const SetupError& error) {
    return error;
  }
}

// What a peer with this key does at the door, both sides of it. True: admitted.
bool admits(const std::filesystem::path& state, const control::KeyLabel& label,
            const crypto::Secret& key) {
  const GatewayMaterial material = load_material(state);
  const auto record = store::open_sqlite(state / "store.db")->find_key(label);
  if (!record) return false;
  const auto identities = control::gateway_key_identities(label);
  const Bytes context = as_bytes("test");
  opaque::Client client(key.copy());
  const auto server =
      opaque::Server::respond(material.opaque, &record->record, control::credential_id(label),
                              identities, context, client.ke1());
  const auto finished = client.finish(server->ke2(), record->stretch, identities, context);
  return finished && server->finish(finished->ke3);
}

class GatewaySetup : public testing::Test {
protected:
  InitResult init_example() {
    return init({.state = state_, .realm = "example", .addresses = {{"gw.example.com", 443}}});
  }

  Scratch scratch_;
  std::filesystem::path state_ = scratch_ / "state";
};

TEST_F(GatewaySetup, MakesAllThatAGatewayNeeds) {
  const InitResult made = init_example();
  const GatewayMaterial material = load_material(state_);
  EXPECT_EQ(material.realm, "example");
  EXPECT_EQ(material.addresses, (std::vector<net::Address>{{"gw.example.com", 443}}));
  EXPECT_NE(material.gateway_id, GatewayId{});
  EXPECT_TRUE(crypto::issued_by(material.leaf, material.root, std::time(nullptr)));
  EXPECT_EQ(crypto::facts(material.leaf)->names, std::vector<std::string>{"gw.example.com"});
  EXPECT_NEAR(double(material.leaf_ends - std::time(nullptr)), 90 * 86400, 2 * 86400);

  const auto config = load_config(made.config_file);
  EXPECT_TRUE(config.ok());
  EXPECT_EQ(config.value.state, state_);
  EXPECT_EQ(made.root_key_file, state_ / "root-key.pem");
  EXPECT_EQ(made.profile_file, state_ / "example.tasuki");
}

TEST_F(GatewaySetup, TheProfileBringsAPeerIn) {
  const InitResult made = init_example();
  const auto loaded = config::load_profile(made.profile_file.string());
  ASSERT_TRUE(std::holds_alternative<config::Profile>(loaded));
  const auto& profile = std::get<config::Profile>(loaded);
  EXPECT_EQ(profile.realm, "example");
  EXPECT_EQ(profile.roots, std::vector<ByteString>{load_material(state_).root});
  EXPECT_EQ(profile.gateways, (std::vector<net::Address>{{"gw.example.com", 443}}));
  EXPECT_EQ(profile.key_label, made.label);
  EXPECT_TRUE(admits(state_, profile.key_label, profile.gateway_key));
  EXPECT_FALSE(admits(state_, profile.key_label, secret("Testing1")));
  EXPECT_TRUE(std::holds_alternative<config::Profile>(config::parse_profile(made.link)));
}

TEST_F(GatewaySetup, NothingButCertificatesIsForOthersToRead) {
  const mode_t before = ::umask(0);
  init_example();
  ::umask(before);
  EXPECT_EQ(mode_of(state_), 0700u);
  for (const auto& entry : std::filesystem::directory_iterator(state_)) {
    const std::string name = entry.path().filename().string();
    const bool public_part = name == "root.pem" || name == "leaf.pem";
    EXPECT_EQ(mode_of(entry.path()), public_part ? 0644u : 0600u) << name;
  }
}

TEST_F(GatewaySetup, TheGatewayKeyIsInNoFileButTheProfile) {
  const InitResult made = init_example();
  const auto profile = std::get<config::Profile>(config::parse_profile(made.link));
  const std::string key(as_text(profile.gateway_key.bytes()));
  const std::string hex = crypto::to_hex(profile.gateway_key.bytes());
  for (const auto& entry : std::filesystem::directory_iterator(state_)) {
    const std::string content = content_of(entry.path());
    EXPECT_EQ(content.find(key), std::string::npos) << entry.path();
    EXPECT_EQ(content.find(hex), std::string::npos) << entry.path();
    if (entry.path() == made.profile_file) continue;
    EXPECT_EQ(content.find(made.link), std::string::npos) << entry.path();
  }
}

TEST_F(GatewaySetup, PutsRootKeyAndProfileWhereItIsTold) {
  std::filesystem::create_directory(scratch_ / "stick");
  const InitResult made = init({.state = state_,
                                .realm = "支社 1/2",
                                .addresses = {{"192.0.2.1", 8443}, {"2001:db8::1", 443}},
                                .root_key_file = scratch_ / "stick/root-key.pem",
                                .profile_file = scratch_ / "first.tasuki"});
  EXPECT_TRUE(std::filesystem::exists(scratch_ / "stick/root-key.pem"));
  EXPECT_FALSE(std::filesystem::exists(state_ / "root-key.pem"));
  const auto profile =
      std::get<config::Profile>(config::load_profile((scratch_ / "first.tasuki").string()));
  EXPECT_EQ(profile.realm, "支社 1/2");
  EXPECT_EQ(profile.gateways.size(), 2u);
  EXPECT_EQ(crypto::facts(load_material(state_).leaf)->names.size(), 2u);
}

TEST_F(GatewaySetup, TheRealmIsTheFirstHostWhenNoneIsNamed) {
  EXPECT_EQ(init({.state = state_, .addresses = {{"gw.example.com", 443}}}).realm,
            "gw.example.com");
}

TEST_F(GatewaySetup, NeverOverwritesAGateway) {
  init_example();
  const std::string root = content_of(state_ / "root.pem");
  const auto refused = refusal([&] { init_example(); });
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->cause, Cause::exists);
  EXPECT_NE(refused->words.en.find("gateway.toml: exists already"), std::string::npos);
  EXPECT_EQ(content_of(state_ / "root.pem"), root);
  EXPECT_NO_THROW(load_material(state_));
}

TEST_F(GatewaySetup, NeverOverwritesASinglePartOrAForeignFile) {
  std::filesystem::create_directory(state_);
  ::chmod(state_.c_str(), 0700);
  for (const char* name : {"gateway.toml", "identity.toml", "root.pem", "leaf.pem", "leaf.key",
                           "opaque.key", "store.db", "root-key.pem", "example.tasuki"}) {
    scratch_.write(std::string("state/") + name, "precious");
    EXPECT_EQ(refusal([&] { init_example(); })->cause, Cause::exists) << name;
    EXPECT_EQ(content_of(state_ / name), "precious");
    EXPECT_EQ(files_in(state_), 1u) << name;
    std::filesystem::remove(state_ / name);
  }
  init_example();
}

TEST_F(GatewaySetup, LeavesNothingBehindWhenItFailsHalfWay) {
  const auto refused = refusal([&] {
    init({.state = state_,
          .realm = "example",
          .addresses = {{"gw.example.com", 443}},
          .profile_file = scratch_ / "nowhere/first.tasuki"});
  });
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->cause, Cause::disk);
  EXPECT_NE(refused->words.en.find("nowhere/first.tasuki: cannot be written"), std::string::npos);
  EXPECT_EQ(files_in(state_), 0u);
  init_example();
}

TEST_F(GatewaySetup, RefusesRequestsThatCannotWork) {
  const auto cause = [&](InitRequest request) {
    request.state = state_;
    const auto refused = refusal([&] { init(request); });
    EXPECT_FALSE(std::filesystem::exists(state_));
    return refused ? std::optional(refused->cause) : std::nullopt;
  };
  EXPECT_EQ(cause({.realm = "x"}), Cause::bad_request);
  EXPECT_EQ(cause({.realm = "x", .addresses = {17, {"gw.example.com", 443}}}), Cause::bad_request);
  EXPECT_EQ(cause({.realm = "a\nb", .addresses = {{"gw.example.com", 443}}}), Cause::bad_request);
  EXPECT_EQ(cause({.realm = std::string(64, 'x'), .addresses = {{"gw.example.com", 443}}}),
            Cause::bad_request);
  EXPECT_EQ(cause({.realm = "x", .addresses = {{"my_gateway", 443}}}), Cause::bad_request);
}

TEST_F(GatewaySetup, RefusesADirectoryInWhichOthersMayWrite) {
  std::filesystem::create_directory(state_);
  ::chmod(state_.c_str(), 0777);
  EXPECT_EQ(refusal([&] { init_example(); })->cause, Cause::disk);
}

TEST_F(GatewaySetup, SaysWhichFileIsMissing) {
  EXPECT_EQ(refusal([&] { load_material(state_); })->cause, Cause::incomplete);
  init_example();
  for (const char* name : {"identity.toml", "root.pem", "leaf.pem", "leaf.key", "opaque.key"}) {
    std::filesystem::rename(state_ / name, scratch_ / "away");
    const auto refused = refusal([&] { load_material(state_); });
    ASSERT_TRUE(refused) << name;
    EXPECT_EQ(refused->cause, Cause::incomplete) << name;
    EXPECT_NE(refused->words.en.find(std::string(name) + ": is missing"), std::string::npos);
    std::filesystem::rename(scratch_ / "away", state_ / name);
  }
  std::filesystem::remove(state_ / "store.db");
  EXPECT_EQ(refusal([&] { add_key(state_, std::nullopt, ""); })->cause, Cause::incomplete);
}

TEST_F(GatewaySetup, SaysWhichFileIsDamaged) {
  init_example();
  for (const char* name : {"identity.toml", "root.pem", "leaf.pem", "leaf.key", "opaque.key"}) {
    const std::string sound = content_of(state_ / name);
    for (const std::string& content :
         {std::string(), std::string("garbage"), sound.substr(0, sound.size() / 2)}) {
      scratch_.write(std::string("state/") + name, content);
      const auto refused = refusal([&] { load_material(state_); });
      ASSERT_TRUE(refused) << name << content.size();
      EXPECT_EQ(refused->cause, Cause::damaged) << name;
      EXPECT_NE(refused->words.en.find(name), std::string::npos) << refused->words.en;
    }
    scratch_.write(std::string("state/") + name, sound);
  }
  EXPECT_NO_THROW(load_material(state_));
}

TEST_F(GatewaySetup, NoticesPartsOfTwoGateways) {
  init_example();
  init({.state = scratch_ / "other", .realm = "example", .addresses = {{"gw.example.com", 443}}});
  const auto mix = [&](const char* name) {
    const std::string ours = content_of(state_ / name);
    scratch_.write(std::string("state/") + name, content_of(scratch_.path() / "other" / name));
    const auto refused = refusal([&] { load_material(state_); });
    scratch_.write(std::string("state/") + name, ours);
    return refused ? refused->words.en : "nothing noticed";
  };
  EXPECT_NE(mix("root.pem").find("was not issued by root.pem"), std::string::npos);
  EXPECT_NE(mix("leaf.pem").find("was not issued by root.pem"), std::string::npos);
  EXPECT_NE(mix("leaf.key").find("does not fit leaf.pem"), std::string::npos);
}

TEST_F(GatewaySetup, AMadeKeyHas128BitsAndIsEasyToRead) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const crypto::Secret key = make_key();
    const std::string text(as_text(key.bytes()));
    std::string shape = text.substr(2);
    for (char& c : shape)
      if ((c >= 'a' && c <= 'z') || (c >= '2' && c <= '7')) c = 'x';
    EXPECT_EQ(text.substr(0, 2) + shape, "tk-xxxxx-xxxxx-xxxxx-xxxxx-xxxxxx");
    EXPECT_TRUE(seen.insert(text).second);
    EXPECT_FALSE(config::gateway_key_fault(key.bytes()));
  }
}

TEST_F(GatewaySetup, AddsKeysMadeAndChosen) {
  init_example();
  const AddedKey made = add_key(state_, std::nullopt, "営業部");
  const AddedKey chosen = add_key(state_, secret("Testing1"), "sales");
  EXPECT_TRUE(admits(state_, made.label, made.key));
  EXPECT_TRUE(admits(state_, chosen.label, secret("Testing1")));
  EXPECT_FALSE(admits(state_, chosen.label, secret("Testing2")));
  EXPECT_FALSE(admits(state_, made.label, secret("Testing1")));

  const auto store = store::open_sqlite(state_ / "store.db");
  EXPECT_EQ(store->keys().size(), 3u);
  EXPECT_EQ(store->find_key(made.label)->stretch, opaque::stretch_none);
  EXPECT_EQ(store->find_key(made.label)->name, "営業部");
  EXPECT_EQ(store->find_key(chosen.label)->stretch, opaque::stretch_password);
}

TEST_F(GatewaySetup, HoldsChosenKeysToTheRule) {
  init_example();
  const auto cause = [&](std::string_view key, const std::string& name = "") {
    const auto refused = refusal([&] { add_key(state_, secret(key), name); });
    return refused ? std::optional(refused->cause) : std::nullopt;
  };
  EXPECT_EQ(cause("Test1"), Cause::bad_key);
  EXPECT_EQ(cause("Testing"), Cause::bad_key);
  EXPECT_EQ(cause("ななもじのかぎ"), Cause::bad_key);
  EXPECT_EQ(cause(""), Cause::bad_key);
  EXPECT_EQ(cause("ひらがなはちもじ"), std::nullopt);
  EXPECT_EQ(cause("Testing1", "a\nb"), Cause::bad_request);
  EXPECT_EQ(cause("Testing1", std::string(65, 'x')), Cause::bad_request);
  EXPECT_EQ(store::open_sqlite(state_ / "store.db")->keys().size(), 2u);
}

TEST_F(GatewaySetup, MakesAProfileForAnyKeyAndAddress) {
  init_example();
  const AddedKey added = add_key(state_, secret("Testing1"), "");
  const GatewayMaterial material = load_material(state_);
  const std::vector<net::Address> addresses{{"inside.example.com", 443}};
  const MadeProfile made = make_profile(material, added.label, added.key, addresses);
  const auto profile = std::get<config::Profile>(config::parse_profile(made.file));
  EXPECT_EQ(profile.gateways, addresses);
  EXPECT_EQ(as_text(profile.gateway_key.bytes()), "Testing1");
  EXPECT_NE(made.file.find(made.link), std::string::npos);
}

TEST_F(GatewaySetup, RenewsTheLeafWithTheRootsKey) {
  init_example();
  const GatewayMaterial before = load_material(state_);
  renew_leaf(state_, state_ / "root-key.pem");
  const GatewayMaterial same = load_material(state_);
  EXPECT_NE(same.leaf, before.leaf);
  EXPECT_EQ(same.root, before.root);
  EXPECT_EQ(same.gateway_id, before.gateway_id);
  EXPECT_EQ(same.addresses, before.addresses);

  const std::vector<net::Address> moved{{"new.example.com", 8443}};
  renew_leaf(state_, state_ / "root-key.pem", moved);
  const GatewayMaterial after = load_material(state_);
  EXPECT_EQ(after.addresses, moved);
  EXPECT_EQ(crypto::facts(after.leaf)->names, std::vector<std::string>{"new.example.com"});
}

TEST_F(GatewaySetup, RefusesToRenewWithAnotherKey) {
  init_example();
  init({.state = scratch_ / "other", .realm = "example", .addresses = {{"gw.example.com", 443}}});
  const ByteString before = load_material(state_).leaf;
  const auto cause = [&](const std::filesystem::path& key) {
    return refusal([&] { renew_leaf(state_, key); })->cause;
  };
  EXPECT_EQ(cause(scratch_ / "other/root-key.pem"), Cause::wrong_root);
  EXPECT_EQ(cause(state_ / "leaf.key"), Cause::wrong_root);
  EXPECT_EQ(cause(scratch_.write("garbage", "garbage")), Cause::wrong_root);
  EXPECT_EQ(cause(scratch_ / "moved-away.pem"), Cause::incomplete);
  EXPECT_EQ(load_material(state_).leaf, before);
}

}  // namespace
}  // namespace tasuki::gateway
