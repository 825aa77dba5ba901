// tasuki pin list, accept, remove.
#include "cli/catalogue.h"
#include "cli/client_side.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/times.h"
#include "client/profiles.h"

#include <nlohmann/json.hpp>

namespace tasuki::cli {
namespace {

using client::Pin;
using client::Pins;
using nlohmann::ordered_json;

struct Asked {
  control::ComputerId computer;
  crypto::AgentId agent;
  std::string profile;
};

// The names under which profiles of a pin's realm and key are kept.
std::string profile_of(const Pin& pin, const std::vector<client::Profiles::Item>& items) {
  for (const auto& item : items) {
    const auto* const profile = std::get_if<config::Profile>(&item.content);
    if (profile && profile->realm == pin.realm && profile->key_label.text() == pin.key_label)
      return item.name;
  }
  return {};
}

Exit list(bool json, Console& console) {
  const auto home = client::home_directory();
  const auto profiles = client::Profiles(home).list();
  const auto pins = Pins(home).all();
  Table table({{"COMPUTER", "コンピューター"},
               {"PROFILE", "プロファイル"},
               {"SINCE", "記録日時"},
               {"AGENT ID", "AgentID"}});
  ordered_json array = ordered_json::array();
  for (const Pin& pin : pins) {
    const std::string profile = profile_of(pin, profiles);
    array.push_back({{"id", pin.computer.text()},
                     {"agent", pin.agent.text()},
                     {"realm", pin.realm},
                     {"key", pin.key_label},
                     {"profile", profile},
                     {"since", pin.since}});
    table.add({pin.computer.text(), profile.empty() ? "(" + pin.realm + ")" : profile,
               local_time(pin.since), pin.agent.text()});
  }
  if (json)
    console.print(ordered_json{{"pins", array}}.dump(2) + "\n");
  else if (pins.empty())
    console.note(fill(say::no_pins));
  else
    console.show(table);
  return Exit::done;
}

Exit accept(const Asked& asked, Console& console) {
  const auto home = client::home_directory();
  const client::ClientConfig config = read_home_config(console, home);
  const config::Profile profile = client::Profiles(home).find(asked.profile, config.profile);
  Pins(home).set(
      {profile.realm, profile.key_label.text(), asked.computer, asked.agent, unix_now()});
  console.say(fill(say::pin_accepted,
                   {place("computer", asked.computer.text()), place("agent", asked.agent.text())}));
  return Exit::done;
}

Exit remove(const Asked& asked, Console& console) {
  const auto home = client::home_directory();
  const Filling computer = place("computer", asked.computer.text());
  Pins pins(home);
  std::vector<Pin> found;
  for (const Pin& pin : pins.all())
    if (pin.computer == asked.computer) found.push_back(pin);
  if (!asked.profile.empty()) {
    const config::Profile profile = client::Profiles(home).find(asked.profile);
    std::erase_if(found, [&](const Pin& pin) {
      return pin.realm != profile.realm || pin.key_label != profile.key_label.text();
    });
  }
  if (found.empty()) throw Trouble(Exit::configuration, fill(say::no_such_pin, {computer}));
  if (found.size() > 1) throw Trouble(Exit::usage, fill(say::several_pins, {computer}));
  pins.remove(found.front().realm, found.front().key_label, asked.computer);
  console.say(fill(say::pin_removed, {computer}));
  return Exit::done;
}

Option computer(control::ComputerId& into) {
  return options::needed(options::computer(into, {"The Computer ID.", "Computer ID。"}));
}

Command list_command_() {
  const auto json = std::make_shared<bool>(false);
  return Command{.name = "list",
                 .about = {"List the kept identities.", "記録済みの識別子を一覧します。"},
                 .options = {options::json(*json)},
                 .examples = {{"tasuki pin list",
                               {"Which computer is known as what.",
                                "コンピューターと識別子の対応を表示します。"}}},
                 .run = [json](Console& console) { return list(*json, console); }};
}

Command accept_command() {
  const auto asked = std::make_shared<Asked>();
  return Command{
      .name = "accept",
      .about = {"Accept a computer's identity by your own word.",
                "コンピューターの識別子を自分の判断で受け入れます。"},
      .more = {"Only after the person in charge of that computer has confirmed the AgentID, as "
               "\"tasuki "
               "agent status\" shows it there.",
               "そのコンピューターの管理者が tasuki agent status で AgentID を確認した後に限り、"
               "実行してください。"},
      .operands =
          {computer(asked->computer),
           options::needed(options::parsed(
               "AGENTID", "AGENTID", asked->agent, crypto::AgentId::parse,
               {"that is not a whole AgentID; copy all 54 characters, with or without dashes",
                "AgentID が正しくありません。54 "
                "文字すべて（ハイフンの有無は自由）を写してください"},
               {"Its AgentID.", "その AgentID。"}))},
      .options = {options::profile(asked->profile)},
      .examples = {{"tasuki pin accept pc1 k3vf-6f2a-… --profile office",
                    {"pc1 was set up anew, and its administrator has confirmed the AgentID.",
                     "pc1 が設定し直され、管理者が AgentID を確認した場合に実行します。"}}},
      .run = [asked](Console& console) { return accept(*asked, console); }};
}

Command remove_command() {
  const auto asked = std::make_shared<Asked>();
  return Command{
      .name = "remove",
      .about = {"Forget a computer's identity.", "コンピューターの識別子を消去します。"},
      .more = {"The next connection counts as the first: the password proves who answers.",
               "次の接続が最初の接続として扱われ、パスワードで相手を確認します。"},
      .operands = {computer(asked->computer)},
      .options = {options::profile(asked->profile)},
      .examples = {{"tasuki pin remove pc1",
                    {"Forgets who pc1 was.", "pc1 の識別子を消去します。"}}},
      .run = [asked](Console& console) { return remove(*asked, console); }};
}

}  // namespace

Command pin_command() {
  return Command{
      .name = "pin",
      .about = {"See and change which computer is known as what.",
                "コンピューターの識別子の記録を管理します。"},
      .more =
          {"The first connection to a computer keeps its identity. If another one answers later, "
           "the connection is refused.",
           "最初の接続時に相手の識別子を記録し、後で別の相手が応答した場合は接続を拒否します。"},
      .examples = {{"tasuki pin list", {"What is kept.", "記録を一覧します。"}}},
      .commands = {list_command_(), accept_command(), remove_command()}};
}

}  // namespace tasuki::cli
