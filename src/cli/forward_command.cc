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

// Says what becomes of each forward. Connections may outlive the command's own
// coroutine by a moment: everything here is its own or the program's.
class Reporter {
public:
  Reporter(Console& console, const Asked& asked)
      : console_(console), forwards_(asked.forwards), json_(asked.json) {}

  void operator()(const ForwardState& state) {
    if (state.kind == ForwardState::Kind::listening) {
      ++listening_;
      forwards_[state.index].bind =
          net::Address::parse(state.detail)
              .value_or(forwards_[state.index].bind);  // the port that it was given
    }
    json_ ? as_json(state) : as_words(state);
  }
  bool any_listening() const { return listening_ > 0; }

private:
  void as_json(const ForwardState& state) {
    const ForwardSpec& forward = forwards_[state.index];
    ordered_json event{{"event", name(state.kind)},
                       {"forward", state.index},
                       {"local", forward.bind.text()},
                       {"target", forward.target}};
    if (!state.detail.empty() && state.kind != ForwardState::Kind::listening)
      event["reason"] = state.detail;
    console_.print(event.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n");
  }

  void as_words(const ForwardState& state) {
    const ForwardSpec& forward = forwards_[state.index];
    const Filling local = place("local", forward.bind.text());
    const Filling target = place("target", forward.target);
    switch (state.kind) {
      case ForwardState::Kind::listening:
        return console_.say(fill(say::forward_listening, {local, target}));
      case ForwardState::Kind::failed:
        return console_.warn(
            fill(say::forward_failed, {local, target, place("detail", state.detail)}));
      case ForwardState::Kind::refused: {
        Circumstances about = console_.about;
        about.target = forward.target;
        const auto reason = channel_error(state.detail);
        return console_.warn(
            fill(say::forward_refused,
                 {local,
                  target,
                  {"why", explain(reason.value_or(inner::ChannelError::broken), about)}}));
      }
      case ForwardState::Kind::opened:
      case ForwardState::Kind::closed: break;  // too many to tell each
    }
  }

  Console& console_;
  std::vector<ForwardSpec> forwards_;
  const bool json_;
  std::size_t listening_ = 0;
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
  return with_session(console, asked.gateway, asked.session, [&](client::ClientSession& session) {
    console.note(fill(say::forwarding_to, {place("computer", asked.session.computer.text()),
                                           place("gateway", session.way())}));
    return forward(session, console, asked.forwards, std::make_shared<Reporter>(console, asked));
  });
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
  option.needed = option.many = true;
  option.take = [&into](const std::string& typed) -> std::optional<Words> {
    const auto spec = ForwardSpec::parse(typed);
    if (!spec)
      return Words{
          "it has to look like 8080:web, 2222:files.example:22 or 127.0.0.1:5901:desktop",
          "8080:web、2222:files.example:22、127.0.0.1:5901:desktop のように指定してください"};
    into.push_back(*spec);
    return std::nullopt;
  };
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
      .options = {options::profile(asked->gateway.profile), options::user(asked->session.user),
                  options::password_fd(asked->session.password_fd),
                  options::proxy(asked->gateway.proxy),
                  options::flag(
                      "--json", asked->json,
                      {"Print one JSON object a line for each event: listening, failed, "
                       "opened, closed, refused.",
                       "イベント（listening、failed、opened、closed、refused）ごとに JSON を "
                       "1 行出力します。"})},
      .examples = {{"tasuki forward pc1 5901:desktop",
                    {"The desktop of pc1 on 127.0.0.1:5901, for any viewer.",
                     "pc1 のデスクトップを 127.0.0.1:5901 で使えるようにします。"}},
                   {"tasuki forward office 8080:intranet.example:80 2222:files.example:22",
                    {"A web site and an SSH server of the office network.",
                     "社内ネットワークの Web サイトと SSH サーバーに接続します。"}}},
      .run = [asked](Console& console) { return run(*asked, console); }};
}

}  // namespace tasuki::cli
