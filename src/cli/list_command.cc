#include "cli/catalogue.h"
#include "cli/client_side.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/times.h"

#include <nlohmann/json.hpp>

namespace tasuki::cli {
namespace {

using control::ListedAgent;
using nlohmann::ordered_json;

struct Asked {
  GatewayChoice gateway;
  bool json = false;
};

void as_json(Console& console, const std::vector<ListedAgent>& agents) {
  ordered_json list = ordered_json::array();
  for (const ListedAgent& each : agents)
    list.push_back({{"id", each.computer.value},
                    {"agent", crypto::AgentId(each.agent).text()},
                    {"since", each.since},
                    {"sessions", each.sessions}});
  console.print(ordered_json{{"agents", list}}.dump(2) + "\n");
}

void as_table(Console& console, const std::vector<ListedAgent>& agents) {
  if (agents.empty()) return console.note(fill(say::no_agents));
  Table table({{"COMPUTER", "コンピューター"},
               {"CONNECTED SINCE", "接続開始"},
               {"SESSIONS", "セッション"},
               {"AGENT ID", "AgentID"}});
  for (const ListedAgent& each : agents)
    table.add({each.computer.value, local_time(std::int64_t(each.since)),
               std::to_string(each.sessions), crypto::AgentId(each.agent).text()});
  console.show(table);
}

asio::awaitable<Exit> list(std::shared_ptr<const peer::Door> door, Console& console,
                           std::shared_ptr<Progress> progress, bool json) {
  progress->step(fill(say::step_gateway));
  std::vector<ListedAgent> agents = co_await client::list_agents(*door);
  progress->over();
  json ? as_json(console, agents) : as_table(console, agents);
  co_return Exit::done;
}

Exit run(const Asked& asked, Console& console) {
  const client::ClientConfig config = read_home_config(console, client::home_directory());
  return with_gateway(console, asked.gateway, config,
                      [&](asio::io_context& loop, std::shared_ptr<const peer::Door> door) {
                        return list(door, console, std::make_shared<Progress>(loop, console),
                                    asked.json);
                      });
}

}  // namespace

Command list_command() {
  const auto asked = std::make_shared<Asked>();
  return Command{
      .name = "list",
      .about = {"List the computers that can be reached now.",
                "今接続できるコンピューターを一覧します。"},
      .more =
          {"Shows those that are connected with the same gateway key as the profile's. The "
           "AgentID is what the gateway says; who a computer really is, is checked when you "
           "connect.",
           "プロファイルと同じゲートウェイキーで接続中のものを表示します。AgentID はゲートウェイの"
           "申告です。本当の相手かどうかは接続時に確認されます。"},
      .options = {options::profile(asked->gateway.profile), options::proxy(asked->gateway.proxy),
                  options::json(asked->json)},
      .examples = {{"tasuki list",
                    {"All that can be reached.", "接続できるものをすべて表示します。"}},
                   {"tasuki list --profile sales --json",
                    {"Those of another profile, for a program.",
                     "別のプロファイルの一覧を JSON で出力します。"}}},
      .run = [asked](Console& console) { return run(*asked, console); }};
}

}  // namespace tasuki::cli
