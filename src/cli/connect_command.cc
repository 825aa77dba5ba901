#include "cli/catalogue.h"
#include "cli/client_side.h"
#include "cli/command.h"
#include "cli/options.h"
#include "client/desktop.h"

namespace tasuki::cli {
namespace {

struct Asked {
  GatewayChoice gateway;
  SessionChoice session;
  std::string target = "desktop";
  std::string viewer;
  std::vector<std::string> viewer_arguments;
};

asio::awaitable<Exit> show(client::ClientSession& session, Console& console,
                           client::Viewers viewers, client::DesktopRequest request) {
  const int status = co_await client::show_desktop(session, viewers, std::move(request));
  if (status == 0) co_return Exit::done;
  console.fail(fill(say::viewer_failed, {place("status", std::to_string(status))}));
  co_return Exit::viewer;
}

Exit run(const Asked& asked, Console& console) {
  console.about.target = asked.target;
  const client::Viewers viewers = read_home_config(console, client::home_directory()).viewer;
  return with_session(
      console, asked.gateway, asked.session, {"connect", {}, {}, false},
      [&](client::ClientSession& session) {
        client::DesktopRequest request;
        request.target = asked.target;
        request.viewer = asked.viewer;
        request.arguments = asked.viewer_arguments;
        request.started = [&](const std::string&) {
          console.note(fill(say::viewer_started, {place("computer", asked.session.computer.text()),
                                                  place("gateway", session.way())}));
        };
        return show(session, console, viewers, std::move(request));
      });
}

}  // namespace

Command connect_command() {
  const auto asked = std::make_shared<Asked>();
  Command command{
      .name = "connect",
      .about = {"Open a computer's desktop.", "コンピューターのデスクトップを開きます。"},
      .more =
          {"Asks for the access password, then opens the desktop in the viewer that is found on "
           "this machine (xtigervncviewer, xfreerdp, remmina). Nobody on the way, the gateway "
           "included, can see what is shown or typed. Closing the viewer ends the session.",
           "アクセスパスワードを尋ね、このマシンにあるビューアー（xtigervncviewer、xfreerdp、"
           "remmina）でデスクトップを開きます。表示や入力の内容は、ゲートウェイを含む途中の誰にも"
           "見えません。ビューアーを閉じるとセッションは終了します。"},
      .operands = {options::needed(options::computer(
          asked->session.computer, {"The Computer ID, as \"tasuki list\" shows it.",
                                    "Computer ID（tasuki list で確認できます）。"}))},
      .options = {options::profile(asked->gateway.profile),
                  options::text(
                      "--viewer", "PROGRAM", asked->viewer,
                      {"The viewer to use instead of the one that is found. {host} and "
                       "{port} in its arguments stand for where the desktop is.",
                       "自動で見つかるものの代わりに使うビューアー。引数の {host} と {port} "
                       "は接続先に置き換えられます。"}),
                  options::text("--target", "NAME", asked->target,
                                {"Which of the computer's targets to open. Default: desktop.",
                                 "開くターゲットの名前。既定値: desktop"}),
                  options::direct(asked->session.direct), options::user(asked->session.user),
                  options::password_fd(asked->session.password_fd),
                  options::proxy(asked->gateway.proxy)},
      .examples = {{"tasuki connect pc1",
                    {"Opens the desktop of pc1.", "pc1 のデスクトップを開きます。"}},
                   {"tasuki connect pc1 --viewer xfreerdp -- /f",
                    {"Opens it with xfreerdp, full screen.", "xfreerdp で全画面表示します。"}},
                   {"tasuki connect pc1 --password-fd 3 3< password.txt",
                    {"Takes the password from a file; for scripts.",
                     "パスワードをファイルから読みます（スクリプト用）。"}}},
      .run = [asked](Console& console) { return run(*asked, console); },
      .rest = "VIEWER ARGUMENTS",
      .take_rest =
          [asked](std::vector<std::string> rest) { asked->viewer_arguments = std::move(rest); }};
  return command;
}

}  // namespace tasuki::cli
