// tasuki admin key: add, list, revoke, while connections live.
#include "cli/admin.h"
#include "cli/catalogue.h"
#include "cli/console.h"
#include "cli/options.h"
#include "cli/password.h"
#include "cli/states.h"
#include "cli/times.h"
#include "config/files.h"
#include "gateway/setup.h"

#include <nlohmann/json.hpp>

namespace tasuki::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct NewKey {
  std::string name;
  std::optional<int> key_fd;
  fs::path profile;
  std::vector<net::Address> addresses;
};

Exit add_key(const AdminChoice& asked, const NewKey& what, Console& console) {
  const fs::path state = asked.directory();
  require_gateway(state);
  const gateway::GatewayMaterial material = gateway::load_material(state);
  std::optional<crypto::Secret> chosen;
  if (what.key_fd) chosen = read_secret_line(*what.key_fd, "--key-fd");
  std::error_code unknown;
  if (!what.profile.empty() && fs::exists(what.profile, unknown))
    throw Trouble(Exit::configuration,
                  fill(say::file_exists, {place("file", what.profile.string())}));

  const gateway::AddedKey added = gateway::add_key(state, std::move(chosen), what.name);
  const auto profile = gateway::make_profile(material, added.label, added.key, what.addresses);
  const fs::path file = !what.profile.empty() ? what.profile
                                              : state / (config::profile_file_name(material.realm) +
                                                         "-" + added.label.text() + ".tasuki");
  config::create_file(file, as_bytes(profile.file));
  if (asked.json) {
    console.print(ordered_json{{"key", added.label.text()},
                               {"name", what.name},
                               {"profile", fs::absolute(file).string()}}
                      .dump(2) +
                  "\n");
    return Exit::done;
  }
  console.say(fill(say::key_added, {place("label", added.label.text())}));
  console.say(fill(say::key_profile, {place("file", file.string())}));
  return Exit::done;
}

Command add_command(const AdminChoicePtr& asked) {
  const auto what = std::make_shared<NewKey>();
  return Command{
      .name = "add",
      .about = {"Add a gateway key, and write its profile.",
                "ゲートウェイキーを追加し、そのプロファイルを作成します。"},
      .more =
          {"Computers and people with the same key see each other, and nobody else. The key is "
           "made of 128 random bits unless you bring your own. A running gateway admits it at "
           "once.",
           "同じキーを持つコンピューターと利用者だけが互いに見えます。指定しなければ 128 ビットの"
           "乱数から作成します。動作中のゲートウェイですぐに有効になります。"},
      .options = {options::text("--name", "TEXT", what->name,
                                {"What it is for, for people: \"sales department\".",
                                 "人が見るための用途の説明（例: 営業部）。"}),
                  options::file(
                      "--profile", "FILE", what->profile,
                      {"Where its profile is written. Default: in the gateway's directory.",
                       "プロファイルの保存先。既定値: ゲートウェイのディレクトリ内"}),
                  options::addresses("--address", "HOST[:PORT]", what->addresses,
                                     {"The gateway's addresses in the profile, preferred first. "
                                      "Default: the gateway's own.",
                                      "プロファイルに書くゲートウェイのアドレス（優先順）。既定値: "
                                      "ゲートウェイ自身のもの"}),
                  options::descriptor(
                      "--key-fd", what->key_fd,
                      {"Read a key of your own from this file descriptor (one line, at "
                       "least 8 characters). Whoever runs the gateway could guess a "
                       "weak one.",
                       "自分で決めたキー（8 文字以上、1 行）をこのファイル"
                       "ディスクリプターから読みます。弱いキーはゲートウェイの運用者に"
                       "推測されるおそれがあります。"}),
                  options::json(asked->json)},
      .examples = {{"sudo tasuki admin key add --name sales --profile sales.tasuki",
                    {"A key for the sales department, and its profile.",
                     "営業部用のキーとプロファイルを作成します。"}}},
      .run = [asked, what](Console& console) { return add_key(*asked, *what, console); }};
}

Exit list_keys(const AdminChoice& asked, Console& console) {
  Table table({{"LABEL", "ラベル"}, {"NAME", "名前"}, {"MADE", "作成"}, {"STATE", "状態"}});
  ordered_json array = ordered_json::array();
  for (const store::GatewayKey& key : open_store(asked)->keys()) {
    ordered_json each{{"key", key.label.text()}, {"name", key.name}, {"created", key.created}};
    each["revoked"] = key.revoked == 0 ? ordered_json(nullptr) : ordered_json(key.revoked);
    array.push_back(std::move(each));
    const Words standing =
        key.revoked == 0 ? fill(say::key_in_force)
                         : fill(say::key_revoked_since, {place("time", local_time(key.revoked))});
    table.add(
        {key.label.text(), key.name, local_time(key.created), standing.in(console.language())});
  }
  if (asked.json)
    console.print(ordered_json{{"keys", array}}.dump(2) + "\n");
  else
    console.show(table);
  return Exit::done;
}

Command list_command_(const AdminChoicePtr& asked) {
  return Command{.name = "list",
                 .about = {"List the gateway keys: labels, never the keys themselves.",
                           "ゲートウェイキーのラベルを一覧します（キーそのものは表示しません）。"},
                 .options = {options::json(asked->json)},
                 .examples = {{"sudo tasuki admin key list",
                               {"Those in force and those revoked.",
                                "有効なものと失効したものを表示します。"}}},
                 .run = [asked](Console& console) { return list_keys(*asked, console); }};
}

Command revoke_command(const AdminChoicePtr& asked) {
  const auto label = std::make_shared<control::KeyLabel>();
  return Command{
      .name = "revoke",
      .about = {"Revoke a gateway key: its agents and sessions end now.",
                "ゲートウェイキーを失効させ、そのエージェントとセッションを終了します。"},
      .more = {"Sessions of other keys notice nothing. A revoked key does not come back.",
               "他のキーのセッションには影響しません。失効したキーは元に戻せません。"},
      .operands = {options::needed(
          label_option("LABEL", *label,
                       {"The key's label, as \"tasuki admin key list\" shows it.",
                        "キーのラベル（tasuki admin key list で確認できます）。"}))},
      .examples = {{"sudo tasuki admin key revoke k3vf6f2ab7yq5mzd",
                    {"Revokes that key.", "そのキーを失効させます。"}}},
      .run = [asked, label](Console& console) {
        const Filling named = place("label", label->text());
        if (!open_store(*asked)->revoke_key(*label, unix_now()))
          throw Trouble(Exit::failure, fill(say::no_such_key, {named}));
        const auto told =
            ask_gateway(asked->directory(), {{"op", "key_revoked"}, {"label", label->text()}});
        console.say(told ? fill(say::key_revoked, {named})
                         : fill(say::key_revoked_offline, {named}));
        return Exit::done;
      }};
}

}  // namespace

Command admin_key_command(const AdminChoicePtr& asked) {
  return Command{
      .name = "key",
      .about = {"Add, list and revoke gateway keys.", "ゲートウェイキーの追加、一覧、失効。"},
      .examples = {{"sudo tasuki admin key list",
                    {"The labels of all keys.", "すべてのキーのラベルを表示します。"}}},
      .commands = {add_command(asked), list_command_(asked), revoke_command(asked)}};
}

}  // namespace tasuki::cli
