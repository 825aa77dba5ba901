// Over loopback, which the owner's list has to allow.
#include "agent/direct.h"

#include "support/loop.h"

#include <sys/socket.h>

namespace tasuki::agent {
namespace {

class Entrance : public testing::Test {
protected:
  DirectEntrance open(const char* allow, const char* at = "127.0.0.1") {
    Direct config;
    config.listen = tcp::endpoint(asio::ip::make_address(at), 0);
    config.announce = false;
    config.allow = {*config::Netblock::parse(allow)};
    return DirectEntrance(loop_, config, "name", [this](DirectEntrance::Visitor visitor) {
      visitors_.push_back(std::move(visitor));
    });
  }

  tcp::socket call(const DirectEntrance& entrance) {
    tcp::socket socket(loop_);
    socket.connect({asio::ip::make_address("127.0.0.1"), entrance.listening().port()});
    return socket;
  }

  // Whether the other side has hung up; false: it is silent.
  bool hung_up(tcp::socket& socket) {
    char byte;
    const ssize_t n = ::recv(socket.native_handle(), &byte, 1, MSG_DONTWAIT);
    EXPECT_LE(n, 0) << "it said something";
    return n == 0 || (n < 0 && errno == ECONNRESET);
  }

  asio::io_context loop_{1};
  std::vector<DirectEntrance::Visitor> visitors_;
};

TEST_F(Entrance, LetsInWhomTheListAllowsAndSaysNothingToHim) {
  const DirectEntrance entrance = open("127.0.0.0/8");
  tcp::socket caller = call(entrance);
  ASSERT_TRUE(test::run_until(loop_, [&] { return !visitors_.empty(); }));
  EXPECT_TRUE(visitors_[0].from.starts_with("127.0.0.1:"));
  test::settle(loop_);
  EXPECT_FALSE(hung_up(caller));
}

TEST_F(Entrance, HangsUpOnOthersWithoutAWord) {
  const DirectEntrance entrance = open("192.0.2.0/24");
  tcp::socket caller = call(entrance);
  EXPECT_TRUE(test::run_until(loop_, [&] { return hung_up(caller); }));
  EXPECT_TRUE(visitors_.empty());
}

TEST_F(Entrance, KnowsIpv4OnADualStackSocket) {
  const DirectEntrance entrance = open("127.0.0.0/8", "::");
  tcp::socket caller = call(entrance);
  ASSERT_TRUE(test::run_until(loop_, [&] { return !visitors_.empty(); }));
  EXPECT_TRUE(visitors_[0].from.starts_with("127.0.0.1:")) << visitors_[0].from;
}

TEST_F(Entrance, LetsInAgainOnceAVisitorHasProvedHimself) {
  const DirectEntrance entrance = open("127.0.0.0/8");
  std::vector<tcp::socket> callers;
  for (unsigned i = 0; i < Knocks::most_per_source; ++i) callers.push_back(call(entrance));
  ASSERT_TRUE(test::run_until(loop_, [&] { return visitors_.size() == Knocks::most_per_source; }));
  tcp::socket too_many = call(entrance);
  ASSERT_TRUE(test::run_until(loop_, [&] { return hung_up(too_many); }));
  visitors_[0].unproved.reset();
  tcp::socket again = call(entrance);
  EXPECT_TRUE(
      test::run_until(loop_, [&] { return visitors_.size() == Knocks::most_per_source + 1; }));
}

TEST_F(Entrance, IsNotThereAnyMoreOnceItIsGone) {
  std::uint16_t port = 0;
  {
    const DirectEntrance entrance = open("127.0.0.0/8");
    port = entrance.listening().port();
    test::settle(loop_);
  }
  test::settle(loop_);
  tcp::socket socket(loop_);
  ErrorCode error;
  socket.connect({asio::ip::make_address("127.0.0.1"), port}, error);
  EXPECT_EQ(error, asio::error::connection_refused);
}

TEST_F(Entrance, SaysWhereItCannotListen) {
  const DirectEntrance first = open("127.0.0.0/8");
  Direct config;
  config.listen = first.listening();
  config.announce = false;
  try {
    DirectEntrance second(loop_, config, "name", {});
    FAIL() << "two on one port";
  } catch (const CannotListen& error) {
    EXPECT_EQ(error.code, std::errc::address_in_use);
    EXPECT_TRUE(error.at.starts_with("127.0.0.1:"));
  }
}

}  // namespace
}  // namespace tasuki::agent
