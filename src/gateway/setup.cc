#include "gateway/setup.h"

#include "config/forms.h"
#include "config/password_rule.h"
#include "control/gateway_key.h"
#include "gateway/config.h"
#include "store/store.h"
#include "wire/utf8.h"

#include <ctime>
#include <functional>

namespace tasuki::gateway {
namespace {

using config::FileError;
using config::Words;
using Cause = SetupError::Cause;
namespace fs = std::filesystem;

constexpr std::size_t largest_file = 64 * 1024;  // bytes; ours have a few hundred
constexpr std::size_t longest_realm = 63;        // characters
constexpr std::size_t longest_key_name = 64;     // characters
constexpr std::size_t most_addresses = 16;

// The state directory's files.
struct Layout {
  fs::path directory;
  fs::path config() const { return directory / "gateway.toml"; }
  fs::path identity() const { return directory / "identity.toml"; }
  fs::path root() const { return directory / "root.pem"; }
  fs::path leaf() const { return directory / "leaf.pem"; }
  fs::path leaf_key() const { return directory / "leaf.key"; }
  fs::path opaque() const { return directory / "opaque.key"; }
  fs::path store() const { return directory / "store.db"; }

  std::vector<fs::path> all() const {
    return {config(), identity(), root(), leaf(), leaf_key(), opaque(), store()};
  }
};

[[noreturn]] void fail(Cause cause, std::string en, std::string ja) {
  throw SetupError(cause, {std::move(en), std::move(ja)});
}

// What the calls below throw, in this room's words.
template <typename Work>
auto with_disk_errors(const Work& work) {
  try {
    return work();
  } catch (const FileError& error) {
    throw SetupError(Cause::disk, error.words);
  }
}

// --- identity.toml ---------------------------------------------------------------

struct Identity {
  std::string realm;
  std::string gateway_id;  // hexadecimal
  std::vector<net::Address> addresses;
};

config::Table<Identity> identity_table() {
  return config::Table<Identity>("gateway-identity")
      .required("realm", &Identity::realm, config::text(1, longest_realm),
                {"The organisation that this gateway serves.", "このゲートウェイが属する組織。"})
      .required("gateway_id", &Identity::gateway_id, config::text(32, 32),
                {"Tells gateways apart; random.", "ゲートウェイの識別子（乱数）。"})
      .required("addresses", &Identity::addresses,
                config::list_of(config::address(), most_addresses, 1),
                {"Where peers find this gateway, preferred first; what its certificate says.",
                 "このゲートウェイの所在（優先順）。証明書の内容と一致します。"});
}

void write_identity(const Layout& layout, const Identity& identity,
                    void (*write)(const fs::path&, Bytes, config::Mode)) {
  const std::string text = "# Made by tasuki; not meant for editing.\n" +
                           identity_table().print(identity, config::Language::english);
  write(layout.identity(), as_bytes(text), config::Mode::secret);
}

std::optional<GatewayId> parse_gateway_id(const std::string& hex) {
  GatewayId id{};
  for (std::size_t i = 0; i < hex.size() && i < 2 * id.size(); ++i) {
    const std::size_t digit = std::string_view("0123456789abcdef").find(hex[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    id[i / 2] = std::uint8_t(id[i / 2] << 4 | digit);
  }
  return hex.size() == 2 * id.size() ? std::optional(id) : std::nullopt;
}

// --- reading the state -------------------------------------------------------------

[[noreturn]] void missing(const fs::path& file) {
  fail(Cause::incomplete,
       file.string() +
           ": is missing; run tasuki gateway init first, name the directory with "
           "--state, or put back a copy of it",
       file.string() +
           ": ありません。先に tasuki gateway init を実行するか、--state で"
           "ディレクトリを指定するか、バックアップから戻してください");
}

[[noreturn]] void damaged(const fs::path& file, const std::string& en, const std::string& ja) {
  fail(Cause::damaged, file.string() + ": " + en + "; put back a copy of it",
       file.string() + ": " + ja + "。バックアップから戻してください");
}

crypto::Secret read_part(const fs::path& file) {
  std::error_code unknown;
  if (!fs::exists(file, unknown) && !unknown) missing(file);
  return with_disk_errors([&] { return config::read_secret(file, largest_file); });
}

ByteString read_certificate(const fs::path& file) {
  const crypto::Secret text = read_part(file);
  auto certificate = crypto::from_pem(as_text(text.bytes()));
  if (!certificate) damaged(file, "holds no certificate", "証明書がありません");
  return std::move(*certificate);
}

Identity read_identity(const Layout& layout) {
  const crypto::Secret text = read_part(layout.identity());
  auto loaded = identity_table().parse(as_text(text.bytes()), layout.identity());
  if (!loaded.ok()) {
    const config::Mistake& mistake = loaded.mistakes.front();
    throw SetupError(Cause::damaged, {mistake.text(config::Language::english),
                                      mistake.text(config::Language::japanese)});
  }
  return std::move(loaded.value);
}

crypto::opaque::ServerSetup read_opaque(const Layout& layout) {
  auto setup = crypto::opaque::ServerSetup::decode(read_part(layout.opaque()).bytes());
  if (!setup) damaged(layout.opaque(), "is not what it was made as", "内容が正しくありません");
  return std::move(*setup);
}

std::unique_ptr<store::Store> open_store(const Layout& layout) {
  try {
    return store::open_sqlite(layout.store());
  } catch (const std::runtime_error& error) {
    fail(Cause::damaged, error.what(), error.what());
  }
}

// --- what a request may say ----------------------------------------------------------

std::vector<std::string> hosts(std::span<const net::Address> addresses) {
  std::vector<std::string> hosts;
  for (const net::Address& address : addresses) hosts.push_back(address.host);
  return hosts;
}

void check_addresses(std::span<const net::Address> addresses) {
  if (addresses.empty() || addresses.size() > most_addresses)
    fail(Cause::bad_request,
         "a gateway has 1 to 16 addresses, at which peers will look for it (--address HOST[:PORT])",
         "ゲートウェイのアドレスは 1 ～ 16 個必要です（--address ホスト[:ポート]）");
  // RFC 5280, 4.2.1.6: a certificate's host names have no underscore.
  for (const net::Address& address : addresses)
    if (address.host.find('_') != std::string::npos)
      fail(Cause::bad_request,
           address.host +
               ": a certificate cannot name this host; use a name without \"_\", or "
               "its IP address",
           address.host +
               ": 証明書に書けない名前です。\"_\" のない名前か IP アドレスを"
               "使ってください");
}

void check_realm(const std::string& realm) {
  if (!wire::is_plain_text(realm, 1, longest_realm))
    fail(Cause::bad_request, "a realm has a name of 1 to 63 characters (--realm NAME)",
         "レルムの名前は 1 ～ 63 文字です（--realm 名前）");
}

void refuse_existing(const fs::path& file) {
  std::error_code unknown;
  if (!fs::exists(fs::symlink_status(file, unknown))) return;
  fail(Cause::exists,
       file.string() +
           ": exists already and is not overwritten; choose another place, or move it "
           "away if this gateway is to be made anew",
       file.string() +
           ": 既に存在するため上書きしません。別の場所を指定するか、"
           "作り直す場合は先に移動してください");
}

// --- init ------------------------------------------------------------------------------

// Files made so far; removed again unless all of them are made.
class Undo {
public:
  Undo() = default;
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;
  ~Undo() {
    std::error_code ignored;
    for (const fs::path& file : files_) fs::remove(file, ignored);
  }

  void create(const fs::path& file, Bytes content, config::Mode mode = config::Mode::secret) {
    config::create_file(file, content, mode);
    files_.push_back(file);
  }
  void also(const fs::path& file) { files_.push_back(file); }
  void keep_all() { files_.clear(); }

private:
  std::vector<fs::path> files_;
};

AddedKey enroll_key(store::Store& store, const crypto::opaque::ServerSetup& setup,
                    crypto::Secret key, crypto::opaque::Stretch stretch, const std::string& name) {
  const auto label = control::KeyLabel::random();
  store.add_key({.label = label,
                 .name = name,
                 .record = crypto::opaque::enroll(setup, control::credential_id(label), key,
                                                  stretch, control::gateway_key_identities(label)),
                 .stretch = stretch,
                 .created = std::time(nullptr),
                 .revoked = 0});
  return {label, std::move(key)};
}

InitResult make_state(const Layout& layout, const InitRequest& request, InitResult result) {
  Undo undo;
  const crypto::Issued root = crypto::make_root(result.realm);
  const crypto::Issued leaf = crypto::make_gateway_leaf(root.certificate, root.private_key,
                                                        hosts(request.addresses), leaf_days);
  undo.create(result.root_key_file, root.private_key.bytes());
  undo.create(layout.root(), as_bytes(crypto::to_pem(root.certificate)), config::Mode::shared);
  undo.create(layout.leaf(), as_bytes(crypto::to_pem(leaf.certificate)), config::Mode::shared);
  undo.create(layout.leaf_key(), leaf.private_key.bytes());
  undo.create(layout.opaque(), crypto::opaque::ServerSetup::generate().encode().bytes());

  const auto id = crypto::random_array<16>();
  const Identity identity{result.realm, crypto::to_hex(id), request.addresses};
  write_identity(layout, identity, &config::create_file);
  undo.also(layout.identity());

  for (const char* suffix : {"", "-wal", "-shm"}) undo.also(layout.store().string() + suffix);
  const GatewayMaterial material = load_material(layout.directory);
  const AddedKey first = enroll_key(*open_store(layout), material.opaque, make_key(),
                                    crypto::opaque::stretch_none, "first");
  const MadeProfile profile = make_profile(material, first.label, first.key);
  undo.create(result.profile_file, as_bytes(profile.file));
  undo.create(layout.config(), as_bytes(config_table().print({}, request.language)));
  undo.keep_all();

  result.label = first.label;
  result.link = profile.link;
  return result;
}

}  // namespace

InitResult init(const InitRequest& request) {
  check_addresses(request.addresses);
  InitResult result;
  result.realm = request.realm.empty() ? request.addresses.front().host : request.realm;
  check_realm(result.realm);

  const Layout layout{fs::absolute(request.state)};
  result.config_file = layout.config();
  result.root_key_file = request.root_key_file.empty() ? layout.directory / "root-key.pem"
                                                       : fs::absolute(request.root_key_file);
  result.profile_file =
      request.profile_file.empty()
          ? layout.directory / (config::profile_file_name(result.realm) + ".tasuki")
          : fs::absolute(request.profile_file);
  for (const fs::path& file : layout.all()) refuse_existing(file);
  refuse_existing(result.root_key_file);
  refuse_existing(result.profile_file);

  return with_disk_errors([&] {
    config::make_private_directory(layout.directory);
    return make_state(layout, request, std::move(result));
  });
}

GatewayMaterial load_material(const fs::path& state) {
  const Layout layout{state};
  const Identity identity = read_identity(layout);
  const auto id = parse_gateway_id(identity.gateway_id);
  if (!id)
    damaged(layout.identity(), "gateway_id is not 32 hexadecimal digits",
            "gateway_id が 16 進数 32 桁ではありません");

  ByteString root = read_certificate(layout.root());
  ByteString leaf = read_certificate(layout.leaf());
  const auto facts = crypto::facts(leaf);
  if (!facts || !crypto::issued_by(leaf, root, facts->not_before))
    damaged(layout.leaf(), "was not issued by root.pem", "root.pem が発行したものではありません");
  auto key = crypto::SigningKey::from_pem(read_part(layout.leaf_key()).bytes());
  if (!key || crypto::PublicKey::from_certificate(leaf) != key->public_key())
    damaged(layout.leaf_key(), "does not fit leaf.pem", "leaf.pem と合いません");

  return {.root = std::move(root),
          .leaf = std::move(leaf),
          .leaf_key = std::move(*key),
          .opaque = read_opaque(layout),
          .gateway_id = *id,
          .realm = identity.realm,
          .addresses = identity.addresses,
          .leaf_ends = facts->not_after};
}

void renew_leaf(const fs::path& state, const fs::path& root_key_file,
                std::span<const net::Address> addresses) {
  const Layout layout{state};
  Identity identity = read_identity(layout);
  if (!addresses.empty()) {
    check_addresses(addresses);
    identity.addresses.assign(addresses.begin(), addresses.end());
  }
  const ByteString root = read_certificate(layout.root());
  const crypto::Secret root_key = read_part(root_key_file);
  const auto leaf = [&] {
    try {
      return crypto::make_gateway_leaf(root, root_key, hosts(identity.addresses), leaf_days);
    } catch (const std::invalid_argument&) {
      fail(Cause::wrong_root,
           root_key_file.string() + ": is not the private key of " + layout.root().string(),
           root_key_file.string() + ": " + layout.root().string() + " の秘密鍵ではありません");
    }
  }();
  with_disk_errors([&] {
    config::write_file(layout.leaf_key(), leaf.private_key.bytes());
    config::write_file(layout.leaf(), as_bytes(crypto::to_pem(leaf.certificate)),
                       config::Mode::shared);
    write_identity(layout, identity, [](const fs::path& file, Bytes content, config::Mode mode) {
      config::write_file(file, content, mode);
    });
  });
}

AddedKey add_key(const fs::path& state, std::optional<crypto::Secret> chosen,
                 const std::string& name) {
  if (chosen)
    if (auto fault = config::gateway_key_fault(chosen->bytes()))
      throw SetupError(Cause::bad_key, std::move(*fault));
  if (!wire::is_plain_text(name, 0, longest_key_name))
    fail(Cause::bad_request, "a key's name has at most 64 characters (--name TEXT)",
         "キーの名前は 64 文字以内です（--name 名前）");

  const Layout layout{state};
  const auto setup = read_opaque(layout);
  std::error_code unknown;
  if (!fs::exists(layout.store(), unknown) && !unknown) missing(layout.store());
  const auto store = open_store(layout);
  // What a person chose can be guessed, and is stretched; 128 random bits cannot.
  return chosen
             ? enroll_key(*store, setup, std::move(*chosen), crypto::opaque::stretch_password, name)
             : enroll_key(*store, setup, make_key(), crypto::opaque::stretch_none, name);
}

crypto::Secret make_key() {
  constexpr std::size_t group = 5;
  const auto random = crypto::Secret::random(16);
  std::string letters = crypto::to_base32(random.bytes());
  std::string text = "tk";
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (i % group == 0 && i + 1 < letters.size()) text += '-';
    text += letters[i];
  }
  crypto::Secret key(as_bytes(text));
  for (std::string* const copy : {&letters, &text})
    crypto::wipe({reinterpret_cast<std::uint8_t*>(copy->data()), copy->size()});
  return key;
}

MadeProfile make_profile(const GatewayMaterial& material, const control::KeyLabel& label,
                         const crypto::Secret& key, std::span<const net::Address> addresses) {
  if (addresses.empty()) addresses = material.addresses;
  check_addresses(addresses);
  const config::Profile profile{.realm = material.realm,
                                .roots = {material.root},
                                .gateways = {addresses.begin(), addresses.end()},
                                .key_label = label,
                                .gateway_key = key.copy()};
  std::string link = config::to_link(profile, material.leaf, material.leaf_key);
  std::string file = config::to_file(profile, link);
  return {std::move(link), std::move(file)};
}

}  // namespace tasuki::gateway
