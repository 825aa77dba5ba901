// tasuki admin: on the gateway's machine, while it runs or not.
#include "cli/admin.h"
#include "cli/catalogue.h"
#include "cli/console.h"
#include "cli/options.h"
#include "cli/states.h"
#include "cli/times.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace tasuki::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json ask_running(const AdminChoice& asked, const json& request) {
  const fs::path state = asked.directory();
  require_gateway(state);
  const auto answer = ask_gateway(state, request);
  if (!answer)
    throw Trouble(Exit::failure, fill(say::no_gateway_runs, {place("state", state.string())}));
  return *answer;
}

// ── agents, pairs, end ──────────────────────────────────────────────────────

Exit show(const AdminChoice& asked, Console& console, const char* what, Table table,
          const std::function<std::vector<std::string>(const json&)>& row, const Message& none) {
  const json answer = ask_running(asked, {{"op", what}});
  if (asked.json) {
    console.print(answer.dump(2) + "\n");
    return Exit::done;
  }
  for (const json& each : answer.value(what, json::array())) table.add(row(each));
  if (table.empty())
    console.note(fill(none));
  else
    console.show(table);
  return Exit::done;
}

std::string text(const json& object, const char* key) {
  return object.value(key, std::string());
}
std::string since(const json& object) {
  return local_time(object.value("since", std::int64_t(0)));
}

// "1.5 MiB": three digits are enough for a person.
std::string amount(std::uint64_t bytes) {
  const char* const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = double(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(units)) value /= 1024, ++unit;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 || value >= 100 ? "%.0f %s" : "%.1f %s", value,
                units[unit]);
  return text;
}

Command agents_command(const AdminChoicePtr& asked) {
  return Command{
      .name = "agents",
      .about = {"List the agents that are connected.", "接続中のエージェントを一覧します。"},
      .options = {options::json(asked->json)},
      .examples = {{"sudo tasuki admin agents",
                    {"Those of all gateway keys.",
                     "すべてのゲートウェイキーについて表示します。"}}},
      .run = [asked](Console& console) {
        return show(
            *asked, console, "agents",
            Table({{"COMPUTER", "コンピューター"},
                   {"KEY", "キー"},
                   {"ADDRESS", "アドレス"},
                   {"SINCE", "接続開始"},
                   {"SESSIONS", "セッション"},
                   {"SOFTWARE", "ソフトウェア"}}),
            [](const json& each) -> std::vector<std::string> {
              return {text(each, "id"),
                      text(each, "key"),
                      text(each, "source"),
                      since(each),
                      std::to_string(each.value("sessions", 0)),
                      text(each, "software")};
            },
            say::no_agents_connected);
      }};
}

Command pairs_command(const AdminChoicePtr& asked) {
  return Command{.name = "pairs",
                 .about = {"List who is connected with whom.", "誰と誰が接続中かを一覧します。"},
                 .options = {options::json(asked->json)},
                 .examples = {{"sudo tasuki admin pairs --json",
                               {"For a program.", "プログラム向けに出力します。"}}},
                 .run = [asked](Console& console) {
                   return show(
                       *asked, console, "pairs",
                       Table({{"PAIR", "ペア"},
                              {"COMPUTER", "コンピューター"},
                              {"KEY", "キー"},
                              {"CLIENT", "接続元"},
                              {"AGENT", "エージェント"},
                              {"SINCE", "開始"},
                              {"UP", "上り"},
                              {"DOWN", "下り"}}),
                       [](const json& each) -> std::vector<std::string> {
                         return {std::to_string(each.value("pair", 0)),
                                 text(each, "id"),
                                 text(each, "key"),
                                 text(each, "client"),
                                 text(each, "agent"),
                                 since(each),
                                 amount(each.value("bytes_up", std::uint64_t(0))),
                                 amount(each.value("bytes_down", std::uint64_t(0)))};
                       },
                       say::no_pairs);
                 }};
}

std::optional<std::uint64_t> parse_number(const std::string& typed) {
  std::uint64_t number = 0;
  const char* const end = typed.data() + typed.size();
  const auto [stop, error] = std::from_chars(typed.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

Command end_command(const AdminChoicePtr& asked) {
  const auto pair = std::make_shared<std::uint64_t>(0);
  return Command{
      .name = "end",
      .about = {"End a pair: one session, now.", "ペア（一つのセッション）を今すぐ終了します。"},
      .operands = {options::needed(
          options::parsed("PAIR", "PAIR", *pair, parse_number,
                          {"it has to be a pair's number, as \"tasuki admin pairs\" shows it",
                           "tasuki admin pairs で表示される番号にしてください"},
                          {"The pair's number, as \"tasuki admin pairs\" shows it.",
                           "ペアの番号（tasuki admin pairs で確認できます）。"}))},
      .examples = {{"sudo tasuki admin end 3", {"Ends pair 3.", "ペア 3 を終了します。"}}},
      .run = [asked, pair](Console& console) {
        const Filling number = place("pair", std::to_string(*pair));
        const json answer = ask_running(*asked, {{"op", "end_pair"}, {"pair", *pair}});
        if (!answer.value("done", false))
          throw Trouble(Exit::failure, fill(say::no_such_pair, {number}));
        console.say(fill(say::pair_ended, {number}));
        return Exit::done;
      }};
}

// ── drain ───────────────────────────────────────────────────────────────────

struct Drainage {
  unsigned limit = 300;  // seconds
  bool stop = false;
};

Exit drain(const AdminChoice& asked, const Drainage& how, Console& console) {
  const json request =
      how.stop ? json{{"op", "stop_draining"}} : json{{"op", "drain"}, {"limit", how.limit}};
  const json now = ask_running(asked, request);
  if (asked.json) {
    console.print(now.dump(2) + "\n");
    return Exit::done;
  }
  const Filling agents = place("agents", std::to_string(now.value("agents", 0)));
  const Filling pairs = place("pairs", std::to_string(now.value("pairs", 0)));
  if (now.value("draining", false))
    console.say(fill(say::gateway_drains,
                     {agents, pairs, place("seconds", std::to_string(now.value("left", 0)))}));
  else
    console.say(fill(say::gateway_stays, {agents, pairs}));
  return Exit::done;
}

Command drain_command(const AdminChoicePtr& asked) {
  const auto how = std::make_shared<Drainage>();
  return Command{
      .name = "drain",
      .about = {"Let the gateway go without losing anybody.",
                "接続中のものを失わずにゲートウェイを終了させます。"},
      .more =
          {"Its agents are told to register at another gateway of their profile, and take their "
           "sessions along. Who is still here is served; new registrations are not taken. The "
           "gateway ends when nobody is left, or at the limit. Say it again to see how many are "
           "left.",
           "エージェントにプロファイル内の別のゲートウェイへの登録を指示し、セッションも一緒に"
           "移します。残っているものには応じ続けますが、新しい登録は受け付けません。誰もいなくなる"
           "か"
           "制限時間に達すると、ゲートウェイは終了します。もう一度実行すると残りの数が分かります"
           "。"},
      .options = {options::limit("--limit", how->limit,
                                 {"End after so many seconds, whoever is left. Default: 300.",
                                  "この秒数が過ぎたら残りがあっても終了します。既定値: 300"}),
                  options::flag("--stop", how->stop,
                                {"Do not go after all.", "終了を取りやめます。"}),
                  options::json(asked->json)},
      .examples = {{"sudo tasuki admin drain", {"Within five minutes.", "5 分以内に終了します。"}},
                   {"sudo tasuki admin drain --limit 3600",
                    {"Sessions whose client cannot move have an hour.",
                     "移動できないセッションを 1 時間待ちます。"}}},
      .run = [asked, how](Console& console) { return drain(*asked, *how, console); }};
}

// ── release ─────────────────────────────────────────────────────────────────

struct Release {
  control::ComputerId computer;
  control::KeyLabel label;  // empty: the only one that has it
};

control::KeyLabel holder(store::Store& store, const Release& asked) {
  const Filling computer = place("computer", asked.computer.text());
  std::vector<control::KeyLabel> labels;
  for (const store::Claim& claim : store.claims())
    if (claim.id == asked.computer && (asked.label.text().empty() || claim.label == asked.label))
      labels.push_back(claim.label);
  if (labels.empty()) throw Trouble(Exit::failure, fill(say::no_such_claim, {computer}));
  if (labels.size() == 1) return labels.front();
  std::string all;
  for (const control::KeyLabel& each : labels) all += (all.empty() ? "" : ", ") + each.text();
  throw Trouble(Exit::usage, fill(say::several_claims, {computer, place("labels", all)}));
}

Command release_command(const AdminChoicePtr& asked) {
  const auto what = std::make_shared<Release>();
  return Command{
      .name = "release",
      .about = {"Free a Computer ID, so that another computer may have it.",
                "Computer ID を解放し、別のコンピューターが使えるようにします。"},
      .more =
          {"A Computer ID belongs to the computer that registered it first. Release it when that "
           "computer was replaced or set up anew.",
           "Computer ID は最初に登録したコンピューターのものです。コンピューターを交換・再設定した"
           "ときに解放してください。"},
      .operands = {options::needed(
          options::computer(what->computer, {"The Computer ID.", "Computer ID。"}))},
      .options = {label_option("--label", what->label,
                               {"The gateway key under which it is held. Needed only when several "
                                "have it.",
                                "対象のゲートウェイキー。複数ある場合だけ必要です。"})},
      .examples = {{"sudo tasuki admin release pc1",
                    {"pc1 may be registered anew.", "pc1 を再登録できるようにします。"}}},
      .run = [asked, what](Console& console) {
        const auto store = open_store(*asked);
        const control::KeyLabel label = holder(*store, *what);
        store->release(label, what->computer);
        ask_gateway(
            asked->directory(),
            {{"op", "released"}, {"label", label.text()}, {"computer", what->computer.text()}});
        console.say(fill(say::released, {place("computer", what->computer.text())}));
        return Exit::done;
      }};
}

}  // namespace

fs::path AdminChoice::directory() const {
  return state.empty() ? default_gateway_state() : fs::absolute(state);
}

std::unique_ptr<store::Store> open_store(const AdminChoice& asked) {
  require_gateway(asked.directory());
  return store::open_sqlite(asked.directory() / "store.db");
}

Option label_option(std::string name, control::KeyLabel& into, Words about) {
  Option option =
      options::parsed(std::move(name), "LABEL", into, control::KeyLabel::parse,
                      {"it has to be a key's label, as \"tasuki admin key list\" shows it",
                       "tasuki admin key list で表示されるラベルにしてください"},
                      std::move(about));
  option.offers = Offers::labels;
  return option;
}

Command admin_command() {
  const auto asked = std::make_shared<AdminChoice>();
  return Command{
      .name = "admin",
      .about = {"Look after a gateway, on its own machine.",
                "ゲートウェイを、そのマシン上で管理します。"},
      .more =
          {"For the gateway's user and root. Keys may be added and revoked while connections live.",
           "ゲートウェイの実行ユーザーと root が使えます。接続中でもキーの追加・失効ができます。"},
      .options = {options::directory(
          "--state", asked->state,
          {"The gateway's directory. Default: /var/lib/tasuki/gateway for "
           "root, else $XDG_STATE_HOME/tasuki/gateway.",
           "ゲートウェイのディレクトリ。既定値: root は "
           "/var/lib/tasuki/gateway、他は $XDG_STATE_HOME/tasuki/gateway"})},
      .examples = {{"sudo tasuki admin agents", {"Who is there.", "接続中のものを確認します。"}},
                   {"sudo tasuki admin key add --name sales",
                    {"A key for another department.", "別の部署用のキーを追加します。"}}},
      .commands = {agents_command(asked), pairs_command(asked), end_command(asked),
                   drain_command(asked), release_command(asked), admin_key_command(asked)}};
}

}  // namespace tasuki::cli
