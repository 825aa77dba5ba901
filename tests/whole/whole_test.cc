// Gateway, agent and client, whole, in one process over loopback: what the parts are
// together. The lab does the same with real programs and real networks.
#include "agent/agent.h"
#include "client/client.h"
#include "client/forwards.h"
#include "gateway/gateway.h"

#include <gtest/gtest.h>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <csignal>
#include <fstream>

namespace tasuki {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

const std::string password = "Right-password-1";

crypto::Secret secret(const std::string& text) {
  return crypto::Secret(as_bytes(text));
}

class Whole : public testing::Test {
protected:
  Whole() {
    std::signal(SIGPIPE, SIG_IGN);  // as any program of ours does
    directory = fs::temp_directory_path() / ("tasuki-whole-" + std::to_string(::getpid()));
    fs::remove_all(directory);
    fs::create_directories(directory);
    fs::permissions(directory, fs::perms::owner_all);
    log::open({directory / "log", "T", 16, 2, log::Level::debug});
    echo_port = start_echo();
    start_gateway();
    start_agent("pc");
  }

  ~Whole() override {
    if (agent) agent->stop();
    gateway->stop();
    loop.run_for(50ms);
    std::error_code ignored;
    fs::remove_all(directory, ignored);
  }

  std::uint16_t start_echo() {
    const auto acceptor =
        std::make_shared<tcp::acceptor>(loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    asio::co_spawn(loop, accept_echo(acceptor), asio::detached);
    return acceptor->local_endpoint().port();
  }

  asio::awaitable<void> accept_echo(std::shared_ptr<tcp::acceptor> acceptor) {
    for (;;) {
      tcp::socket socket = co_await acceptor->async_accept(asio::use_awaitable);
      asio::co_spawn(loop, echo(std::move(socket)), [](std::exception_ptr) {});
    }
  }

  static asio::awaitable<void> echo(tcp::socket socket) {
    std::vector<char> block(65536);
    for (;;) {
      ErrorCode error;
      const std::size_t n = co_await socket.async_read_some(
          asio::buffer(block), asio::redirect_error(asio::use_awaitable, error));
      if (error) break;
      co_await asio::async_write(socket, asio::buffer(block, n), asio::use_awaitable);
    }
    socket.shutdown(tcp::socket::shutdown_send);
  }

  void start_gateway() {
    // The port is not known before the gateway has it; the profile wants it sooner.
    tcp::acceptor probe(loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    const std::uint16_t port = probe.local_endpoint().port();
    probe.close();

    gateway::InitRequest request;
    request.state = directory / "gateway";
    request.realm = "test";
    request.addresses = {{"127.0.0.1", port}};
    link = gateway::init(request).link;

    gateway::GatewayConfig config;
    config.state = request.state;
    config.listen = {{asio::ip::address_v4::loopback(), port}};
    config.limits.allow = {*config::Netblock::parse("127.0.0.0/8")};
    store = store::open_sqlite(request.state / "store.db");
    gateway.emplace(loop, config, gateway::load_material(request.state), *store);
    gateway->start();
  }

  void start_agent(const std::string& name) {
    agent::enroll(directory / "agent", link, *control::ComputerId::parse(name), secret(password),
                  config::Strength::required, config::Language::english);
    run_agent({});
  }

  void run_agent(const agent::Direct& direct) {
    const auto state = directory / "agent";
    agent::AgentConfig config;
    config.state = state;
    config.direct = direct;
    config.targets["echo"] = {{"127.0.0.1", echo_port}, agent::Target::Kind::tcp};
    config.targets["nobody"] = {{"127.0.0.1", 1}, agent::Target::Kind::tcp};
    agent.emplace(loop, config, agent::load_identity(state));
    agent->start([](std::exception_ptr why) { std::rethrow_exception(why); });
    until([&] { return gateway->agents().size() == 1; });
  }

  template <typename Done>
  void until(Done done) {
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (!done() && std::chrono::steady_clock::now() < limit) loop.run_one_for(100ms);
    ASSERT_TRUE(done());
  }

  // Runs a coroutine to its end on the common loop.
  template <typename T>
  T run(asio::awaitable<T> work) {
    std::optional<T> result;
    std::exception_ptr failure;
    bool over = false;
    asio::co_spawn(loop, std::move(work), [&](std::exception_ptr e, T value) {
      failure = e;
      if (!e) result = std::move(value);
      over = true;
    });
    const auto limit = std::chrono::steady_clock::now() + 60s;
    while (!over && std::chrono::steady_clock::now() < limit) loop.run_one_for(100ms);
    if (!over) throw std::runtime_error("took too long");
    if (failure) std::rethrow_exception(failure);
    return std::move(*result);
  }

  peer::Door door() {
    auto profile = config::parse_profile(link);
    peer::Door made(std::move(std::get<config::Profile>(profile)), "test");
    made.proxy_for = [](const net::Address&) { return net::Proxy{}; };
    return made;
  }

  client::Reach reach(const std::string& id, std::vector<std::string> passwords) {
    client::Reach made;
    made.computer = *control::ComputerId::parse(id);
    made.user = std::string(agent::owner);
    made.ask_password =
        [passwords, at = std::make_shared<std::size_t>(0)](bool) -> std::optional<crypto::Secret> {
      if (*at == passwords.size()) return std::nullopt;
      return secret(passwords[(*at)++]);
    };
    return made;
  }

  std::unique_ptr<client::ClientSession> open(std::vector<std::string> passwords = {password},
                                              std::vector<net::Address> direct = {}) {
    const auto way = std::make_shared<const peer::Door>(door());
    client::Pins pins(directory / "client");
    client::Reach wanted = reach("pc", std::move(passwords));
    wanted.direct = std::move(direct);
    return run(client::ClientSession::open(way, pins, std::move(wanted)));
  }

  // Starts the agent anew, so that it listens as well, and says where.
  net::Address agent_listens() {
    agent->stop();
    loop.run_for(50ms);
    agent.reset();
    until([&] { return gateway->agents().empty(); });
    tcp::acceptor probe(loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    agent::Direct direct;
    direct.listen = probe.local_endpoint();
    direct.announce = false;
    direct.allow = {*config::Netblock::parse("127.0.0.0/8")};
    probe.close();
    run_agent(direct);
    return {"127.0.0.1", direct.listen->port()};
  }

  // How the session goes now; empty: it is lost.
  static std::string way_of(client::ClientSession& session) {
    const auto carrier = session.live().carrier();
    return carrier ? carrier->way() : "";
  }

  asio::io_context loop{1};
  fs::path directory;
  std::uint16_t echo_port = 0;
  std::string link;
  std::unique_ptr<store::Store> store;
  std::optional<gateway::Gateway> gateway;
  std::optional<agent::Agent> agent;
};

// Sends all of it through a channel and gives back what comes.
asio::awaitable<ByteString> round_trip(client::ClientSession& session, ByteString sent) {
  const auto executor = co_await asio::this_coro::executor;
  const auto channel = co_await session.live().open("echo");
  asio::local::stream_protocol::socket ours(executor), theirs(executor);
  asio::local::connect_pair(ours, theirs);
  auto local = std::make_unique<net::PlainStream>(std::move(theirs));
  asio::co_spawn(executor, session.live().bridge(channel.number, std::move(local)),
                 [](std::exception_ptr, std::optional<inner::ChannelError> broken) {
                   EXPECT_FALSE(broken.has_value());
                 });
  asio::co_spawn(
      executor,
      [](auto& socket, const ByteString& bytes) -> asio::awaitable<void> {
        co_await asio::async_write(socket, asio::buffer(bytes), asio::use_awaitable);
        socket.shutdown(asio::socket_base::shutdown_send);
      }(ours, sent),
      [](std::exception_ptr e) { EXPECT_FALSE(e); });
  ByteString got;
  ErrorCode end;
  co_await asio::async_read(ours, asio::dynamic_buffer(got),
                            asio::redirect_error(asio::use_awaitable, end));
  co_return got;
}

TEST_F(Whole, BytesComeBackAsTheyWereSent) {
  const auto session = open();
  ByteString sent(3'000'000);
  for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = std::uint8_t(i * 2654435761u >> 13);
  const ByteString got = run(round_trip(*session, sent));
  EXPECT_EQ(got.size(), sent.size());
  EXPECT_TRUE(got == sent);
}

TEST_F(Whole, AWrongPasswordIsAskedForAgainAndThenRefused) {
  EXPECT_NO_THROW(open({"Wrong-password-1", password}));
  EXPECT_THROW(open({"Wrong-1", "Wrong-2", "Wrong-3", password}), client::WrongPassword);
}

TEST_F(Whole, AnUnknownComputerIsUnavailable) {
  const auto way = std::make_shared<const peer::Door>(door());
  client::Pins pins(directory / "client");
  try {
    run(client::ClientSession::open(way, pins, reach("nobody", {password})));
    FAIL() << "reached a computer that is not there";
  } catch (const control::RefusedByGateway& refused) {
    EXPECT_EQ(refused.reason, control::Refusal::unavailable);
  }
}

TEST_F(Whole, AnotherIdentityBehindAKnownIdIsAHardStop) {
  const auto way = std::make_shared<const peer::Door>(door());
  client::Pins pins(directory / "client");
  pins.set({"test", way->profile.key_label.text(), *control::ComputerId::parse("pc"),
            crypto::AgentId(crypto::sha256(as_bytes("another"))), 1});
  EXPECT_THROW(run(client::ClientSession::open(way, pins, reach("pc", {password}))),
               inner::IdentityChanged);
}

TEST_F(Whole, TheAgentOpensOnlyWhatItsOwnerNamed) {
  const auto session = open();
  const auto refusal = [&](const std::string& target) -> std::optional<inner::ChannelError> {
    try {
      run(session->live().open(target));
      return std::nullopt;
    } catch (const peer::ChannelRefused& refused) {
      return refused.reason;
    }
  };
  EXPECT_EQ(refusal("echo"), std::nullopt);
  EXPECT_EQ(refusal("nobody"), inner::ChannelError::not_listening);
  EXPECT_EQ(refusal("desktop"), inner::ChannelError::unknown_target);
  EXPECT_EQ(refusal("127.0.0.1:22"), inner::ChannelError::not_allowed);
}

TEST_F(Whole, ARevokedKeyEndsItsSessionsAndAdmitsNobody) {
  const auto session = open();
  const auto label = door().profile.key_label;
  store->revoke_key(label, 1);
  gateway->key_revoked(label);
  until([&] { return session->live().over(); });
  EXPECT_TRUE(session->live().failure());
  EXPECT_THROW(open(), control::RefusedByGateway);
}

TEST_F(Whole, WithoutAGatewayTheAgentIsReachedDirectly) {
  const net::Address at = agent_listens();
  gateway->stop();
  EXPECT_THROW(open(), std::exception);
  const auto session = open({password}, {at});
  EXPECT_EQ(way_of(*session), "direct " + at.text());
  EXPECT_EQ(run(round_trip(*session, ByteString(100'000, 7))).size(), 100'000u);
  EXPECT_THROW(open({"Wrong-password-1"}, {at}), client::WrongPassword);
}

// Neither side keeps a connection that the session has left.
TEST_F(Whole, ASessionThatHasMovedHoldsOneCarrier) {
  const auto descriptors = [] {
    const fs::directory_iterator all("/proc/self/fd");
    return std::distance(fs::begin(all), fs::end(all));
  };
  const net::Address at = agent_listens();
  loop.run_for(200ms);
  const auto before = descriptors();
  const auto session = open({password}, {at});
  until([&] { return session->live().resumes() == 1 && gateway->pairs().empty(); });
  loop.run_for(200ms);
  // Both ends of the direct connection, and the client's ear for changes of its networks.
  EXPECT_LE(descriptors(), before + 3);
}

TEST_F(Whole, ASessionMovesToTheDirectWayAndOutlivesIt) {
  const net::Address at = agent_listens();
  const auto session = open({password}, {at});
  EXPECT_NE(session->way(), "direct " + at.text()) << "nobody is known at first contact";
  until([&] { return way_of(*session) == "direct " + at.text(); });

  session->live().carrier()->fail(
      std::make_exception_ptr(std::system_error(std::make_error_code(std::errc::timed_out))));
  until([&] { return !way_of(*session).empty(); });
  EXPECT_EQ(run(round_trip(*session, ByteString(100'000, 7))).size(), 100'000u);
}

TEST_F(Whole, SomebodyElseAtTheDirectAddressIsPassedOver) {
  const net::Address at = agent_listens();
  const auto way = std::make_shared<const peer::Door>(door());
  client::Pins pins(directory / "client");
  pins.set({"test", way->profile.key_label.text(), *control::ComputerId::parse("pc"),
            crypto::AgentId(crypto::sha256(as_bytes("another"))), 1});
  gateway->stop();
  try {
    open({password}, {at});
    FAIL() << "another agent was taken for ours";
  } catch (const inner::IdentityChanged&) {
    FAIL() << "anybody on a LAN could raise that alarm";
  } catch (const std::exception&) {  // that the gateway cannot be reached
  }
}

TEST_F(Whole, TheListShowsWhoIsHere) {
  const auto way = std::make_shared<const peer::Door>(door());
  const auto agents = run(client::list_agents(*way));
  ASSERT_EQ(agents.size(), 1u);
  EXPECT_EQ(agents[0].computer.value, "pc");
}

}  // namespace
}  // namespace tasuki
