#include "gateway/rendezvous.h"

#include "support/agent_lines.h"

#include <thread>

namespace tasuki::gateway {
namespace {

using namespace std::chrono_literals;

struct ARendezvous : testing::Test {
  asio::io_context loop;
  Rendezvous rendezvous;
  std::vector<net::StreamPtr> clients;  // the clients' own ends

  const crypto::PublicKey agent = test::some_public_key();
  const crypto::PublicKey another = crypto::SigningKey::generate().public_key();
  const control::Token token{1, 2, 3};

  // What became of one client that waits.
  struct Client {
    bool waiting = true;
    net::StreamPtr back;
  };

  std::shared_ptr<Client> come(const control::Token& under,
                               std::chrono::milliseconds limit = 10'000ms) {
    test::Streams streams = test::plain_streams(loop);
    clients.push_back(std::move(streams.right));
    auto client = std::make_shared<Client>();
    const auto facts = test::agent_facts();
    auto waiting = std::make_shared<Rendezvous::Waiting>(Rendezvous::Waiting{
        facts.label, facts.computer, agent, "192.0.2.9:1", std::move(streams.left)});
    const auto wait = [this, client, under, limit, waiting]() -> asio::awaitable<void> {
      client->back = co_await rendezvous.wait(under, std::move(*waiting), limit);
      client->waiting = false;
    };
    asio::co_spawn(loop, wait, asio::detached);
    test::settle(loop);
    return client;
  }
};

TEST_F(ARendezvous, GivesTheAgentTheClientsStream) {
  const auto client = come(token);
  EXPECT_TRUE(client->waiting);
  auto taken = rendezvous.take(token);
  ASSERT_TRUE(taken && taken->client);
  EXPECT_EQ(taken->client_source, "192.0.2.9:1");
  EXPECT_EQ(taken->computer, test::agent_facts().computer);
  test::settle(loop);
  EXPECT_FALSE(client->waiting);
  EXPECT_FALSE(client->back);  // it is in the agent's hands

  taken->client->try_write(ByteString{7});
  std::array<std::uint8_t, 2> room;
  EXPECT_EQ(clients[0]->try_read(room).bytes, 1u);
}

TEST_F(ARendezvous, GivesNothingTheSecondTime) {
  come(token);
  EXPECT_TRUE(rendezvous.take(token));
  EXPECT_FALSE(rendezvous.take(token));
  test::settle(loop);
  EXPECT_FALSE(rendezvous.take(token));
}

TEST_F(ARendezvous, GivesNothingForAnotherToken) {
  const auto client = come(token);
  EXPECT_FALSE(rendezvous.take({}));
  EXPECT_FALSE(rendezvous.take({1, 2, 4}));
  EXPECT_TRUE(client->waiting);
}

TEST_F(ARendezvous, GivesTheClientItsStreamBackWhenNobodyComes) {
  const auto client = come(token, 10ms);
  EXPECT_TRUE(test::run_until(loop, [&] { return !client->waiting; }));
  EXPECT_TRUE(client->back);
  EXPECT_FALSE(rendezvous.take(token));
  EXPECT_EQ(rendezvous.size(), 0u);
}

TEST_F(ARendezvous, GivesTheClientItsStreamBackWhenTheAgentDeclines) {
  const auto client = come(token);
  rendezvous.decline(token, agent);
  test::settle(loop);
  EXPECT_FALSE(client->waiting);
  EXPECT_TRUE(client->back);
  EXPECT_EQ(rendezvous.size(), 0u);
}

TEST_F(ARendezvous, LetsNoOtherAgentDecline) {
  const auto client = come(token);
  rendezvous.decline(token, another);
  rendezvous.decline({9}, agent);
  test::settle(loop);
  EXPECT_TRUE(client->waiting);
  EXPECT_TRUE(rendezvous.take(token));
}

TEST_F(ARendezvous, GivesTheClientItsStreamBackWhenTheAgentsLineIsLost) {
  const auto client = come(token);
  rendezvous.agent_gone(another);
  test::settle(loop);
  EXPECT_TRUE(client->waiting);

  rendezvous.agent_gone(agent);
  test::settle(loop);
  EXPECT_FALSE(client->waiting);
  EXPECT_TRUE(client->back);
  EXPECT_EQ(rendezvous.size(), 0u);
}

TEST_F(ARendezvous, LetsNobodyDeclineAClientThatWasTaken) {
  const auto client = come(token);
  auto taken = rendezvous.take(token);
  rendezvous.decline(token, agent);
  test::settle(loop);
  EXPECT_FALSE(client->back);
  EXPECT_TRUE(taken->client);
}

// The time is up and the agent comes, both before the loop gets to the client: one
// of the two has the stream, never both, never neither.
TEST_F(ARendezvous, HasOneOwnerForTheStreamWhenTimeIsUpAsTheAgentComes) {
  const auto client = come(token, 1ms);
  std::this_thread::sleep_for(5ms);  // the timer has run out, and nobody has been told
  const auto taken = rendezvous.take(token);
  test::settle(loop);
  EXPECT_FALSE(client->waiting);
  EXPECT_EQ(bool(taken && taken->client) + bool(client->back), 1);
}

TEST_F(ARendezvous, HasOneOwnerForTheStreamWhenTheAgentDeclinesAndComes) {
  const auto client = come(token);
  rendezvous.decline(token, agent);
  const auto taken = rendezvous.take(token);
  test::settle(loop);
  EXPECT_EQ(bool(taken && taken->client) + bool(client->back), 1);
}

TEST_F(ARendezvous, KnowsWhoseATokenIsUntilItIsTaken) {
  come(token);
  EXPECT_EQ(rendezvous.agent_of(token), agent);
  EXPECT_FALSE(rendezvous.agent_of({9}));
  rendezvous.take(token);
  EXPECT_FALSE(rendezvous.agent_of(token));
}

TEST_F(ARendezvous, KeepsClientsApart) {
  const auto first = come({1}), second = come({2});
  EXPECT_EQ(rendezvous.size(), 2u);
  rendezvous.take({2});
  test::settle(loop);
  EXPECT_TRUE(first->waiting);
  EXPECT_FALSE(second->waiting);
}

}  // namespace
}  // namespace tasuki::gateway
