// What a gateway does about peers that take their time, come too often, or are still
// there when it ends.
#include "gateway/gateway.h"
#include "support/gateway_world.h"

namespace tasuki::gateway {
namespace {

using namespace std::chrono_literals;
using control::Role;
using test::GatewayWorld;
using test::Peer;
using test::run;
using test::word_from;

struct AGatewayUnderStrain : testing::Test {
  GatewayWorld world;

  template <typename Story>
  void tell(Story&& story) {
    if (!world.gateway) world.start();
    run(world.loop, std::forward<Story>(story));
  }
  // How long until the gateway closes the connection.
  asio::awaitable<std::chrono::steady_clock::duration> time_to_end(net::Stream& stream) {
    const auto begin = std::chrono::steady_clock::now();
    std::array<std::uint8_t, 4096> room;
    std::size_t n = 1;
    try {
      while (n > 0) n = co_await stream.read_some(room);
    } catch (const std::system_error&) {
      n = 0;
    }
    co_return std::chrono::steady_clock::now() - begin;
  }
};

TEST_F(AGatewayUnderStrain, WaitsForAHandshakeOnlySoLong) {
  world.config.limits.handshake = 1s;
  tell([&]() -> asio::awaitable<void> {
    net::PlainStream silent(world.dial());
    const auto time = co_await time_to_end(silent);
    EXPECT_GE(time, 900ms);
    EXPECT_LT(time, 15s);
  });
}

TEST_F(AGatewayUnderStrain, WaitsForAProofOnlySoLong) {
  world.config.limits.greeting = 1s;
  tell([&]() -> asio::awaitable<void> {
    const auto peer = co_await world.greet();
    const auto time = co_await time_to_end(*peer->stream);
    EXPECT_LT(time, 15s);
  });
}

TEST_F(AGatewayUnderStrain, WaitsForTheRestOfAFrameOnlySoLong) {
  world.config.limits.frame = 1s;
  tell([&]() -> asio::awaitable<void> {
    const auto peer = co_await world.greet();
    const ByteString begun{0x02, 0x00};
    co_await peer->stream->write(begun);
    const auto time = co_await time_to_end(*peer->stream);
    EXPECT_LT(time, 15s);
  });
}

TEST_F(AGatewayUnderStrain, RefusesAFrameThatIsTooLongAtItsHeader) {
  tell([&]() -> asio::awaitable<void> {
    const auto peer = co_await world.greet();
    const ByteString bomb{0x02, 0xff, 0xff, 0xff};
    co_await peer->stream->write(bomb);
    const std::string said = co_await word_from(*peer);
    EXPECT_EQ(said, "cut");
  });
}

TEST_F(AGatewayUnderStrain, TurnsASourceAwayThatHasTooManyConnections) {
  world.config.limits.allow.clear();
  world.config.limits.source_concurrent = 3;
  tell([&]() -> asio::awaitable<void> {
    std::vector<std::unique_ptr<Peer>> inside;
    for (int i = 0; i < 3; ++i) {
      auto peer = co_await world.greet();
      inside.push_back(std::move(peer));
    }
    net::PlainStream fourth(world.dial());
    const auto time = co_await time_to_end(fourth);
    EXPECT_LT(time, 5s);
  });
}

TEST_F(AGatewayUnderStrain, PenalisesASourceThatGuesses) {
  world.config.limits.allow.clear();
  tell([&]() -> asio::awaitable<void> {
    for (int i = 0; i < 3; ++i) {
      const auto peer = co_await world.greet();
      peer->admission.emplace(Role::client, test::label("office"), test::secret("guess"),
                              peer->exporter, "");
      const ByteString key1 = peer->admission->receive(peer->hello);
      co_await peer->ask(key1);  // right or wrong is known here: leave
    }
    asio::steady_timer pause(world.loop, 100ms);
    co_await pause.async_wait(asio::use_awaitable);
    net::PlainStream next(world.dial());
    const auto time = co_await time_to_end(next);
    EXPECT_LT(time, 1s);
  });
}

TEST_F(AGatewayUnderStrain, DropsAnAgentThatSaysNothing) {
  world.config.keepalive = 0s;  // silence is tolerated for 10 s, looked for every 5 s
  tell([&]() -> asio::awaitable<void> {
    const auto line = co_await world.agent(test::some_agent(), "pc");
    const auto time = co_await time_to_end(*line->stream);
    EXPECT_GE(time, 9s);
    EXPECT_LE(time, 25s);
    EXPECT_TRUE(world.gateway->agents().empty());
  });
}

// ---- its end ----

TEST_F(AGatewayUnderStrain, StopsWithPeersInEveryPhase) {
  std::vector<std::unique_ptr<Peer>> peers;
  std::optional<net::PlainStream> silent;
  tell([&]() -> asio::awaitable<void> {
    silent.emplace(world.dial());
    auto greeted = co_await world.greet();
    auto admitted = co_await world.enter(Role::client);
    auto line = co_await world.agent(test::some_agent(), "pc");
    auto waiting = co_await world.client("pc");
    for (auto* each : {&greeted, &admitted, &line, &waiting}) peers.push_back(std::move(*each));
  });
  world.gateway->stop();
  test::settle(world.loop);
  world.gateway.reset();  // and the loop after it, with what still waits there
}

TEST_F(AGatewayUnderStrain, MayBeStoppedTwice) {
  world.start();
  world.gateway->stop();
  world.gateway->stop();
  test::settle(world.loop);
}

TEST_F(AGatewayUnderStrain, SaysWhichPortItCannotHave) {
  world.start();
  GatewayWorld other;
  other.config.listen = {world.gateway->listening().front()};
  try {
    other.start();
    FAIL() << "two gateways on one port";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::address_in_use);
  }
}

}  // namespace
}  // namespace tasuki::gateway
