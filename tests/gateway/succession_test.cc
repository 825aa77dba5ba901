// One gateway takes another's place while peers are in the middle of something: both in
// one process here, with the channel between them.
#include "gateway/predecessor.h"
#include "gateway/upgrade.h"
#include "support/gateway_world.h"

#include <sys/socket.h>
#include <nlohmann/json.hpp>

namespace tasuki::gateway {
namespace {

using namespace std::chrono_literals;
using control::Incoming;
using control::Role;
using test::GatewayWorld;
using test::Peer;
using test::run;
using test::word_from;

struct ASuccessor : testing::Test {
  GatewayWorld world;  // its gateway is whoever listens
  std::unique_ptr<Gateway> old;
  std::optional<net::MessageChannel> channel;  // the old one's end
  const test::AgentIdentity& self = test::some_agent();

  ~ASuccessor() override {
    channel->close();
    test::settle(world.loop);
  }

  template <typename Story>
  void tell(Story&& story) {
    world.start();
    run(world.loop, std::forward<Story>(story));
  }

  void take_over() {
    old = std::move(world.gateway);
    world.gateway = world.another();
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    channel.emplace(world.loop, net::Descriptor(ends[0]));
    const auto predecessor = std::make_shared<Predecessor>(world.loop, net::Descriptor(ends[1]));

    std::vector<net::Descriptor> listeners;
    for (const int each : old->listening_descriptors()) listeners.emplace_back(::dup(each));
    world.gateway->adopt(std::move(listeners));
    world.gateway->follow(predecessor);
    old->stop_accepting();
    world.gateway->start();
    old->close_listeners();
    predecessor->serving("test");
    asio::co_spawn(world.loop, obey(), [](std::exception_ptr) {});
  }
  asio::awaitable<void> obey() {
    for (;;) {
      std::optional<net::MessageChannel::Message> asked = co_await channel->hear();
      if (!asked) co_return;
      obey_successor(*old, std::move(*asked));
    }
  }
  void all_have_moved() { channel->say(pack({{"say", "empty"}})); }

  static asio::awaitable<control::Token> token_for(Peer& line) {
    const wire::Frame frame = co_await line.frames->expect();
    co_return wire::decode<Incoming>(frame).token;
  }
};

TEST_F(ASuccessor, TakesWhoeverComesToTheSamePort) {
  tell([&]() -> asio::awaitable<void> {
    const auto before = world.gateway->listening();
    take_over();
    EXPECT_EQ(world.gateway->listening(), before);
    EXPECT_TRUE(old->listening().empty());
    const auto line = co_await world.agent(self, "pc");
    EXPECT_EQ(world.gateway->agents().size(), 1u);
    EXPECT_TRUE(old->agents().empty());
  });
}

TEST_F(ASuccessor, BringsAnAgentToTheClientThatWaitsAtThePredecessor) {
  tell([&]() -> asio::awaitable<void> {
    const auto line = co_await world.agent(self, "pc");
    const auto client = co_await world.client("pc");
    const control::Token token = co_await token_for(*line);
    take_over();
    const auto agent = co_await world.attachment(self, token);
    const std::string to_agent = co_await word_from(*agent);
    const std::string to_client = co_await word_from(*client);
    EXPECT_EQ(to_agent + " " + to_client, "paired paired");
    EXPECT_EQ(old->pairs().size(), 1u);

    ByteString room(10);
    const ByteString question{1, 2, 3}, answer{4, 5};
    co_await client->stream->write(question);
    std::size_t n = co_await agent->stream->read_some(room);
    EXPECT_EQ(ByteString(room.begin(), room.begin() + long(n)), question);
    co_await agent->stream->write(answer);
    n = co_await client->stream->read_some(room);
    EXPECT_EQ(ByteString(room.begin(), room.begin() + long(n)), answer);
  });
}

TEST_F(ASuccessor, LetsThePredecessorJudgeAToken) {
  tell([&]() -> asio::awaitable<void> {
    const auto line = co_await world.agent(self, "pc");
    const auto client = co_await world.client("pc");
    const control::Token token = co_await token_for(*line);
    take_over();

    const control::Token no_such_token{1};
    const auto guess = co_await world.attachment(self, no_such_token);
    const std::string to_guess = co_await word_from(*guess);
    EXPECT_EQ(to_guess, "unavailable");

    const test::AgentIdentity another;
    const auto thief = co_await world.attachment(another, token);
    const std::string to_thief = co_await word_from(*thief);
    EXPECT_EQ(to_thief, "bad_proof");
    const std::string to_client = co_await word_from(*client);
    EXPECT_EQ(to_client, "unavailable");
    EXPECT_TRUE(old->pairs().empty());
  });
}

TEST_F(ASuccessor, HasTheAgentThatAClientWantsMoveFirst) {
  tell([&]() -> asio::awaitable<void> {
    const auto old_line = co_await world.agent(self, "pc");
    take_over();
    const auto client = co_await world.client("pc");
    old->drain(
        300s, [] {}, Gateway::After::successor);
    const wire::Frame told = co_await old_line->frames->expect();
    EXPECT_EQ(wire::decode<control::Drain>(told).retry_after, 0u);

    const auto line = co_await world.agent(self, "pc");
    const control::Token token = co_await token_for(*line);
    const auto agent = co_await world.attachment(self, token);
    const std::string to_client = co_await word_from(*client);
    EXPECT_EQ(to_client, "paired");
  });
}

TEST_F(ASuccessor, KnowsAtOnceThatNobodyIsThereWhenAllHaveMoved) {
  tell([&]() -> asio::awaitable<void> {
    take_over();
    const auto waiting = co_await world.client("pc");
    asio::steady_timer timer(world.loop, 100ms);
    co_await timer.async_wait(asio::use_awaitable);
    all_have_moved();
    const std::string answer = co_await word_from(*waiting);
    EXPECT_EQ(answer, "unavailable");
    EXPECT_FALSE(world.gateway->waits_for_agents());
    EXPECT_TRUE(world.gateway->is_successor());
  });
}

TEST_F(ASuccessor, PassesOnThatAKeyWasRevoked) {
  tell([&]() -> asio::awaitable<void> {
    const auto line = co_await world.agent(self, "pc");
    take_over();
    world.gateway->pass_on({{"op", "key_revoked"}, {"label", "office"}});
    const std::string word = co_await word_from(*line);
    EXPECT_EQ(word, "revoked");
  });
}

TEST_F(ASuccessor, AdoptsNothingButListeningSockets) {
  world.start();
  const auto other = world.another();
  std::vector<net::Descriptor> sockets;
  sockets.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_THROW(other->adopt(std::move(sockets)), std::system_error);
  channel.emplace(world.loop, net::Descriptor(::socket(AF_UNIX, SOCK_SEQPACKET, 0)));
}

}  // namespace
}  // namespace tasuki::gateway
