#include "cli/program.h"

#include "cli/catalogue.h"
#include "cli/help.h"
#include "cli/outcome.h"
#include "cli/parse.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace tasuki::cli {
namespace {

// "tasuki help connect" is "tasuki connect --help".
std::vector<std::string> without_help_word(std::vector<std::string> words) {
  if (words.empty() || words.front() != "help") return words;
  words.erase(words.begin());
  words.push_back("--help");
  return words;
}

Exit obey(const Command& program, const std::vector<std::string>& words, Console& console) {
  const Parsed parsed = parse(program, without_help_word(words));
  if (parsed.wants_version) {
    console.print("tasuki " TASUKI_VERSION "\n");
    return Exit::done;
  }
  const std::string explained = help(parsed.path, console.language(), console.terminals().columns);
  if (parsed.wants_help) {
    console.print(explained);
    return Exit::done;
  }
  if (parsed.command().run) return parsed.command().run(console);
  // Half a command: say what could follow.
  console.note({brief_help(parsed.path, Language::english, console.terminals().columns),
                brief_help(parsed.path, Language::japanese, console.terminals().columns)});
  return Exit::usage;
}

}  // namespace

Command program() {
  return Command{
      .name = "tasuki",
      .about = {"Reach a computer from anywhere, through a relay that cannot read what it carries.",
                "内容を読めない中継点を通じて、どこからでもコンピューターに接続します。"},
      .more =
          {"Three parts: a gateway that everybody dials (tasuki gateway), an agent on each "
           "computer that is to be reached (tasuki agent), and you (tasuki connect).",
           "全員が接続するゲートウェイ（tasuki gateway）、接続されるコンピューターのエージェント"
           "（tasuki agent）、そして利用者（tasuki connect）の三者で構成されます。"},
      .examples = {{"tasuki profile add office.tasuki",
                    {"Once: import what the gateway's administrator gave you.",
                     "最初に一度だけ、管理者から渡されたプロファイルを取り込みます。"}},
                   {"tasuki list",
                    {"Which computers are there?", "接続できるコンピューターを確認します。"}},
                   {"tasuki connect pc1",
                    {"Open the desktop of pc1.", "pc1 のデスクトップを開きます。"}}},
      .commands = {connect_command(), forward_command(), list_command(), status_command(),
                   profile_command(), pin_command(), agent_command(), gateway_command(),
                   admin_command(), check_command(), docs_command()}};
}

Exit run(const std::vector<std::string>& words, Console& console) {
  const Command program = cli::program();
  try {
    return obey(program, words, console);
  } catch (...) {
    console.progress_over();
    const Outcome outcome = explain(std::current_exception(), console.about);
    if (!outcome.words.en.empty()) console.fail(outcome.words);
    return outcome.exit;
  }
}

void prepare_process() {
  ::umask(077);
  // What is in our memory is nobody's business: no core dumps, no other process of this
  // user that looks into it.
  ::prctl(PR_SET_DUMPABLE, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, nullptr);
}

}  // namespace tasuki::cli
