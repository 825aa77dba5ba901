// Manual pages, completions and docs/COMMANDS.md are made from the tree, whole.
#include "agent/config.h"
#include "cli/completion.h"
#include "cli/man.h"
#include "cli/markdown.h"
#include "cli/parse.h"
#include "client/config.h"
#include "gateway/config.h"
#include "tree.h"

#include <gtest/gtest.h>

#include <fstream>

namespace tasuki::cli {
namespace {

bool holds(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

std::string roff(std::string text) {
  for (std::size_t at = 0; (at = text.find('-', at)) != text.npos; at += 2) text.insert(at, "\\");
  return text;
}

// Without the places where Japanese may be broken.
std::string unbroken(std::string text) {
  for (std::size_t at = 0; (at = text.find("\\:", at)) != text.npos;) text.erase(at, 2);
  return text;
}

bool is_hidden(const test::Path& path) {
  return path.size() > 1 && path[1]->hidden;
}

const ManPage& page(const std::vector<ManPage>& pages, const std::string& name) {
  for (const ManPage& each : pages)
    if (each.file.filename() == name) return each;
  throw std::out_of_range(name);
}

TEST(Man, HasAPageForTheProgramEachCommandAndEachFile) {
  const Command tree = program();
  const auto pages = man_pages(tree, Language::english);
  EXPECT_EQ(page(pages, "tasuki.1").file, "man1/tasuki.1");
  for (const Command& each : tree.commands)
    if (!each.hidden) {
      EXPECT_NO_THROW(page(pages, "tasuki-" + each.name + ".1"));
    }
  for (const char* role : {"gateway", "agent", "client"})
    EXPECT_EQ(page(pages, std::string("tasuki-") + role + ".toml.5").file,
              std::string("man5/tasuki-") + role + ".toml.5");
  EXPECT_EQ(page(man_pages(tree, Language::japanese), "tasuki.1").file, "ja/man1/tasuki.1");
}

TEST(Man, HoldsEveryOption) {
  const Command tree = program();
  for (const Language language : {Language::english, Language::japanese}) {
    const auto pages = man_pages(tree, language);
    test::walk({&tree}, [&](const test::Path& path) {
      if (path.size() < 2 || is_hidden(path)) return;
      const std::string& text = page(pages, "tasuki-" + path[1]->name + ".1").text;
      for (const Option& option : path.back()->options)
        EXPECT_TRUE(holds(text, roff(option.name))) << full_name(path) << " " << option.name;
      EXPECT_TRUE(path.back()->commands.size() || holds(text, roff(full_name(path))))
          << full_name(path);
    });
  }
}

TEST(Man, HoldsEveryKeyOfEveryFile) {
  const auto pages = man_pages(program(), Language::english);
  const auto check = [&](const std::string& role, const std::vector<config::Row>& rows) {
    const std::string& text = page(pages, "tasuki-" + role + ".toml.5").text;
    for (const config::Row& row : rows) EXPECT_TRUE(holds(text, roff(row.key))) << row.key;
  };
  check("gateway", gateway::config_table().document());
  check("agent", agent::config_table().document());
  check("client", client::config_table().document());
}

TEST(Man, HoldsEveryExitStatus) {
  const auto pages = man_pages(program(), Language::japanese);
  for (const ExitRow& row : exit_rows())
    EXPECT_TRUE(holds(unbroken(page(pages, "tasuki.1").text), roff(row.meaning.ja)));
}

TEST(Man, LetsNoTextBecomeARequest) {
  for (const ManPage& each : man_pages(program(), Language::english)) {
    std::istringstream lines(each.text);
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(".")) {
        EXPECT_TRUE(line.starts_with(".TH ") || line.starts_with(".S") || line == ".TP" ||
                    line == ".PP" || line == ".nf" || line == ".fi" || line == ".br" ||
                    line == ".nh" || line == ".ad l" || line == ".RS 4" || line == ".RE")
            << each.file << ": " << line;
      }
  }
}

TEST(Completion, KnowsEveryCommandAndOption) {
  const Command tree = program();
  const std::string bash = bash_completion(tree), zsh = zsh_completion(tree),
                    fish = fish_completion(tree);
  test::walk({&tree}, [&](const test::Path& path) {
    if (is_hidden(path)) return;
    const std::string name = "\"" + full_name(path) + "\"";
    for (const std::string& script : {bash, zsh, fish})
      EXPECT_TRUE(holds(script, name)) << full_name(path);
    const std::size_t at = bash.find("    " + name + ")\n");
    ASSERT_NE(at, std::string::npos);
    const std::string its_case = bash.substr(at, bash.find(";;\n    \"", at) - at);
    for (const Option& option : path.back()->options) {
      EXPECT_TRUE(holds(its_case, option.name)) << full_name(path) << " " << option.name;
      EXPECT_TRUE(holds(zsh, "'" + option.name + ":"));
      EXPECT_TRUE(holds(fish, "__tasuki_at " + name + "' -l " + option.name.substr(2)))
          << option.name;
    }
  });
}

TEST(Completion, HidesWhatIsForPackagers) {
  EXPECT_FALSE(holds(bash_completion(program()), "tasuki docs man"));
}

TEST(Markdown, HoldsEveryOption) {
  const Command tree = program();
  const std::string text = markdown(tree);
  test::walk({&tree}, [&](const test::Path& path) {
    if (is_hidden(path)) return;
    for (const Option& option : path.back()->options)
      EXPECT_TRUE(holds(text, "`" + option.name)) << option.name;
  });
}

TEST(Markdown, IsWhatTheRepositoryHolds) {
  std::ifstream file(TASUKI_TEST_FILES "/../../docs/COMMANDS.md");
  const std::string kept{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(kept, markdown(program())) << "run: tasuki docs markdown > docs/COMMANDS.md";
}

}  // namespace
}  // namespace tasuki::cli
