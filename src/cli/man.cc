#include "cli/man.h"

#include "agent/config.h"
#include "cli/exit.h"
#include "cli/parse.h"
#include "cli/table.h"
#include "client/config.h"
#include "gateway/config.h"

namespace tasuki::cli {
namespace {

using Path = std::vector<const Command*>;

struct Title {
  Words name{"NAME", "名前"};
  Words synopsis{"SYNOPSIS", "書式"};
  Words description{"DESCRIPTION", "説明"};
  Words commands{"COMMANDS", "コマンド"};
  Words operands{"ARGUMENTS", "引数"};
  Words options{"OPTIONS", "オプション"};
  Words keys{"KEYS", "項目"};
  Words exits{"EXIT STATUS", "終了コード"};
  Words environment{"ENVIRONMENT", "環境変数"};
  Words files{"FILES", "ファイル"};
  Words examples{"EXAMPLES", "例"};
  Words see_also{"SEE ALSO", "関連項目"};
};
const Title title;

// roff takes a dot or quote at a line's start for a request, a backslash for an escape,
// and a plain hyphen for one that may become another character.
std::string escape_piece(std::string_view text, bool line_start) {
  std::string out;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
    line_start = false;
  }
  return out;
}

// It also does not know where Japanese may be broken, but for the places that it is
// told: "\:".
std::string escape(std::string_view text) {
  std::string out;
  bool line_start = true, glued = false;
  while (!text.empty()) {
    if (text.front() == ' ' || text.front() == '\n') {
      out += text.front();
      line_start = text.front() == '\n';
      glued = false;
      text.remove_prefix(1);
      continue;
    }
    const std::string_view piece = first_piece(text);
    if (glued) out += "\\:";
    out += escape_piece(piece, line_start);
    line_start = false;
    glued = true;
    text.remove_prefix(piece.size());
  }
  return out;
}

class Page {
public:
  Page(const std::string& name, int section, Language language) : language_(language) {
    text_ = ".TH \"" + upper(name) + "\" " + std::to_string(section) +
            " \"\" \"tasuki " TASUKI_VERSION "\" \"Tasuki\"\n";
    // No hyphenation, no stretched lines: what is shown is often to be typed.
    text_ += ".nh\n.ad l\n";
  }

  Page& head(const Words& words) { return line(".SH " + quoted(words.in(language_))); }
  Page& part(const std::string& words) { return line(".SS " + quoted(words)); }
  Page& say(const Words& words) { return say(words.in(language_)); }
  Page& say(const std::string& words) {
    std::size_t from = 0;
    while (from <= words.size()) {  // "\n\n" parts paragraphs
      const std::size_t gap = std::min(words.find("\n\n", from), words.size());
      if (from > 0) line(".PP");
      line(escape(std::string_view(words).substr(from, gap - from)));
      from = gap + 2;
    }
    return *this;
  }
  Page& item(const std::string& typed, const Words& about) {
    return line(".TP").line("\\fB" + escape(typed) + "\\fR").line(escape(about.in(language_)));
  }
  Page& code(const std::string& typed) {
    return line(".PP").line(".nf").line("\\fB" + escape(typed) + "\\fR").line(".fi");
  }
  Page& indented(const Words& words) {
    return line(".RS 4").line(escape(words.in(language_))).line(".RE");
  }
  Page& line(const std::string& roff) {
    text_ += roff + "\n";
    return *this;
  }

  Language language() const { return language_; }
  std::string take() { return std::move(text_); }

private:
  static std::string quoted(const std::string& words) { return "\"" + escape(words) + "\""; }
  static std::string upper(std::string text) {
    for (char& c : text)
      if (c >= 'a' && c <= 'z') c = char(c - 'a' + 'A');
    return text;
  }

  const Language language_;
  std::string text_;
};

void arguments(Page& page, const Command& command, bool headed) {
  if (headed && !command.operands.empty()) page.head(title.operands);
  for (const Option& each : command.operands)
    page.item(each.name + (each.many ? "..." : ""), each.about);
  if (headed && !command.options.empty()) page.head(title.options);
  for (const Option& each : command.options)
    page.item(each.name + (each.is_switch() ? "" : " " + each.value), each.about);
}

void examples(Page& page, const Command& command) {
  for (const Example& each : command.examples) {
    page.code(each.line);
    page.indented(each.about);
  }
}

// Commands below the one that the page is about: a part each.
void parts(Page& page, const Path& path) {
  for (const Command& each : path.back()->commands) {
    Path below = path;
    below.push_back(&each);
    if (!each.commands.empty()) {
      parts(page, below);
      continue;
    }
    page.part(usage(below, page.language()));
    page.say(each.about);
    if (!each.more.en.empty()) page.line(".PP").say(each.more);
    arguments(page, each, false);
    examples(page, each);
  }
}

const std::vector<std::pair<std::string, Words>>& environment() {
  static const std::vector<std::pair<std::string, Words>> all{
      {"LC_ALL, LC_MESSAGES, LANG",
       {"The language of messages: Japanese where they begin with ja, else English.",
        "メッセージの言語。ja で始まれば日本語、それ以外は英語です。"}},
      {"TASUKI_HOME",
       {"Where profiles, identities and client.toml are kept. Default: $XDG_CONFIG_HOME/tasuki, "
        "else "
        "~/.config/tasuki.",
        "プロファイル、識別子、client.toml の場所。既定値: $XDG_CONFIG_HOME/tasuki、なければ "
        "~/.config/tasuki"}},
      {"HTTPS_PROXY, ALL_PROXY, NO_PROXY",
       {"The proxy, where neither --proxy nor the configuration names one.",
        "--proxy にも設定にもプロキシの指定がない場合に使われます。"}},
      {"TASUKI_PROXY_PASSWORD", {"The proxy's password.", "プロキシのパスワード。"}}};
  return all;
}

void exits(Page& page) {
  page.head(title.exits);
  for (const ExitRow& row : exit_rows()) page.item(std::to_string(int(row.exit)), row.meaning);
}

std::string page_of_program(const Command& program, Language language) {
  Page page("tasuki", 1, language);
  page.head(title.name).say("tasuki - " + program.about.in(language));
  page.head(title.synopsis).line("\\fB" + escape(usage({&program}, language)) + "\\fR");
  page.head(title.description).say(program.more);
  page.head(title.commands);
  for (const Command& each : program.commands)
    if (!each.hidden) page.item("tasuki-" + each.name + "(1)", each.about);
  page.head(title.options);
  page.item("-h, --help",
            {"Show help, also for each command.", "説明を表示します。各コマンドでも使えます。"});
  page.item("-V, --version", {"Show the version.", "バージョンを表示します。"});
  exits(page);
  page.head(title.environment);
  for (const auto& [name, about] : environment()) page.item(name, about);
  page.head(title.examples);
  examples(page, program);
  page.head(title.see_also)
      .say("tasuki-gateway.toml(5), tasuki-agent.toml(5), tasuki-client.toml(5)");
  return page.take();
}

std::string page_of_command(const Command& program, const Command& command, Language language) {
  const Path path{&program, &command};
  Page page("tasuki-" + command.name, 1, language);
  page.head(title.name).say("tasuki-" + command.name + " - " + command.about.in(language));
  page.head(title.synopsis);
  if (command.commands.empty()) page.line("\\fB" + escape(usage(path, language)) + "\\fR");
  const auto synopsis = [&](const auto& self, const Path& at) -> void {
    for (const Command& each : at.back()->commands) {
      Path below = at;
      below.push_back(&each);
      if (each.commands.empty())
        page.line("\\fB" + escape(usage(below, language)) + "\\fR").line(".br");
      self(self, below);
    }
  };
  synopsis(synopsis, path);
  page.head(title.description).say(command.about);
  if (!command.more.en.empty()) page.line(".PP").say(command.more);
  arguments(page, command, true);
  if (!command.commands.empty()) {
    page.head(title.commands);
    parts(page, path);
  }
  if (!command.examples.empty()) {
    page.head(title.examples);
    examples(page, command);
  }
  exits(page);
  page.head(title.see_also).say("tasuki(1)");
  return page.take();
}

std::string page_of_file(const std::string& role, const std::vector<config::Row>& rows,
                         const Words& about, const Words& place, Language language) {
  const std::string name = "tasuki-" + role + ".toml";
  Page page(name, 5, language);
  page.head(title.name).say(name + " - " + about.in(language));
  page.head(title.files).say(place);
  page.head(title.description)
      .say(Words{
          "A TOML file. A key that nobody knows is a mistake; \"tasuki check FILE\" names every "
          "mistake with its line.",
          "TOML 形式のファイルです。未知の項目は誤りとみなされます。「tasuki check ファイル」で、"
          "すべての誤りを行番号とともに確認できます。"});
  page.head(title.keys);
  for (const config::Row& row : rows) {
    const std::string standard =
        row.standard.empty()
            ? std::string()
            : (language == Language::japanese ? "\n.br\n既定値: " : "\n.br\nDefault: ") +
                  escape(row.standard);
    page.line(".TP").line("\\fB" + escape(row.key) + "\\fR = " + escape(row.type.in(language)));
    page.line(escape(row.about.in(language)) + standard);
  }
  page.head(title.see_also).say("tasuki(1), tasuki-check(1)");
  return page.take();
}

}  // namespace

std::vector<ManPage> man_pages(const Command& program, Language language) {
  const std::filesystem::path root = language == Language::japanese ? "ja" : "";
  std::vector<ManPage> pages;
  pages.push_back({root / "man1" / "tasuki.1", page_of_program(program, language)});
  for (const Command& each : program.commands)
    if (!each.hidden)
      pages.push_back({root / "man1" / ("tasuki-" + each.name + ".1"),
                       page_of_command(program, each, language)});

  const auto file = [&](const std::string& role, const std::vector<config::Row>& rows,
                        const Words& about, const Words& place) {
    pages.push_back({root / "man5" / ("tasuki-" + role + ".toml.5"),
                     page_of_file(role, rows, about, place, language)});
  };
  file("gateway", gateway::config_table().document(), {"how a gateway runs", "ゲートウェイの設定"},
       {"gateway.toml in the gateway's directory, /var/lib/tasuki/gateway for root",
        "ゲートウェイのディレクトリ（root は /var/lib/tasuki/gateway）の gateway.toml"});
  file("agent", agent::config_table().document(),
       {"what an agent connects its clients to", "エージェントの設定"},
       {"agent.toml in the agent's directory, /var/lib/tasuki/agent for root",
        "エージェントのディレクトリ（root は /var/lib/tasuki/agent）の agent.toml"});
  file("client", client::config_table().document(), {"a person's preferences", "利用者の設定"},
       {"client.toml in $TASUKI_HOME, else $XDG_CONFIG_HOME/tasuki, else ~/.config/tasuki. It need "
        "not exist.",
        "$TASUKI_HOME、$XDG_CONFIG_HOME/tasuki、~/.config/tasuki のいずれかの client.toml。"
        "なくてもかまいません。"});
  return pages;
}

}  // namespace tasuki::cli
