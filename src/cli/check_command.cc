#include "agent/config.h"
#include "cli/catalogue.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/options.h"
#include "cli/profile_source.h"
#include "client/config.h"
#include "config/check.h"
#include "gateway/config.h"

#include <array>

namespace tasuki::cli {
namespace {

Exit check(const std::filesystem::path& file, Console& console) {
  const Filling name = place("file", file.string());
  if (file.extension() == ".tasuki") {
    const ProfileText profile = read_profile(file.string());
    console.say(fill(say::profile_sound, {name, place("realm", profile.profile.realm)}));
    return Exit::done;
  }
  const std::array kinds{config::kind("gateway", gateway::load_config),
                         config::kind("agent", agent::load_config),
                         config::kind("client", client::load_config)};
  const config::Findings findings = config::check_file(file, kinds);
  for (const config::Mistake& each : findings.warnings)
    console.warn({each.text(Language::english), each.text(Language::japanese)});
  for (const config::Mistake& each : findings.mistakes)
    console.note({each.text(Language::english), each.text(Language::japanese)});
  if (!findings.mistakes.empty()) return Exit::configuration;
  console.say(fill(say::file_sound, {name}));
  return Exit::done;
}

}  // namespace

Command check_command() {
  const auto file = std::make_shared<std::filesystem::path>();
  return Command{
      .name = "check",
      .about = {"Check a configuration file or a profile.",
                "設定ファイルまたはプロファイルを検査します。"},
      .more =
          {"Names file, line and key of every mistake, and what would be right. Exit status 3 if "
           "there is any.",
           "誤りがあれば、ファイル名、行、項目、正しい書き方をすべて示します。その場合の終了コード"
           "は 3 "
           "です。"},
      .operands = {options::needed(options::file(
          "FILE", "FILE", *file,
          {"gateway.toml, agent.toml, client.toml, or a profile (.tasuki).",
           "gateway.toml、agent.toml、client.toml、またはプロファイル（.tasuki）。"}))},
      .examples = {{"tasuki check /var/lib/tasuki/gateway/gateway.toml",
                    {"Before the gateway is started again.",
                     "ゲートウェイを再起動する前に検査します。"}}},
      .run = [file](Console& console) { return check(*file, console); }};
}

}  // namespace tasuki::cli
