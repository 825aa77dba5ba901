// tasuki docs: manual pages, completions and the list of commands, all from the one
// tree. For packagers; hidden from --help.
#include "cli/catalogue.h"
#include "cli/command.h"
#include "cli/completion.h"
#include "cli/console.h"
#include "cli/man.h"
#include "cli/markdown.h"
#include "cli/options.h"
#include "cli/states.h"
#include "client/config.h"
#include "client/pins.h"
#include "client/profiles.h"
#include "config/files.h"
#include "store/store.h"

#include <set>

namespace tasuki::cli {
namespace {

namespace fs = std::filesystem;

Exit write_man(const fs::path& directory, Console& console) {
  const Command tree = program();
  for (const Language language : {Language::english, Language::japanese})
    for (const ManPage& page : man_pages(tree, language)) {
      const fs::path file = directory / page.file;
      fs::create_directories(file.parent_path());
      config::write_file(file, as_bytes(page.text), config::Mode::shared);
    }
  console.note(fill(say::files_written, {place("directory", directory.string())}));
  return Exit::done;
}

Command man_command() {
  const auto directory = std::make_shared<fs::path>();
  return Command{.name = "man",
                 .about = {"Write manual pages, English and Japanese.",
                           "英語と日本語のマニュアルページを書き出します。"},
                 .options = {options::needed(options::directory(
                     "--to", *directory,
                     {"Where man1, man5 and ja are made.", "man1、man5、ja を作成する場所。"}))},
                 .examples = {{"tasuki docs man --to /usr/local/share/man",
                               {"Where man looks for them.", "man が探す場所に書き出します。"}}},
                 .run = [directory](Console& console) { return write_man(*directory, console); }};
}

Command printing(const std::string& name, Words about, std::string (*make)(const Command&)) {
  return Command{.name = name,
                 .about = about,
                 .examples = {{"tasuki docs " + name, std::move(about)}},
                 .run = [make](Console& console) {
                   console.print(make(program()));
                   return Exit::done;
                 }};
}

// What a shell offers while one types; nothing at all if anything is amiss.
std::set<std::string> words(const std::string& kind) {
  std::set<std::string> found;
  if (kind == "profiles")
    for (const auto& item : client::Profiles(client::home_directory()).list())
      found.insert(item.name);
  if (kind == "computers")
    for (const auto& pin : client::Pins(client::home_directory()).all())
      found.insert(pin.computer.text());
  if (kind == "labels") {
    require_gateway(default_gateway_state());
    for (const auto& key : store::open_sqlite(default_gateway_state() / "store.db")->keys())
      if (key.revoked == 0) found.insert(key.label.text());
  }
  return found;
}

Command words_command() {
  const auto kind = std::make_shared<std::string>();
  return Command{
      .name = "words",
      .about = {"Print what completes an argument.", "引数の補完候補を出力します。"},
      .operands = {options::needed(options::text(
          "KIND", "KIND", *kind,
          {"profiles, computers or labels.", "profiles、computers、labels のいずれか。"}))},
      .examples = {{"tasuki docs words profiles",
                    {"Names of profiles.", "プロファイルの名前を出力します。"}}},
      .run = [kind](Console& console) {
        for (const std::string& each : words(*kind)) console.print(each + "\n");
        return Exit::done;
      }};
}

}  // namespace

Command docs_command() {
  return Command{
      .name = "docs",
      .about = {"Write manual pages and completions.",
                "マニュアルページと補完スクリプトを出力します。"},
      .examples = {{"tasuki docs bash > /usr/share/bash-completion/completions/tasuki",
                    {"Completion for bash.", "bash の補完を設定します。"}}},
      .commands = {man_command(),
                   printing("bash", {"Print the completion for bash.", "bash の補完を出力します。"},
                            bash_completion),
                   printing("zsh", {"Print the completion for zsh.", "zsh の補完を出力します。"},
                            zsh_completion),
                   printing("fish", {"Print the completion for fish.", "fish の補完を出力します。"},
                            fish_completion),
                   printing("markdown",
                            {"Print the list of all commands, for docs/COMMANDS.md.",
                             "全コマンドの一覧を出力します（docs/COMMANDS.md 用）。"},
                            markdown),
                   words_command()},
      .hidden = true};
}

}  // namespace tasuki::cli
