// What a session costs, and what a peer can make it cost: two of them, over carriers that
// a test cuts.
#include "peer/live_session.h"

#include "support/ends.h"
#include "support/streams.h"

namespace tasuki::peer {
namespace {

using namespace std::chrono_literals;
using inner::ChannelNumber;

// A client's session and its agent's, logged in, over one carrier each.
class Lived : public testing::Test {
protected:
  Lived() {
    book.set("alice");
    test::Streams line = test::plain_streams(loop);
    auto clients = std::make_unique<inner::ClientEnd>(
        test::client_context(), inner::ClientEnd::Whom{"realm", "label", "pc", {}},
        inner::ClientAuthentication::Self{"alice", "test 1", "me"});
    auto agents = std::make_unique<inner::AgentEnd>(
        test::some_agent().context,
        inner::AgentEnd::Self{"realm", "label", "pc", test::some_agent().id(), 300}, book);
    inner::ClientEnd& client_end = *clients;
    inner::AgentEnd& agent_end = *agents;
    const auto clients_carrier =
        std::make_shared<Carrier>(std::move(line.left), std::move(clients), "here");
    const auto agents_carrier =
        std::make_shared<Carrier>(std::move(line.right), std::move(agents), "there");
    clients_carrier->start();
    agents_carrier->start();
    EXPECT_TRUE(test::run_until(
        loop, [&] { return client_end.phase() == inner::ClientEnd::Phase::wants_password; }));
    client_end.password(test::secret(test::right_password));
    clients_carrier->flush();
    EXPECT_TRUE(test::run_until(loop, [&] { return client_end.open() && agent_end.open(); }));
    client = std::make_shared<LiveSession>(loop.get_executor(), client_end.take_session());
    agent = std::make_shared<LiveSession>(loop.get_executor(), agent_end.take_session());
    agent->on_asked = [this](ChannelNumber number, const std::string&) { asked.push_back(number); };
    client->adopt(clients_carrier);
    agent->adopt(agents_carrier);
  }

  ~Lived() override {
    for (const auto& each : {client, agent})
      each->fail(std::make_exception_ptr(std::runtime_error("the test is over")));
    test::settle(loop);
  }

  asio::io_context loop{1};
  test::Passwords book{test::some_agent().id()};
  std::shared_ptr<LiveSession> client, agent;
  std::vector<ChannelNumber> asked;
};

// Each Open with its Reset right behind it: nothing of it may stay.
TEST_F(Lived, ChannelsThatWereCutBeforeTheyWereAnsweredLeaveNothingBehind) {
  inner::Session& session = client->session();
  const auto open_and_cut = [&](std::size_t times) {
    for (std::size_t i = 0; i < times; ++i)
      session.reset(session.open("somewhere"), inner::ChannelError::ended);
    client->flush();
    const std::uint64_t said = session.bytes_sent();
    EXPECT_TRUE(test::run_until(loop, [&] {
      return session.waiting() == 0 && agent->session().bytes_received() == session.bytes_sent();
    })) << said;
  };
  open_and_cut(inner::most_channels);  // their targets are being connected to
  ASSERT_EQ(asked.size(), inner::most_channels);
  open_and_cut(2 * inner::most_channels);  // these are one too many
  EXPECT_EQ(asked.size(), inner::most_channels);

  for (const ChannelNumber number : std::exchange(asked, {}))
    agent->refuse(number, inner::ChannelError::unreachable);
  session.open("one more");
  client->flush();
  EXPECT_TRUE(test::run_until(loop, [&] { return !asked.empty() || session.channels() == 0; }));
  EXPECT_EQ(asked.size(), 1u);
}

// Many local programs have much to say, and the line is gone.
TEST_F(Lived, AllChannelsTogetherKeepNoMoreThanTheSessionMay) {
  constexpr std::size_t channels = 120;
  std::vector<net::StreamPtr> programs;
  for (std::size_t i = 0; i < channels; ++i) client->session().open("target");
  client->flush();
  ASSERT_TRUE(test::run_until(loop, [&] { return asked.size() == channels; }));
  for (const ChannelNumber number : asked) agent->accept(number, inner::TargetKind::tcp);
  for (const ChannelNumber number : asked) {
    ASSERT_TRUE(test::run_until(loop, [&] { return client->session().writable(number) > 0; }));
    test::Sockets both = test::sockets(loop);
    programs.push_back(std::make_unique<net::PlainStream>(std::move(both.left)));
    asio::co_spawn(
        loop, client->bridge(number, std::make_unique<net::PlainStream>(std::move(both.right))),
        [](std::exception_ptr, std::optional<inner::ChannelError>) {});
  }
  test::settle(loop);
  client->leave_carrier();
  const ByteString much(100 * 1024, 7);
  for (const auto& program : programs)
    asio::co_spawn(
        loop, [&]() -> asio::awaitable<void> { co_await program->write(much); },
        [](std::exception_ptr) {});
  test::settle(loop);
  EXPECT_GE(client->session().memory_used(), inner::session_memory / 2);  // there was much to keep
  EXPECT_LE(client->session().memory_used(), inner::session_memory + inner::channel_window);
  // The other side's word of how far it has come is still taken.
  EXPECT_NO_THROW(client->session().receive(
      test::frames_in(wire::encode(inner::Acknowledge{client->session().bytes_sent()})).front()));
}

// After a rest, when Pings have become rare: what is said is watched closely again.
TEST_F(Lived, WhatIsSaidAfterARestIsWatchedAtOnce) {
  test::Passwords other_book{test::some_agent().id()};
  other_book.set("alice");
  test::Streams line = test::plain_streams(loop);
  auto owned = std::make_unique<inner::ClientEnd>(
      test::client_context(), inner::ClientEnd::Whom{"realm", "label", "pc", {}},
      inner::ClientAuthentication::Self{"alice", "test 1", "me"});
  inner::ClientEnd& end = *owned;
  inner::AgentEnd other(test::some_agent().context,
                        {"realm", "label", "pc", test::some_agent().id(), 300}, other_book);
  const auto carrier = std::make_shared<Carrier>(std::move(line.left), std::move(owned), "here");
  carrier->start();

  // The other side, which answers until it falls silent; then it only counts.
  bool mute = false;
  unsigned pings = 0;
  const auto answer = [&]() -> asio::awaitable<void> {
    ByteString block(65536);
    for (;;) {
      const std::size_t n = co_await line.right->read_some(block);
      if (n == 0) co_return;
      const std::size_t owed = other.open() ? other.session().answers_waiting() : 0;
      other.receive(Bytes(block).first(n));
      if (other.open() && other.session().answers_waiting() > owed) ++pings;
      if (mute) continue;
      const ByteString said = other.take();
      co_await line.right->write(said);
    }
  };
  asio::co_spawn(loop, answer, [](std::exception_ptr) {});
  ASSERT_TRUE(test::run_until(
      loop, [&] { return end.phase() == inner::ClientEnd::Phase::wants_password; }));
  end.password(test::secret(test::right_password));
  carrier->flush();
  ASSERT_TRUE(test::run_until(loop, [&] { return end.open() && other.open(); }));
  const auto live = std::make_shared<LiveSession>(loop.get_executor(), end.take_session());
  live->adopt(carrier);
  // At 0, 0.5, 1.5 and 3.5 seconds; the next would come at 7.5.
  ASSERT_TRUE(test::run_until(loop, [&] { return pings == 4; }));
  loop.restart();
  loop.run_for(1200ms);
  ASSERT_EQ(pings, 4u);
  mute = true;
  live->session().open("target");
  live->flush();
  const auto since = inner::Pulse::Clock::now();
  ASSERT_TRUE(test::run_until(loop, [&] { return pings == 5; }));
  EXPECT_LT(inner::Pulse::Clock::now() - since, 2s);
  live->fail(std::make_exception_ptr(std::runtime_error("the test is over")));
  line.right->abort(std::make_error_code(std::errc::operation_canceled));
  test::settle(loop);
}

}  // namespace
}  // namespace tasuki::peer
