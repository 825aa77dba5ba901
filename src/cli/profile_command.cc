// tasuki profile add, list, remove.
#include "cli/catalogue.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/options.h"
#include "cli/profile_source.h"
#include "client/config.h"
#include "client/profiles.h"

#include <nlohmann/json.hpp>

namespace tasuki::cli {
namespace {

using client::Profiles;
using nlohmann::ordered_json;

std::string gateways_of(const config::Profile& profile) {
  std::string text;
  for (const net::Address& each : profile.gateways)
    text += (text.empty() ? "" : ", ") + each.text();
  return text;
}

struct Addition {
  std::string source, name;
};

Exit add(const Addition& asked, Console& console) {
  Profiles profiles(client::home_directory());
  const Profiles::Added added = profiles.add(profile_source(asked.source), asked.name);
  const config::Profile profile = profiles.find(added.name);
  const auto fill_in = [&](const Message& message) {
    return fill(message, {place("name", added.name), place("realm", profile.realm),
                          place("gateways", gateways_of(profile))});
  };
  console.say(added.replaced ? fill_in(say::profile_replaced) : fill_in(say::profile_added));
  console.note(fill(say::next_step, {place("command", "tasuki list")}));
  return Exit::done;
}

Command add_command() {
  const auto asked = std::make_shared<Addition>();
  Option source = options::text(
      "FILE|LINK", "FILE", asked->source,
      {"The profile: a file, or its link; - reads either from standard input. (A link on the "
       "command "
       "line can be seen by others on this machine.)",
       "プロファイル（ファイルまたはリンク。- は標準入力）。コマンドラインに書いたリンクは、この"
       "マシンの他の利用者から見えることがあります。"});
  source.offers = Offers::files;
  return Command{
      .name = "add",
      .about = {"Import a profile.", "プロファイルを取り込みます。"},
      .more = {"A profile of a realm that is known already must come from the same root, or it is "
               "refused: it may come from somebody else.",
               "既知のレルムのプロファイルは、同じルートのものでなければ拒否します（別人のものかも"
               "しれないためです）。"},
      .operands = {options::needed(std::move(source))},
      .options = {options::text(
          "--name", "NAME", asked->name,
          {"What to call it here. Default: the realm's name.", "ここでの名前。既定値: レルム名"})},
      .examples = {{"tasuki profile add office.tasuki",
                    {"From a file.", "ファイルから取り込みます。"}},
                   {"tasuki profile add - --name work",
                    {"Pastes a link, then Ctrl-D; it is called \"work\".",
                     "リンクを貼り付けて Ctrl-D を押し、「work」という名前で取り込みます。"}}},
      .run = [asked](Console& console) { return add(*asked, console); }};
}

Exit list(bool json, Console& console) {
  const auto items = Profiles(client::home_directory()).list();
  Table table(
      {{"NAME", "名前"}, {"REALM", "レルム"}, {"GATEWAYS", "ゲートウェイ"}, {"KEY", "キー"}});
  ordered_json array = ordered_json::array();
  for (const Profiles::Item& item : items) {
    if (const auto* const profile = std::get_if<config::Profile>(&item.content)) {
      ordered_json gateways = ordered_json::array();
      for (const net::Address& each : profile->gateways) gateways.push_back(each.text());
      array.push_back({{"name", item.name},
                       {"realm", profile->realm},
                       {"key", profile->key_label.text()},
                       {"gateways", gateways}});
      table.add({item.name, profile->realm, gateways_of(*profile), profile->key_label.text()});
      continue;
    }
    const Words why = config::describe(std::get<config::BadProfile>(item.content));
    array.push_back({{"name", item.name}, {"error", why.en}});
    table.add({item.name, fill(say::profile_damaged, {{"why", why}}).in(console.language())});
  }
  if (json)
    console.print(ordered_json{{"profiles", array}}.dump(2) + "\n");
  else if (table.empty())
    console.note(fill(say::no_profiles));
  else
    console.show(table);
  return Exit::done;
}

Command list_command_() {
  const auto json = std::make_shared<bool>(false);
  return Command{
      .name = "list",
      .about = {"List the profiles.", "プロファイルを一覧します。"},
      .options = {options::json(*json)},
      .examples = {{"tasuki profile list",
                    {"Names, realms and gateways.", "名前、レルム、ゲートウェイを表示します。"}}},
      .run = [json](Console& console) { return list(*json, console); }};
}

Command remove_command() {
  const auto name = std::make_shared<std::string>();
  Option operand = options::text("NAME", "NAME", *name,
                                 {"The profile's name, as \"tasuki profile list\" shows it.",
                                  "プロファイルの名前（tasuki profile list で確認できます）。"});
  operand.offers = Offers::profiles;
  return Command{
      .name = "remove",
      .about = {"Remove a profile.", "プロファイルを削除します。"},
      .more = {"The kept identities of its computers stay.",
               "記録済みのコンピューターの識別子は残ります。"},
      .operands = {options::needed(std::move(operand))},
      .examples = {{"tasuki profile remove work",
                    {"Forgets the profile \"work\".", "プロファイル「work」を削除します。"}}},
      .run = [name](Console& console) {
        Profiles(client::home_directory()).remove(*name);
        console.say(fill(say::profile_removed, {place("name", *name)}));
        return Exit::done;
      }};
}

}  // namespace

Command profile_command() {
  return Command{
      .name = "profile",
      .about = {"Import and list profiles, which say how to enter a gateway.",
                "ゲートウェイへの接続方法を記したプロファイルを管理します。"},
      .more =
          {"A profile is a small file, or the same as a link, from the gateway's administrator. "
           "It is a secret: it admits whoever has it.",
           "プロファイルはゲートウェイの管理者から渡される小さなファイル（または同じ内容のリンク）"
           "です。持つ人は誰でも参加できるので、秘密にしてください。"},
      .examples = {{"tasuki profile add office.tasuki",
                    {"Imports a profile.", "プロファイルを取り込みます。"}}},
      .commands = {add_command(), list_command_(), remove_command()}};
}

}  // namespace tasuki::cli
