#include "gateway/registry.h"

#include "support/agent_lines.h"

namespace tasuki::gateway {
namespace {

using namespace std::chrono_literals;

struct ARegistry : testing::Test {
  asio::io_context loop;
  Registry registry;
  std::vector<net::StreamPtr> agents;  // the other ends, kept open

  std::shared_ptr<AgentLine> line(std::string_view computer, std::string_view label = "office") {
    test::Streams streams = test::plain_streams(loop);
    agents.push_back(std::move(streams.right));
    const AgentLine::Events events{[this](AgentLine& l) { registry.heard(l); },
                                   [](AgentLine&, const control::Token&) {},
                                   [](AgentLine&, const std::string&) {}};
    auto made = std::make_shared<AgentLine>(std::move(streams.left),
                                            test::agent_facts(computer, label), events);
    made->start();
    return made;
  }
  // As Registry names them.
  AgentLine* find(std::string_view computer, std::string_view label = "office") const {
    return registry.find(control::KeyLabel::parse(label).value(),
                         control::ComputerId::parse(computer).value());
  }
  // The agent at the other end of the nth line says something.
  void speak(std::size_t n) {
    agents[n]->try_write(wire::encode(control::Ping{1}));
    test::settle(loop);
  }
  std::vector<std::string> silent_since(std::chrono::steady_clock::time_point since) {
    std::vector<std::string> names;
    for (const auto& each : registry.silent(since)) names.push_back(each->facts().computer.text());
    return names;
  }
};

using Names = std::vector<std::string>;

TEST_F(ARegistry, FindsAnAgentByItsKeyAndComputerId) {
  const auto pc = line("pc");
  registry.add(pc);
  EXPECT_EQ(find("pc"), pc.get());
  EXPECT_EQ(find("other"), nullptr);
  EXPECT_EQ(find("pc", "foreign"), nullptr);
}

TEST_F(ARegistry, KeepsTheSameComputerIdUnderDifferentKeysApart) {
  const auto ours = line("pc"), theirs = line("pc", "foreign");
  EXPECT_FALSE(registry.add(ours));
  EXPECT_FALSE(registry.add(theirs));
  EXPECT_EQ(find("pc"), ours.get());
  EXPECT_EQ(find("pc", "foreign"), theirs.get());
}

TEST_F(ARegistry, GivesBackTheLineThatANewOneReplaces) {
  const auto before = line("pc"), now = line("pc");
  registry.add(before);
  EXPECT_EQ(registry.add(now), before);
  EXPECT_EQ(find("pc"), now.get());
  EXPECT_EQ(registry.size(), 1u);
}

TEST_F(ARegistry, LetsALineTakeOutOnlyItself) {
  const auto before = line("pc"), now = line("pc");
  registry.add(before);
  registry.add(now);
  registry.remove(*before);  // its end is noticed late
  EXPECT_EQ(find("pc"), now.get());
  registry.remove(*now);
  registry.remove(*now);
  EXPECT_EQ(registry.size(), 0u);
}

TEST_F(ARegistry, ListsThoseOfOneKeyByComputerId) {
  const std::vector lines{line("b"), line("a"), line("c", "other"), line("c", "offic"), line("c")};
  for (const auto& each : lines) registry.add(each);
  Names names;
  for (const AgentLine* each : registry.with_key(control::KeyLabel::parse("office").value()))
    names.push_back(each->facts().computer.text());
  EXPECT_EQ(names, (Names{"a", "b", "c"}));
  EXPECT_EQ(registry.all().size(), 5u);
  EXPECT_TRUE(registry.with_key(control::KeyLabel::parse("nobody").value()).empty());
}

TEST_F(ARegistry, NamesThoseWhoHaveBeenSilentTheLongestFirst) {
  const std::vector lines{line("a"), line("b"), line("c")};
  for (const auto& each : lines) registry.add(each);
  speak(0);
  EXPECT_EQ(silent_since(std::chrono::steady_clock::now() + 1s), (Names{"b", "c", "a"}));
  EXPECT_EQ(silent_since(lines[0]->last_heard()), (Names{"b", "c"}));
  EXPECT_EQ(silent_since(std::chrono::steady_clock::now() - 1h), Names{});
}

TEST_F(ARegistry, ForgetsTheSilenceOfThoseWhoAreGone) {
  const std::vector lines{line("a"), line("b")};
  for (const auto& each : lines) registry.add(each);
  registry.remove(*lines[0]);
  EXPECT_EQ(silent_since(std::chrono::steady_clock::now() + 1s), Names{"b"});
  speak(0);  // a late word of one that is out: nothing to move
  EXPECT_EQ(silent_since(std::chrono::steady_clock::now() + 1s), Names{"b"});
}

TEST_F(ARegistry, ForgetsTheSilenceOfALineThatWasReplaced) {
  const auto before = line("pc"), now = line("pc");
  registry.add(before);
  registry.add(now);
  speak(0);
  EXPECT_EQ(registry.silent(std::chrono::steady_clock::now() + 1s).size(), 1u);
}

}  // namespace
}  // namespace tasuki::gateway
