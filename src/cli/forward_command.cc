#include "cli/catalogue.h"
#include "cli/client_side.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/outcome.h"
#include "client/forwards.h"

#include <nlohmann/json.hpp>

namespace tasuki::cli {
namespace {

using client::ForwardSpec;
using client::ForwardState;
using nlohmann::ordered_json;

struct Asked {
  GatewayChoice gateway;
  SessionChoice session;
  std::vector<ForwardSpec> forwards;
  bool json = false;
};

std::string_view name(ForwardState::Kind kind) {
  switch (kind) {
    case ForwardState::Kind::listening: return "listening";
    case ForwardState::Kind::failed: return "failed";
    case ForwardState::Kind::opened: return "opened";
    case ForwardState::Kind::closed: return "closed";
    case ForwardState::Kind::refused: return "refused";
  }
  return "";
}

std::optional<inner::ChannelError> channel_error(const std::string& named) {
  for (std::uint8_t number = 1; known(inner::ChannelError(number)); ++number)
    if (inner::name(inner::ChannelError(number)) == named) return inner::ChannelError(number);
  return std::nullopt;
}

// Says what becomes of each forward, and remembers it. Connections may outlive the
// command's own coroutine by a moment: everything here is its own or the program's.
class Reporter {
public:
  Reporter(Console& console, const Asked& asked) : console_(console), json_(asked.json) {
    for (const ForwardSpec& spec : asked.forwards) forwards_.push_back({spec});
  }

  void operator()(const ForwardState& state) {
    Forward& forward = forwards_[state.index];
    switch (state.kind) {
      case ForwardState::Kind::listening:
        forward.listening = true;
        forward.spec.bind = net::Address::parse(state.detail)
                                .value_or(forward.spec.bind);  // the port that it was given
        break;
      case ForwardState::Kind::opened:
        ++forward.open;
        ++forward.total;
        break;
      case ForwardState::Kind::closed: --forward.open; break;
      case ForwardState::Kind::failed:
      case ForwardState::Kind::refused: break;
    }
    json_ ? as_json(state, forward) : as_words(state, forward);
  }

  void operator()(const peer::LineNews& news) {
    if (!json_) return show_open();
    ordered_json event{{"event", news.lost ? "line_lost" : "line_back"}, {"way", news.way}};
    if (!news.lost) event["seconds"] = std::chrono::duration<double>(news.away).count();
    print(event);
  }

  bool any_listening() const {
    return std::any_of(forwards_.begin(), forwards_.end(),
                       [](const Forward& forward) { return forward.listening; });
  }

  nlohmann::json facts() const {
    nlohmann::json all = nlohmann::json::array();
    for (const Forward& each : forwards_)
      all.push_back({{"local", each.spec.bind.text()},
                     {"target", each.spec.target},
                     {"state", each.listening ? "listening" : "failed"},
                     {"open", each.open},
                     {"total", each.total}});
    return {{"forwards", all}};
  }

private:
  struct Forward {
    ForwardSpec spec;
    bool listening = false;
    std::uint64_t open = 0, total = 0;  // connections, now and ever
  };

  void print(const ordered_json& event) {
    console_.print(event.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n");
  }

  void as_json(const ForwardState& state, const Forward& forward) {
    ordered_json event{{"event", name(state.kind)},
                       {"forward", state.index},
                       {"local", forward.spec.bind.text()},
                       {"target", forward.spec.target}};
    if (!state.detail.empty() && state.kind != ForwardState::Kind::listening)
      event["reason"] = state.detail;
    print(event);
  }

  void as_words(const ForwardState& state, const Forward& forward) {
    const Filling local = place("local", forward.spec.bind.text());
    const Filling target = place("target", forward.spec.target);
    if (state.kind == ForwardState::Kind::listening)
      console_.say(fill(say::forward_listening, {local, target}));
    if (state.kind == ForwardState::Kind::failed)
      console_.warn(fill(say::forward_failed, {local, target, place("detail", state.detail)}));
    if (state.kind == ForwardState::Kind::refused) {
      Circumstances about = console_.about;
      about.target = forward.spec.target;
      const auto reason = channel_error(state.detail);
      console_.warn(fill(
          say::forward_refused,
          {local, target, {"why", explain(reason.value_or(inner::ChannelError::broken), about)}}));
    }
    show_open();
  }

  // On a terminal, one line that stays: which forwards are in use. Elsewhere it would be a
  // line for every page that a browser loads.
  void show_open() {
    std::string line;
    for (const Forward& each : forwards_) {
      if (each.open == 0) continue;
      line += (line.empty() ? "" : " · ") + std::to_string(each.spec.bind.port) + "→" +
              each.spec.target + " ×" + std::to_string(each.open);
    }
    console_.progress_over();
    if (!line.empty()) console_.progress({line, line});
  }

  Console& console_;
  std::vector<Forward> forwards_;
  const bool json_;
};

asio::awaitable<Exit> forward(client::ClientSession& session, Console& console,
                              std::vector<ForwardSpec> forwards,
                              std::shared_ptr<Reporter> reporter) {
  const std::function<void(const ForwardState&)> report = [reporter](const ForwardState& state) {
    (*reporter)(state);
  };
  co_await client::run_forwards(session, std::move(forwards), report);
  if (reporter->any_listening()) {
    // Nobody stopped us, and nothing broke: the other side has said goodbye.
    throw peer::SessionClosed(inner::CloseReason::done);
  }
  console.fail(fill(say::no_forward_works));
  co_return Exit::failure;
}

Exit run(const Asked& asked, Console& console) {
  if (asked.forwards.empty()) throw Trouble(Exit::usage, fill(say::no_forward_named));
  std::shared_ptr<Reporter> reporter;  // one for each attempt to open the session
  const SessionView view{.command = "forward",
                         .more = [&] { return reporter ? reporter->facts() : nlohmann::json(); },
                         .on_line =
                             [&](const peer::LineNews& news) {
                               if (reporter) (*reporter)(news);
                             },
                         .reopens = true};
  return with_session(
      console, asked.gateway, asked.session, view, [&](client::ClientSession& session) {
        console.note(fill(say::forwarding_to, {place("computer", asked.session.computer.text()),
                                               place("gateway", session.way())}));
        reporter = std::make_shared<Reporter>(console, asked);
        return forward(session, console, asked.forwards, reporter);
      });
}

std::function<std::optional<Words>(const std::string&)> spec_into(std::vector<ForwardSpec>& into,
                                                                  inner::Priority priority) {
  return [&into, priority](const std::string& typed) -> std::optional<Words> {
    auto spec = ForwardSpec::parse(typed);
    if (!spec)
      return Words{
          "it has to look like 8080:web, 2222:files.example:22 or 127.0.0.1:5901:desktop",
          "8080:web、2222:files.example:22、127.0.0.1:5901:desktop のように指定してください"};
    spec->priority = priority;
    into.push_back(*spec);
    return std::nullopt;
  };
}

Option specs(std::vector<ForwardSpec>& into) {
  Option option{
      .name = "[BIND:]PORT:TARGET",
      .value = "SPEC",
      .about = {"A local port, and where its connections come out at the computer's side: "
                "a name from the agent's [targets], or host:port that its [forward] allows. "
                "BIND is an address of this machine, 127.0.0.1 if left out. PORT 0 takes "
                "any free one.",
                "ローカルのポートと、その接続先。接続先はエージェントの [targets] にある名前、"
                "または [forward] で許可された host:port です。BIND はこのマシンのアドレス"
                "（省略時 127.0.0.1）。PORT を 0 にすると空きポートを使います。"}};
  option.many = true;
  option.take = spec_into(into, inner::Priority::interactive);
  return option;
}

Option bulk_specs(std::vector<ForwardSpec>& into) {
  Option option{
      .name = "--bulk",
      .value = "[BIND:]PORT:TARGET",
      .about = {"A forward that makes room for the others: for copies and backups beside work "
                "that should not wait for them. May be given several times.",
                "他の転送を優先する転送。作業を妨げたくないコピーやバックアップに使います。"
                "複数指定できます。"}};
  option.many = true;
  option.take = spec_into(into, inner::Priority::bulk);
  return option;
}

}  // namespace

Command forward_command() {
  const auto asked = std::make_shared<Asked>();
  return Command{
      .name = "forward",
      .about = {"Forward local TCP ports to a computer's side.",
                "ローカルの TCP ポートをコンピューター側へ転送します。"},
      .more =
          {"Several forwards stand side by side: one whose port is taken does not stop the "
           "others. They last until Ctrl-C or until the session ends.",
           "複数の転送を同時に行えます。使用中のポートがあっても他の転送は続きます。Ctrl-C を押すか"
           "セッションが終了するまで続きます。"},
      .operands = {options::needed(options::computer(
                       asked->session.computer, {"The Computer ID, as \"tasuki list\" shows it.",
                                                 "Computer ID（tasuki list で確認できます）。"})),
                   specs(asked->forwards)},
      .options = {options::profile(asked->gateway.profile), options::direct(asked->session.direct),
                  options::user(asked->session.user),
                  options::password_fd(asked->session.password_fd),
                  options::proxy(asked->gateway.proxy), bulk_specs(asked->forwards),
                  options::flag("--json", asked->json,
                                {"Print one JSON object a line for each event: listening, failed, "
                                 "opened, closed, refused, line_lost, line_back.",
                                 "イベント（listening、failed、opened、closed、refused、line_lost、"
                                 "line_back）ごとに JSON を 1 行出力します。"})},
      .examples = {{"tasuki forward pc1 5901:desktop",
                    {"The desktop of pc1 on 127.0.0.1:5901, for any viewer.",
                     "pc1 のデスクトップを 127.0.0.1:5901 で使えるようにします。"}},
                   {"tasuki forward office 8080:intranet.example:80 2222:files.example:22",
                    {"A web site and an SSH server of the office network.",
                     "社内ネットワークの Web サイトと SSH サーバーに接続します。"}}},
      .run = [asked](Console& console) { return run(*asked, console); }};
}

}  // namespace tasuki::cli
