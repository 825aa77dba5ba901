#include "agent/direct.h"

#include "log/log.h"
#include "net/address.h"
#include "net/linux/tcp_options.h"

#include <boost/asio/ip/v6_only.hpp>

namespace tasuki::agent {
namespace {

namespace ip = asio::ip;
using namespace std::chrono_literals;
using Clock = Knocks::Clock;

// A flood of strangers fills no log.
constexpr auto between_refusals_logged = 10s;

// What the kernel says about this machine's networks is believed for so long.
constexpr auto links_hold = 1s;

// When there are no descriptors left: until some come back.
constexpr auto accept_pause = 200ms;

// A dual-stack socket reports IPv4 in IPv6 clothes.
ip::address plain(const ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  return address;
}

std::string text_of(const tcp::endpoint& endpoint) {
  return net::Address{plain(endpoint.address()).to_string(), endpoint.port()}.text();
}

}  // namespace

class DirectEntrance::Listener : public std::enable_shared_from_this<Listener> {
public:
  Listener(asio::io_context& loop, const Direct& config, Take take)
      : loop_(loop), acceptor_(loop), pause_(loop), knocks_(config.allow), take_(std::move(take)) {
    listen(*config.listen);
  }

  void start() {
    asio::co_spawn(loop_, accept(), [self = shared_from_this()](std::exception_ptr) {});
  }

  void stop() {
    ErrorCode ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    take_ = nullptr;
  }

  tcp::endpoint listening() const { return acceptor_.local_endpoint(); }

private:
  void listen(tcp::endpoint at);
  asio::awaitable<void> accept();
  void judge(tcp::socket socket, const tcp::endpoint& from);
  void log_refusal(const std::string& from, Knocks::Verdict verdict);
  const std::vector<net::Link>& links();

  asio::io_context& loop_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  Knocks knocks_;
  Take take_;
  std::vector<net::Link> links_;
  std::optional<Clock::time_point> looked_;  // for these
  std::optional<Clock::time_point> logged_;
  unsigned unlogged_ = 0;
};

void DirectEntrance::Listener::listen(tcp::endpoint at) {
  ErrorCode error;
  acceptor_.open(at.protocol(), error);
  if (error && at.address().is_v6() && at.address().is_unspecified()) {  // no IPv6 here
    at = tcp::endpoint(tcp::v4(), at.port());
    acceptor_.open(at.protocol(), error);
  }
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && at.address().is_v6()) acceptor_.set_option(ip::v6_only(false), error);
  if (!error) acceptor_.bind(at, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) throw CannotListen(text_of(at), error);
}

asio::awaitable<void> DirectEntrance::Listener::accept() {
  while (acceptor_.is_open()) {
    ErrorCode error;
    tcp::endpoint from;
    tcp::socket socket =
        co_await acceptor_.async_accept(from, asio::redirect_error(asio::use_awaitable, error));
    if (!acceptor_.is_open()) co_return;
    if (!error) {
      judge(std::move(socket), from);
      continue;
    }
    pause_.expires_after(accept_pause);
    co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
}

void DirectEntrance::Listener::judge(tcp::socket socket, const tcp::endpoint& from) {
  Knocks::Answer answer = knocks_.knock(plain(from.address()), links(), Clock::now());
  if (answer.verdict != Knocks::Verdict::enter) return log_refusal(text_of(from), answer.verdict);
  net::set_tcp_options(socket.native_handle());
  take_({std::make_unique<net::PlainStream>(std::move(socket)), text_of(from),
         std::move(answer.place)});
}

// The kernel is not asked anew for everyone in a flood.
const std::vector<net::Link>& DirectEntrance::Listener::links() {
  const auto now = Clock::now();
  if (looked_ && now - *looked_ < links_hold) return links_;
  looked_ = now;
  links_ = net::links();
  return links_;
}

void DirectEntrance::Listener::log_refusal(const std::string& from, Knocks::Verdict verdict) {
  ++unlogged_;
  const auto now = Clock::now();
  if (logged_ && now - *logged_ < between_refusals_logged) return;
  log::warning("DIRECT_REFUSED", {{"client", from},
                                  {"reason", std::string(name(verdict))},
                                  {"count", std::to_string(unlogged_)}});
  logged_ = now;
  unlogged_ = 0;
}

DirectEntrance::DirectEntrance(asio::io_context& loop, const Direct& config, std::string name,
                               Take take)
    : listener_(std::make_shared<Listener>(loop, config, std::move(take))) {
  listener_->start();
  log::info("DIRECT_LISTENING", {{"at", text_of(listening())}, {"name", name}});
  if (config.announce)
    announcer_.emplace(loop.get_executor(), std::move(name),
                       std::vector<tcp::endpoint>{listening()});
}

DirectEntrance::~DirectEntrance() {
  announcer_.reset();  // first the goodbye
  listener_->stop();
}

tcp::endpoint DirectEntrance::listening() const {
  return listener_->listening();
}

std::string DirectEntrance::text() const {
  return text_of(listening());
}

}  // namespace tasuki::agent
