// A gateway that goes: who is told, who is still served, and when it has gone.
#include "gateway/gateway.h"
#include "support/gateway_world.h"

namespace tasuki::gateway {
namespace {

using namespace std::chrono_literals;
using control::Drain;
using control::Role;
using test::GatewayWorld;
using test::Peer;
using test::run;
using test::word_from;

struct ADrainingGateway : testing::Test {
  GatewayWorld world;
  const test::AgentIdentity& self = test::some_agent();
  int drained = 0;

  template <typename Story>
  void tell(Story&& story) {
    world.start();
    run(world.loop, std::forward<Story>(story));
  }
  void drain(std::chrono::seconds limit = 300s) {
    world.gateway->drain(limit, [this] { ++drained; });
  }
  asio::awaitable<void> until_drained() {
    asio::steady_timer timer(world.loop);
    for (int i = 0; i < 500 && drained == 0; ++i) {
      timer.expires_after(10ms);
      co_await timer.async_wait(asio::use_awaitable);
    }
  }
  // It has been told to go.
  static asio::awaitable<void> hears_drain(Peer& line) {
    const wire::Frame frame = co_await line.frames->expect();
    wire::decode<Drain>(frame);
  }
};

TEST_F(ADrainingGateway, EndsAtOnceWhenNobodyIsThere) {
  tell([&]() -> asio::awaitable<void> {
    drain();
    co_await until_drained();
  });
  EXPECT_EQ(drained, 1);
}

TEST_F(ADrainingGateway, AsksItsAgentsToGoAndEndsWhenTheyHaveGone) {
  tell([&]() -> asio::awaitable<void> {
    const auto line = co_await world.agent(self, "pc");
    drain();
    co_await hears_drain(*line);
    EXPECT_EQ(world.gateway->drain_facts().agents, 1u);
    EXPECT_EQ(drained, 0);
    co_await line->stream->finish();
    co_await until_drained();
    EXPECT_EQ(world.gateway->drain_facts().agents, 0u);
  });
  EXPECT_EQ(drained, 1);
}

TEST_F(ADrainingGateway, TakesNoAgentBack) {
  tell([&]() -> asio::awaitable<void> {
    const auto here = co_await world.agent(self, "here");
    drain();
    const auto peer = co_await world.enter(Role::agent);
    const ByteString request =
        peer->admission->register_as(test::computer("pc"), self.key, self.certificate);
    co_await peer->stream->write(request);
    const std::string answer = co_await word_from(*peer);
    EXPECT_EQ(answer, "busy");
  });
}

TEST_F(ADrainingGateway, StillServesTheAgentsThatAreThere) {
  tell([&]() -> asio::awaitable<void> {
    const auto line = co_await world.agent(self, "pc");
    drain();
    co_await hears_drain(*line);
    const auto client = co_await world.client("pc");
    const wire::Frame incoming = co_await line->frames->expect();
    const auto token = wire::decode<control::Incoming>(incoming).token;
    const auto agent = co_await world.attachment(self, token);
    const std::string to_client = co_await word_from(*client);
    EXPECT_EQ(to_client, "paired");

    // The agent goes, and the pair stays until it ends by itself.
    co_await line->stream->finish();
    asio::steady_timer timer(world.loop, 300ms);
    co_await timer.async_wait(asio::use_awaitable);
    EXPECT_EQ(drained, 0);
    EXPECT_EQ(world.gateway->drain_facts().pairs, 1u);
    world.gateway->end_pair(1);
    co_await until_drained();
  });
  EXPECT_EQ(drained, 1);
}

TEST_F(ADrainingGateway, EndsAtTheLimitWhoeverIsThere) {
  tell([&]() -> asio::awaitable<void> {
    const auto line = co_await world.agent(self, "pc");
    drain(1s);
    co_await until_drained();
    EXPECT_EQ(world.gateway->drain_facts().agents, 1u);
  });
  EXPECT_EQ(drained, 1);
}

TEST_F(ADrainingGateway, IsAsBeforeWhenItStays) {
  tell([&]() -> asio::awaitable<void> {
    const auto line = co_await world.agent(self, "pc");
    drain();
    co_await hears_drain(*line);
    world.gateway->stop_draining();
    const auto other = co_await world.agent(self, "other");
    EXPECT_EQ(world.gateway->agents().size(), 2u);
    drain();
    co_await hears_drain(*line);
    co_await hears_drain(*other);
  });
}

TEST_F(ADrainingGateway, TellsManyAFewAtATime) {
  tell([&]() -> asio::awaitable<void> {
    std::vector<std::unique_ptr<Peer>> lines;
    for (int i = 0; i < 50; ++i) {
      auto line = co_await world.agent(self, "pc" + std::to_string(i));
      lines.push_back(std::move(line));
    }
    drain();
    asio::steady_timer timer(world.loop, 10ms);
    co_await timer.async_wait(asio::use_awaitable);
    const auto told = [&] {
      const auto all = world.gateway->agents();
      return std::count_if(all.begin(), all.end(),
                           [](const AgentLine* line) { return line->draining(); });
    };
    EXPECT_GT(told(), 0);
    EXPECT_LT(told(), 50);
    for (const auto& line : lines) co_await hears_drain(*line);
    EXPECT_EQ(told(), 50);
  });
}

}  // namespace
}  // namespace tasuki::gateway
