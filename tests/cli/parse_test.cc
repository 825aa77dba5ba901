#include "cli/parse.h"

#include "cli/options.h"
#include "tree.h"

#include <gtest/gtest.h>

namespace tasuki::cli {
namespace {

using test::type;

// A small program with everything that a command line can hold.
struct Program {
  bool flag = false;
  std::string text, operand;
  std::vector<std::string> texts, more, rest;
  Command root;

  Program() {
    Command leaf{.name = "leaf", .about = {"A leaf.", "葉。"}};
    Option operand_option = options::text("NAME", "NAME", operand, {"It.", "それ。"});
    Option many = options::texts("MORE", "MORE", more, {"More.", "さらに。"});
    leaf.operands = {options::needed(std::move(operand_option)), std::move(many)};
    leaf.options = {options::flag("--flag", flag, {"A flag.", "旗。"}),
                    options::texts("--texts", "TEXT", texts, {"Texts.", "文。"})};
    leaf.rest = "ARGUMENTS";
    leaf.take_rest = [this](std::vector<std::string> words) { rest = std::move(words); };
    leaf.run = [](Console&) { return Exit::done; };
    Command group{.name = "group", .about = {"A group.", "組。"}};
    group.options = {options::text("--text", "TEXT", text, {"A text.", "文。"})};
    group.commands = {std::move(leaf)};
    root = Command{.name = "program", .about = {"A program.", "プログラム。"}};
    root.commands = {std::move(group)};
  }
  Program(const Program&) = delete;

  Parsed parse(const std::vector<std::string>& words) { return cli::parse(root, words); }
  std::string fault(const std::vector<std::string>& words) {
    try {
      parse(words);
    } catch (const UsageError& error) {
      EXPECT_FALSE(error.words.ja.empty());
      return error.words.en;
    }
    return {};
  }
};

TEST(Parse, FindsCommandOptionsAndOperands) {
  Program program;
  const Parsed parsed = program.parse(
      {"group", "leaf", "--flag", "--texts", "a", "one", "--texts=b", "two", "three"});
  EXPECT_EQ(full_name(parsed.path), "program group leaf");
  EXPECT_TRUE(program.flag);
  EXPECT_EQ(program.texts, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(program.operand, "one");
  EXPECT_EQ(program.more, (std::vector<std::string>{"two", "three"}));
}

TEST(Parse, KnowsAGroupsOptionBeforeAndAfterTheCommand) {
  for (const auto& words : {std::vector<std::string>{"group", "--text", "x", "leaf", "one"},
                            std::vector<std::string>{"group", "leaf", "one", "--text", "x"}}) {
    Program program;
    program.parse(words);
    EXPECT_EQ(program.text, "x");
  }
}

TEST(Parse, LeavesWhatFollowsTheBarAlone) {
  Program program;
  program.parse({"group", "leaf", "one", "--", "--flag", "-x", "--"});
  EXPECT_FALSE(program.flag);
  EXPECT_EQ(program.rest, (std::vector<std::string>{"--flag", "-x", "--"}));
}

TEST(Parse, TakesAValueThatLooksLikeAnOptionOfSomebodyElse) {
  Program program;
  program.parse({"group", "leaf", "one", "--texts", "-odd"});
  EXPECT_EQ(program.texts, (std::vector<std::string>{"-odd"}));
}

TEST(Parse, GivesAnOptionNoMoreThanOneValue) {
  Program program;
  program.parse({"group", "leaf", "--texts", "a", "one", "two"});
  EXPECT_EQ(program.operand, "one");
  EXPECT_EQ(program.more, (std::vector<std::string>{"two"}));
}

TEST(Parse, WantsHelpWhateverElseIsWrong) {
  Program program;
  EXPECT_TRUE(program.parse({"group", "leaf", "--help"}).wants_help);
  EXPECT_TRUE(program.parse({"group", "-h"}).wants_help);
  EXPECT_TRUE(program.parse({"group", "leaf", "--bogus", "-h"}).wants_help);
}

TEST(Parse, SuggestsWhatWasMeant) {
  Program program;
  EXPECT_NE(program.fault({"gruop"}).find("Did you mean group?"), std::string::npos);
  EXPECT_NE(program.fault({"group", "laef"}).find("Did you mean leaf?"), std::string::npos);
  EXPECT_NE(program.fault({"group", "leaf", "x", "--flga"}).find("Did you mean --flag?"),
            std::string::npos);
  EXPECT_EQ(program.fault({"group", "leaf", "x", "--unlike-any"}).find("Did you mean"),
            std::string::npos);
}

TEST(Parse, NamesWhatIsMissing) {
  Program program;
  EXPECT_EQ(program.fault({"group", "leaf"}),
            "NAME is missing. Say: program group leaf NAME [MORE...] [options] [-- ARGUMENTS]\n"
            "Examples are shown by: program group leaf --help");
  EXPECT_EQ(program.fault({"group", "leaf", "one", "--texts"}),
            "--texts needs a value behind it. Say: --texts TEXT");
  EXPECT_EQ(program.fault({"group", "leaf", "one", "--texts", "--flag"}),
            "--texts needs a value behind it. Say: --texts TEXT");
}

TEST(Parse, RefusesWhatIsTooMuch) {
  Program program;
  EXPECT_EQ(program.fault({"group", "leaf", "x", "--flag=no"}),
            "--flag takes no value. Say only: --flag");
  EXPECT_EQ(program.fault({"group", "--text", "a", "leaf", "x", "--text", "b"}),
            "--text is given twice. Give it once.");
}

TEST(CommandLine, SaysWhatItCannotUse) {
  EXPECT_EQ(type({"conect", "pc1"}).err,
            "tasuki: There is no command conect. Did you mean connect? See: tasuki --help\n");
  EXPECT_EQ(type({"connect", "pc1", "extra"}).err,
            "tasuki: Nobody expects extra here. Leave it out, or see: tasuki connect --help\n");
  EXPECT_EQ(type({"connect", "bad/id"}).exit, Exit::usage);
  EXPECT_NE(type({"connect", "bad/id"}).err.find("1 to 31 of the characters"), std::string::npos);
  EXPECT_NE(type({"connect", "pc1", "--password-fd", "x"}).err.find("3< FILE"), std::string::npos);
  EXPECT_NE(type({"lst"}, Language::japanese).err.find("list の誤りではありませんか"),
            std::string::npos);
}

TEST(CommandLine, NeverRepeatsAProxysPassword) {
  const test::Seen seen = type({"list", "--proxy", "ftp://taro:hunter2@proxy:1"});
  EXPECT_EQ(seen.exit, Exit::usage);
  EXPECT_EQ(seen.err.find("hunter2"), std::string::npos);
  EXPECT_NE(seen.err.find("socks5://"), std::string::npos);
}

TEST(CommandLine, ExplainsTheFormOfAForward) {
  for (const char* spec : {"80", "x:y:z", "8080:", ":web", "70000:web", "host.example:80:web"}) {
    const test::Seen seen = type({"forward", "pc1", spec});
    EXPECT_EQ(seen.exit, Exit::usage) << spec;
    EXPECT_NE(seen.err.find("8080:web, 2222:files.example:22"), std::string::npos) << spec;
  }
}

TEST(Nearest, CountsASwapAsOneSlip) {
  EXPECT_EQ(nearest("lsit", {"list", "last", "pin"}), "list");
  EXPECT_EQ(nearest("--pass", {"--proxy", "--password-fd"}), "--password-fd");
  EXPECT_EQ(nearest("xyzzy", {"list", "pin"}), "");
}

}  // namespace
}  // namespace tasuki::cli
