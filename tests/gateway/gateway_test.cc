// The gateway as its peers meet it, honest ones and others. tests/whole has the real
// agent and client in their place.
#include "gateway/gateway.h"

#include "support/gateway_world.h"

namespace tasuki::gateway {
namespace {

using namespace std::chrono_literals;
using control::Incoming;
using control::Role;
using test::AgentIdentity;
using test::computer;
using test::GatewayWorld;
using test::label;
using test::Peer;
using test::run;
using test::word_from;

struct AGateway : testing::Test {
  GatewayWorld world;
  const AgentIdentity& self = test::some_agent();

  // Runs the story of a test.
  template <typename Story>
  void tell(Story&& story) {
    if (!world.gateway) world.start();
    run(world.loop, std::forward<Story>(story));
  }
  asio::awaitable<void> pause(std::chrono::milliseconds time) {
    asio::steady_timer timer(world.loop, time);
    co_await timer.async_wait(asio::use_awaitable);
  }
  static asio::awaitable<control::Token> token_for(Peer& line) {
    const wire::Frame frame = co_await line.frames->expect();
    co_return wire::decode<Incoming>(frame).token;
  }
};

TEST_F(AGateway, JoinsAClientAndItsAgentAndCarriesTheirBytes) {
  tell([&]() -> asio::awaitable<void> {
    const auto line = co_await world.agent(self, "pc");
    const auto client = co_await world.client("pc");
    const control::Token token = co_await token_for(*line);
    const auto agent = co_await world.attachment(self, token);
    const std::string to_agent = co_await word_from(*agent);
    const std::string to_client = co_await word_from(*client);
    EXPECT_EQ(to_agent + " " + to_client, "paired paired");
    EXPECT_EQ(world.gateway->pairs().size(), 1u);

    const ByteString question{1, 2, 3};
    co_await client->stream->write(question);
    ByteString room(10);
    const std::size_t n = co_await agent->stream->read_some(room);
    EXPECT_EQ(ByteString(room.begin(), room.begin() + long(n)), question);
  });
}

TEST_F(AGateway, ListsTheAgentsOfOnesOwnKeyOnly) {
  tell([&]() -> asio::awaitable<void> {
    const auto ours = co_await world.agent(self, "ours");
    const auto theirs = co_await world.agent(self, "theirs", "foreign");
    const auto client = co_await world.enter(Role::client);
    const ByteString request = client->admission->list();
    const wire::Frame answer = co_await client->ask(request);
    const auto listing = wire::decode<control::Listing>(answer);
    EXPECT_EQ(listing.agents.value.size(), 1u);
    EXPECT_EQ(listing.agents.value.front().computer.value, "ours");
    EXPECT_EQ(listing.more, 0);
  });
}

TEST_F(AGateway, ListsManyAgentsPageByPage) {
  tell([&]() -> asio::awaitable<void> {
    std::vector<std::unique_ptr<Peer>> lines;
    for (int i = 0; i < 101; ++i) {
      auto line = co_await world.agent(self, "pc" + std::to_string(i));
      lines.push_back(std::move(line));
    }
    const auto client = co_await world.enter(Role::client);
    const ByteString request = client->admission->list();
    const wire::Frame first = co_await client->ask(request);
    EXPECT_EQ(wire::decode<control::Listing>(first).more, 1);
    const wire::Frame second = co_await client->frames->expect();
    const auto last = wire::decode<control::Listing>(second);
    EXPECT_EQ(last.more, 0);
    EXPECT_EQ(last.agents.value.size(), 1u);
  });
}

// ---- no ----

TEST_F(AGateway, SaysTheSameOfAnUnknownAndOfAForeignComputer) {
  tell([&]() -> asio::awaitable<void> {
    const auto line = co_await world.agent(self, "theirs", "foreign");
    for (const std::string wanted : {"theirs", "nobody"}) {
      const auto client = co_await world.client(wanted);
      const std::string said = co_await word_from(*client);
      const std::string then = co_await word_from(*client);
      EXPECT_EQ(said + " " + then, "unavailable end") << wanted;
    }
  });
}

TEST_F(AGateway, RefusesAProofThatDoesNotFit) {
  tell([&]() -> asio::awaitable<void> {
    const auto peer = co_await world.greet();
    peer->admission.emplace(Role::client, label("office"), test::secret("wrong"), peer->exporter,
                            "");
    const ByteString key1 = peer->admission->receive(peer->hello);
    co_await peer->ask(key1);
    const ByteString key3 = wire::encode(control::GatewayKey3{});
    co_await peer->stream->write(key3);
    const std::string said = co_await word_from(*peer);
    EXPECT_EQ(said, "gateway_key");
  });
}

TEST_F(AGateway, LetsNoOtherKeyHaveAClaimedComputerId) {
  tell([&]() -> asio::awaitable<void> {
    { const auto first = co_await world.agent(self, "pc"); }
    const AgentIdentity squatter;
    const auto peer = co_await world.enter(Role::agent);
    const ByteString request =
        peer->admission->register_as(computer("pc"), squatter.key, squatter.certificate);
    co_await peer->stream->write(request);
    const std::string said = co_await word_from(*peer);
    EXPECT_EQ(said, "id_taken");
    const auto again = co_await world.agent(self, "pc");  // its owner may come back
  });
}

TEST_F(AGateway, TellsAnAgentThatAnotherConnectionOfItsOwnReplacedIt) {
  tell([&]() -> asio::awaitable<void> {
    const auto before = co_await world.agent(self, "pc");
    const auto now = co_await world.agent(self, "pc");
    const std::string said = co_await word_from(*before);
    EXPECT_EQ(said, "replaced");
    EXPECT_EQ(world.gateway->agents().size(), 1u);
  });
}

TEST_F(AGateway, PutsNewcomersOffWhileItsStoreFails) {
  tell([&]() -> asio::awaitable<void> {
    const auto line = co_await world.agent(self, "pc");
    world.store.broken = true;
    const auto peer = co_await world.greet();
    peer->admission.emplace(Role::client, label("office"), test::secret("x"), peer->exporter, "");
    const ByteString key1 = peer->admission->receive(peer->hello);
    co_await peer->stream->write(key1);
    const std::string said = co_await word_from(*peer);
    EXPECT_EQ(said, "busy");
    const ByteString ping = wire::encode(control::Ping{9});
    const wire::Frame pong = co_await line->ask(ping);
    EXPECT_EQ(wire::decode<control::Pong>(pong).cookie, 9u);
  });
}

// ---- tokens ----

TEST_F(AGateway, TakesATokenOnce) {
  tell([&]() -> asio::awaitable<void> {
    const auto line = co_await world.agent(self, "pc");
    const auto client = co_await world.client("pc");
    const control::Token token = co_await token_for(*line);
    const auto first = co_await world.attachment(self, token);
    const auto second = co_await world.attachment(self, token);
    const std::string to_first = co_await word_from(*first);
    const std::string to_second = co_await word_from(*second);
    EXPECT_EQ(to_first + " " + to_second, "paired unavailable");
  });
}

TEST_F(AGateway, TakesATokenFromItsOwnAgentOnly) {
  tell([&]() -> asio::awaitable<void> {
    const auto line = co_await world.agent(self, "pc");
    const auto client = co_await world.client("pc");
    const control::Token token = co_await token_for(*line);
    const AgentIdentity thief;
    const auto stolen = co_await world.attachment(thief, token);
    const std::string to_thief = co_await word_from(*stolen);
    EXPECT_EQ(to_thief, "bad_proof");
    const auto late = co_await world.attachment(self, token);  // it is used up
    const std::string to_agent = co_await word_from(*late);
    EXPECT_EQ(to_agent, "unavailable");
    const std::string to_client = co_await word_from(*client);
    EXPECT_EQ(to_client, "unavailable");
    EXPECT_TRUE(world.gateway->pairs().empty());
  });
}

TEST_F(AGateway, TakesNoTokenThatItNeverGave) {
  tell([&]() -> asio::awaitable<void> {
    const control::Token invented{1, 2, 3};
    const auto peer = co_await world.attachment(self, invented);
    const std::string said = co_await word_from(*peer);
    EXPECT_EQ(said, "unavailable");
  });
}

TEST_F(AGateway, TellsTheClientWhenTheAgentDeclines) {
  tell([&]() -> asio::awaitable<void> {
    const auto line = co_await world.agent(self, "pc");
    const auto client = co_await world.client("pc");
    const control::Token token = co_await token_for(*line);
    const ByteString no = wire::encode(control::Declined{token});
    co_await line->stream->write(no);
    const std::string said = co_await word_from(*client);
    EXPECT_EQ(said, "unavailable");
  });
}

TEST_F(AGateway, TellsTheClientWhenTheAgentDoesNotCome) {
  world.config.limits.pairing = 1s;
  tell([&]() -> asio::awaitable<void> {
    const auto line = co_await world.agent(self, "pc");
    const auto client = co_await world.client("pc");
    const std::string said = co_await word_from(*client);
    EXPECT_EQ(said, "unavailable");
  });
}

TEST_F(AGateway, TellsTheClientAtOnceWhenTheAgentsLineBreaks) {
  world.config.limits.pairing = 3600s;
  tell([&]() -> asio::awaitable<void> {
    const auto line = co_await world.agent(self, "pc");
    const auto client = co_await world.client("pc");
    co_await token_for(*line);
    line->stream->abort(std::make_error_code(std::errc::connection_reset));
    const std::string said = co_await word_from(*client);
    EXPECT_EQ(said, "unavailable");
  });
}

// It has moved to another gateway, and comes here for whoever asked for it before.
TEST_F(AGateway, LetsAnAgentThatLeftInPeaceTakeUpWhatItWasTold) {
  tell([&]() -> asio::awaitable<void> {
    const auto line = co_await world.agent(self, "pc");
    const auto client = co_await world.client("pc");
    const control::Token token = co_await token_for(*line);
    co_await line->stream->finish();
    co_await pause(50ms);
    EXPECT_EQ(world.gateway->agents().size(), 0u);
    const auto agent = co_await world.attachment(self, token);
    const std::string to_agent = co_await word_from(*agent);
    const std::string to_client = co_await word_from(*client);
    EXPECT_EQ(to_agent + " " + to_client, "paired paired");
  });
}

TEST_F(AGateway, LetsSoManyClientsWaitForOneAgent) {
  world.config.limits.pending_pairings = 2;
  tell([&]() -> asio::awaitable<void> {
    const auto line = co_await world.agent(self, "pc");
    const auto first = co_await world.client("pc");
    const control::Token token = co_await token_for(*line);
    const auto second = co_await world.client("pc");
    co_await token_for(*line);
    const auto third = co_await world.client("pc");
    const std::string said = co_await word_from(*third);
    EXPECT_EQ(said, "unavailable");

    const auto agent = co_await world.attachment(self, token);
    const std::string paired = co_await word_from(*agent);
    EXPECT_EQ(paired, "paired");
    const auto fourth = co_await world.client("pc");
    co_await token_for(*line);  // there is room again
  });
}

// A client may not speak before it is told that it is paired: its words would be lost.
TEST_F(AGateway, TakesNothingFromAClientBeforeItIsPaired) {
  tell([&]() -> asio::awaitable<void> {
    const auto line = co_await world.agent(self, "pc");
    const auto client = co_await world.enter(Role::client);
    ByteString eager = client->admission->connect(computer("pc"));
    append(eager, as_bytes("\x16\x03\x01 the inner hello"));
    co_await client->stream->write(eager);
    const std::string said = co_await word_from(*client);
    EXPECT_EQ(said, "cut");
  });
}

// ---- what an administrator does ----

TEST_F(AGateway, EndsEverythingOfAKeyThatIsRevokedAndNothingElse) {
  tell([&]() -> asio::awaitable<void> {
    const auto ours = co_await world.agent(self, "pc");
    const auto theirs = co_await world.agent(self, "pc", "foreign");
    const auto client = co_await world.client("pc");
    const control::Token token = co_await token_for(*ours);
    const auto agent = co_await world.attachment(self, token);
    co_await word_from(*agent);
    co_await word_from(*client);

    world.store.revoke_key(label("office"), 1);
    world.gateway->key_revoked(label("office"));
    const std::string to_line = co_await word_from(*ours);
    const std::string to_client = co_await word_from(*client);
    EXPECT_EQ(to_line + " " + to_client, "revoked cut");
    EXPECT_TRUE(world.gateway->pairs().empty());
    EXPECT_EQ(world.gateway->agents().size(), 1u);
  });
}

TEST_F(AGateway, PairsNobodyUnderAKeyThatWasRevokedMeanwhile) {
  tell([&]() -> asio::awaitable<void> {
    const auto line = co_await world.agent(self, "pc");
    const auto client = co_await world.client("pc");
    const control::Token token = co_await token_for(*line);
    world.store.revoke_key(label("office"), 1);
    world.gateway->key_revoked(label("office"));
    const auto agent = co_await world.attachment(self, token);
    const std::string to_agent = co_await word_from(*agent);
    const std::string to_client = co_await word_from(*client);
    EXPECT_NE(to_agent, "paired");
    EXPECT_NE(to_client, "paired");
    EXPECT_TRUE(world.gateway->pairs().empty());
  });
}

TEST_F(AGateway, EndsAPairByItsNumber) {
  tell([&]() -> asio::awaitable<void> {
    const auto line = co_await world.agent(self, "pc");
    const auto client = co_await world.client("pc");
    const control::Token token = co_await token_for(*line);
    const auto agent = co_await world.attachment(self, token);
    co_await word_from(*agent);
    co_await word_from(*client);
    EXPECT_FALSE(world.gateway->end_pair(2));
    EXPECT_TRUE(world.gateway->end_pair(1));
    const std::string to_agent = co_await word_from(*agent);
    EXPECT_EQ(to_agent, "cut");
    EXPECT_FALSE(world.gateway->end_pair(1));
  });
}

TEST_F(AGateway, TellsAnAgentWhoseComputerIdIsReleased) {
  tell([&]() -> asio::awaitable<void> {
    const auto line = co_await world.agent(self, "pc");
    world.store.release(label("office"), computer("pc"));
    world.gateway->released(label("office"), computer("pc"));
    const std::string said = co_await word_from(*line);
    EXPECT_EQ(said, "ended");
    const AgentIdentity other;
    const auto successor = co_await world.agent(other, "pc");
  });
}

}  // namespace
}  // namespace tasuki::gateway
