#include "cli/catalogue.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/session_view.h"
#include "cli/times.h"
#include "client/presence.h"

#include <nlohmann/json.hpp>

namespace tasuki::cli {
namespace {

using nlohmann::json;

void show_forwards(Console& console, const json& session) {
  for (const json& each : session.value("forwards", json::array()))
    console.say(fill(
        each.value("state", "") == "listening" ? say::status_forward : say::status_forward_failed,
        {place("local", each.value("local", "")), place("target", each.value("target", "")),
         place("open", std::to_string(each.value("open", 0))),
         place("total", std::to_string(each.value("total", 0)))}));
}

void show(Console& console, const json& session) {
  const auto text = [&](const char* key) { return session.value(key, std::string()); };
  console.say(fill(
      say::status_session,
      {place("computer", text("computer")), place("user", text("user")),
       place("command", text("command")), place("pid", std::to_string(session.value("pid", 0))),
       place("since", local_time(session.value("since", std::int64_t(0))))}));
  console.say(
      fill(session.value("lost", false) ? say::status_session_lost : say::status_session_way,
           {place("way", text("way")), place("round_trip", round_trip_text(session)),
            place("resumes", std::to_string(session.value("resumes", 0))),
            place("memory", byte_text(session.value("memory", std::uint64_t(0))))}));
  show_forwards(console, session);
  show_channels(console, session);
}

Exit run(bool as_json, Console& console) {
  const std::vector<json> sessions = client::ask_everyone();
  if (as_json) {
    console.print(json{{"sessions", sessions}}.dump(2) + "\n");
    return Exit::done;
  }
  if (sessions.empty()) console.note(fill(say::status_nothing_open));
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    if (i > 0) console.print("\n");
    show(console, sessions[i]);
  }
  return Exit::done;
}

}  // namespace

Command status_command() {
  const auto as_json = std::make_shared<bool>(false);
  return Command{
      .name = "status",
      .about = {"Show your sessions: their line, channels, bytes.",
                "自分のセッション（回線、チャネル、通信量）を表示します。"},
      .more = {"Asks every \"tasuki connect\" and \"tasuki forward\" that you run on this machine. "
               "MAY SEND and MAY RECEIVE are what each side still has room for; WAITING is what "
               "waits for its turn.",
               "このマシンで実行中の tasuki connect と tasuki forward に問い合わせます。送信可能・"
               "受信可能は相手側・自分側の空き容量、待ちは送信の順番を待っている量です。"},
      .options = {options::json(*as_json)},
      .examples = {{"tasuki status",
                    {"All that you have open.", "開いているものをすべて表示します。"}}},
      .run = [as_json](Console& console) { return run(*as_json, console); }};
}

}  // namespace tasuki::cli
