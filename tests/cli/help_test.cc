// What every command says about itself.
#include "cli/help.h"

#include "cli/parse.h"
#include "cli/table.h"
#include "crypto/identity.h"
#include "tree.h"

#include <gtest/gtest.h>

namespace tasuki::cli {
namespace {

using test::type;

bool holds(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

std::vector<std::string> words_of(const test::Path& path) {
  std::vector<std::string> words;
  for (std::size_t i = 1; i < path.size(); ++i) words.push_back(path[i]->name);
  return words;
}

TEST(Help, OfEveryCommandHasExamplesInBothLanguages) {
  const Command tree = program();
  test::walk({&tree}, [](const test::Path& path) {
    auto words = words_of(path);
    words.push_back("--help");
    const test::Seen english = type(words), japanese = type(words, Language::japanese);
    EXPECT_EQ(english.exit, Exit::done);
    EXPECT_TRUE(holds(english.out, "Examples:\n  ")) << full_name(path);
    EXPECT_TRUE(holds(japanese.out, "例:\n  ")) << full_name(path);
    EXPECT_TRUE(holds(english.out, "Usage: " + full_name(path))) << full_name(path);
    EXPECT_EQ(english.err + japanese.err, "");
  });
}

TEST(Help, NamesEveryOptionAndOperand) {
  const Command tree = program();
  test::walk({&tree}, [](const test::Path& path) {
    const std::string text = help(path, Language::english, 80);
    for (const Command* each : path)
      for (const Option& option : each->options)
        EXPECT_TRUE(holds(text, "  " + option.name)) << full_name(path) << " " << option.name;
    for (const Option& operand : path.back()->operands)
      EXPECT_TRUE(holds(text, operand.name)) << full_name(path) << " " << operand.name;
  });
}

TEST(Help, FitsTheTerminal) {
  const Command tree = program();
  test::walk({&tree}, [](const test::Path& path) {
    for (const Language language : {Language::english, Language::japanese}) {
      std::istringstream lines(help(path, language, 80));
      for (std::string line; std::getline(lines, line);) {
        const bool to_be_copied = line.find("tasuki") != line.npos;
        EXPECT_TRUE(display_width(line) <= 80 || to_be_copied) << line;
      }
    }
  });
}

TEST(Tree, SpeaksBothLanguagesEverywhere) {
  const Command tree = program();
  const auto check = [](const Words& words, const std::string& where) {
    EXPECT_FALSE(words.en.empty()) << where;
    EXPECT_FALSE(words.ja.empty()) << where;
  };
  test::walk({&tree}, [&](const test::Path& path) {
    const Command& command = *path.back();
    const std::string where = full_name(path);
    check(command.about, where);
    EXPECT_EQ(command.more.en.empty(), command.more.ja.empty()) << where;
    EXPECT_FALSE(command.examples.empty()) << where;
    for (const Example& each : command.examples) check(each.about, where);
    for (const Option& each : command.options) check(each.about, where + " " + each.name);
    for (const Option& each : command.operands) check(each.about, where + " " + each.name);
    EXPECT_NE(command.commands.empty(), !command.run) << where << ": a group or a command";
  });
}

// An example that does not parse would teach the wrong thing.
TEST(Tree, HasExamplesThatParse) {
  const Command tree = program();
  test::walk({&tree}, [&](const test::Path& path) {
    for (const Example& example : path.back()->examples) {
      std::istringstream words(example.line);
      std::vector<std::string> line;
      for (std::string word; words >> word;) {
        if (word == "sudo" || word == "tasuki") continue;
        if (word == ">" || word.find('<') != word.npos) break;  // the shell's
        if (word.find("…") != word.npos)                        // an AgentID, cut short for the eye
          word = crypto::AgentId().text();
        line.push_back(word);
      }
      const bool after_redirection = example.line.find('<') != example.line.npos;
      EXPECT_NO_THROW(parse(tree, line)) << example.line;
      EXPECT_FALSE(line.empty() && !after_redirection) << example.line;
    }
  });
}

TEST(Program, SaysItsVersion) {
  EXPECT_EQ(type({"--version"}).out, "tasuki " TASUKI_VERSION "\n");
  EXPECT_EQ(type({"-V"}).exit, Exit::done);
}

TEST(Program, ExplainsItselfToWhoSaysHelp) {
  EXPECT_EQ(type({"help"}).out, type({"--help"}).out);
  EXPECT_EQ(type({"help", "admin", "key"}).out, type({"admin", "key", "--help"}).out);
}

TEST(Program, RemindsWhoSaysOnlyHalf) {
  const test::Seen nothing = type({});
  EXPECT_EQ(nothing.exit, Exit::usage);
  EXPECT_EQ(nothing.out, "");
  EXPECT_TRUE(holds(nothing.err, "connect"));
  EXPECT_TRUE(holds(nothing.err, "See: tasuki --help"));
  EXPECT_TRUE(holds(type({"admin", "key"}).err, "revoke"));
}

TEST(Program, HidesWhatIsForPackagers) {
  EXPECT_FALSE(holds(type({"--help"}).out, "docs"));
}

}  // namespace
}  // namespace tasuki::cli
