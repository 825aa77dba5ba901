// An agent's registration with two real gateways, each behind a relay of the test's own
// that can be cut or fall silent. The lab does the same with real networks.
#include "agent/registration.h"
#include "gateway/gateway.h"

#include <gtest/gtest.h>
#include <boost/asio/write.hpp>

#include <csignal>
#include <filesystem>

namespace tasuki {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

// Carries bytes between whoever connects and a gateway, until it is told not to.
class Relay : public std::enable_shared_from_this<Relay> {
public:
  explicit Relay(asio::io_context& loop)
      : loop_(loop), acceptor_(loop, {asio::ip::address_v4::loopback(), 0}) {}

  void start(const tcp::endpoint& gateway) {
    asio::co_spawn(loop_, accept(gateway), [self = shared_from_this()](std::exception_ptr) {});
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  void fall_silent() { silent_ = true; }
  void speak_again() { silent_ = false; }
  void stop() { acceptor_.close(); }

private:
  using Socket = std::shared_ptr<tcp::socket>;

  asio::awaitable<void> accept(tcp::endpoint gateway) {
    for (;;) {
      const auto near = std::make_shared<tcp::socket>(loop_);
      co_await acceptor_.async_accept(*near, asio::use_awaitable);
      const auto far = std::make_shared<tcp::socket>(loop_);
      co_await far->async_connect(gateway, asio::use_awaitable);
      const auto self = shared_from_this();
      asio::co_spawn(loop_, carry(near, far), [self](std::exception_ptr) {});
      asio::co_spawn(loop_, carry(far, near), [self](std::exception_ptr) {});
    }
  }
  asio::awaitable<void> carry(Socket from, Socket to) {
    std::array<char, 4096> block{};
    for (;;) {
      ErrorCode error;
      const std::size_t n = co_await from->async_read_some(
          asio::buffer(block), asio::redirect_error(asio::use_awaitable, error));
      if (error) break;
      if (!silent_) co_await asio::async_write(*to, asio::buffer(block, n), asio::use_awaitable);
    }
    ErrorCode ignored;
    if (!silent_) to->close(ignored);
  }

  asio::io_context& loop_;
  tcp::acceptor acceptor_;
  bool silent_ = false;
};

class ARegistration : public testing::Test {
protected:
  struct Place {
    std::unique_ptr<store::Store> store;
    std::unique_ptr<gateway::Gateway> gateway;
    std::shared_ptr<Relay> relay;
    std::size_t agents() const { return gateway->agents().size(); }
  };

  // Everything that a registration refers to.
  struct Owner {
    agent::Identity identity;
    peer::Door door;
  };

  ARegistration() {
    std::signal(SIGPIPE, SIG_IGN);  // as any program of ours does
    directory = fs::temp_directory_path() / ("tasuki-registration-" + std::to_string(::getpid()));
    fs::remove_all(directory);
    fs::create_directories(directory);
    log::open({directory / "log", "T", 16, 2, log::Level::debug});
    const std::string link = make_gateways();
    agent::enroll(directory / "agent", link, *control::ComputerId::parse("pc"),
                  crypto::Secret(as_bytes("Right-password-1")), config::Strength::required,
                  config::Language::english);
    agent::Identity identity = agent::load_identity(directory / "agent");
    peer::Door door(identity.profile.copy(), "test");
    door.proxy_for = [](const net::Address&) { return net::Proxy{}; };
    owner = std::make_shared<Owner>(Owner{std::move(identity), std::move(door)});
    start();
  }

  ~ARegistration() override {
    registration->stop();
    for (Place* place : {&first, &second}) {
      place->gateway->stop();
      place->relay->stop();
    }
    loop.run_for(50ms);
    std::error_code ignored;
    fs::remove_all(directory, ignored);
  }

  // Two that have the same state; the profile leads to their relays.
  std::string make_gateways() {
    first.relay = std::make_shared<Relay>(loop);
    second.relay = std::make_shared<Relay>(loop);
    gateway::InitRequest request;
    request.state = directory / "first";
    request.realm = "test";
    request.addresses = {{"127.0.0.1", first.relay->port()}, {"127.0.0.1", second.relay->port()}};
    const std::string link = gateway::init(request).link;
    fs::copy(directory / "first", directory / "second", fs::copy_options::recursive);
    for (Place* place : {&first, &second}) {
      gateway::GatewayConfig config;
      config.state = directory / (place == &first ? "first" : "second");
      config.listen = {{asio::ip::address_v4::loopback(), 0}};
      config.limits.allow = {*config::Netblock::parse("127.0.0.0/8")};
      place->store = store::open_sqlite(config.state / "store.db");
      place->gateway = std::make_unique<gateway::Gateway>(
          loop, config, gateway::load_material(config.state), *place->store);
      place->gateway->start();
      place->relay->start(place->gateway->listening().front());
    }
    return link;
  }

  void start() {
    agent::Registration::Events events;
    events.incoming = [](const control::Incoming&, const net::Address&) {};
    events.on_drain = [this](const net::Address& gateway) { drained.push_back(gateway.port); };
    events.has_sessions = [] { return true; };
    events.fatal = [](std::exception_ptr why) { std::rethrow_exception(why); };
    registration = std::make_shared<agent::Registration>(loop, owner->door, owner->identity, 1s,
                                                         std::move(events));
    registration->start(owner);
    until([&] { return registration->gateway() == name_of(0); });
  }

  std::string name_of(std::size_t place) const {
    return owner->door.profile.gateways[place].text();
  }

  template <typename Done>
  void until(Done done) {
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (!done() && std::chrono::steady_clock::now() < limit) loop.run_one_for(100ms);
    ASSERT_TRUE(done());
  }

  asio::io_context loop{1};
  fs::path directory;
  Place first, second;
  std::shared_ptr<Owner> owner;
  std::shared_ptr<agent::Registration> registration;
  std::vector<std::uint16_t> drained;
};

TEST_F(ARegistration, IsElsewhereSoonWhenSomebodyDoubtsASilentLine) {
  first.relay->fall_silent();
  loop.run_for(500ms);
  EXPECT_EQ(second.agents(), 0u) << "nobody has noticed yet";

  const auto doubted = std::chrono::steady_clock::now();
  registration->check_now();
  until([&] { return second.agents() == 1; });
  EXPECT_LT(std::chrono::steady_clock::now() - doubted, 10s) << "long before the next Ping";
  until([&] { return registration->gateway() == name_of(1); });
}

TEST_F(ARegistration, StaysWhereItIsWhenADoubtedLineAnswers) {
  registration->check_now();
  loop.run_for(4s);
  EXPECT_EQ(first.agents(), 1u);
  EXPECT_EQ(second.agents(), 0u);
}

TEST_F(ARegistration, ReturnsAndIsForgottenAtOnceWhereItWas) {
  first.relay->fall_silent();
  registration->check_now();
  until([&] { return second.agents() == 1; });
  first.relay->speak_again();
  first.gateway->agents().front()->shared_from_this()->abort({});  // the line that fell silent
  until([&] { return first.agents() == 1; });
  until([&] { return second.agents() == 0; });
  EXPECT_TRUE(drained.empty());
}

TEST_F(ARegistration, IsElsewhereBeforeItLeavesADrainedGatewayAndSaysSo) {
  bool gone = false;
  first.gateway->drain(300s, [&] { gone = true; });
  std::size_t fewest = 2;
  until([&] {
    fewest = std::min(fewest, first.agents() + second.agents());
    return gone;
  });
  EXPECT_GE(fewest, 1u) << "registered somewhere at every moment";
  EXPECT_EQ(second.agents(), 1u);
  EXPECT_EQ(drained, std::vector<std::uint16_t>{first.relay->port()});
}

TEST_F(ARegistration, KeepsItsOwnerUntilItHasStopped) {
  const std::weak_ptr<Owner> alive = owner;
  owner.reset();
  loop.run_for(10ms);
  EXPECT_FALSE(alive.expired());
  registration->stop();
  until([&] { return alive.expired(); });
}

}  // namespace
}  // namespace tasuki
