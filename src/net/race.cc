// A host with a broken IPv6 route, or with one dead address of several, must not
// cost its user a time-out: the addresses run against each other.
#include "net/race.h"

#include "net/descriptor.h"

#include <sys/socket.h>
#include <algorithm>
#include <boost/asio/cancellation_type.hpp>
#include <list>
#include <memory>
#include <optional>

namespace tasuki::net {
namespace {
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto head_start = 250ms;  // RFC 8305, section 8: "Connection Attempt Delay"

// Close-on-exec from the start: the client runs viewers, which must not inherit it.
tcp::socket open_socket(const asio::any_io_executor& executor, const tcp& protocol) {
  Descriptor fd(::socket(protocol.family(), SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP));
  return tcp::socket(executor, protocol, fd.release());
}

// Shared by the coroutine and the pending connects, whose handlers may run after it.
class Runners : public std::enable_shared_from_this<Runners> {
public:
  explicit Runners(const asio::any_io_executor& executor) : bell_(executor) {}

  void start(const tcp::endpoint& endpoint) {
    try {
      auto& socket = sockets_.emplace_back(open_socket(bell_.get_executor(), endpoint.protocol()));
      socket.async_connect(endpoint, [self = shared_from_this(), &socket](ErrorCode error) {
        self->arrived(socket, error);
      });
      ++running_;
    } catch (const std::system_error& no_socket) {
      note(no_socket.code());  // as when this machine has no IPv6
    }
    next_start_ = running_ ? Clock::now() + head_start : Clock::now();
  }

  asio::awaitable<void> wait(Clock::time_point until) {
    bell_.expires_at(until);
    ErrorCode rung;
    co_await bell_.async_wait(asio::redirect_error(asio::use_awaitable, rung));
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
      throw boost::system::system_error(asio::error::operation_aborted);
  }

  void end() noexcept {
    over_ = true;
    ErrorCode ignored;
    for (auto& socket : sockets_) socket.close(ignored);
  }

  bool running() const { return running_ > 0; }
  Clock::time_point next_start() const { return next_start_; }
  std::optional<tcp::socket>& winner() { return winner_; }
  ErrorCode failure() const { return failure_; }

private:
  void arrived(tcp::socket& socket, ErrorCode error) {
    --running_;
    if (over_) return;
    if (error) {
      note(error);
      next_start_ = Clock::now();
    } else if (!winner_) {
      winner_.emplace(std::move(socket));
    }
    bell_.cancel();
  }

  // A refusal comes from the host itself; "unreachable" often only says that
  // this machine lacks the family.
  static int weight(ErrorCode error) {
    if (error == asio::error::connection_refused) return 3;
    if (error == asio::error::timed_out) return 2;
    return error ? 1 : 0;
  }
  void note(ErrorCode error) {
    if (weight(error) > weight(failure_)) failure_ = error;
  }

  asio::steady_timer bell_;
  std::list<tcp::socket> sockets_;  // a list: handlers hold references
  std::optional<tcp::socket> winner_;
  ErrorCode failure_;
  Clock::time_point next_start_ = Clock::time_point::min();
  int running_ = 0;
  bool over_ = false;
};

struct EndAtScope {  // whichever way the coroutine ends, cancellation included
  std::shared_ptr<Runners> runners;
  ~EndAtScope() { runners->end(); }
};

}  // namespace

std::vector<tcp::endpoint> alternate_families(const std::vector<tcp::endpoint>& endpoints) {
  std::list<tcp::endpoint> rest(endpoints.begin(), endpoints.end());
  std::vector<tcp::endpoint> order;
  while (!rest.empty()) {
    const auto other_family = [&](const tcp::endpoint& each) {
      return !order.empty() && each.protocol() != order.back().protocol();
    };
    auto next = std::find_if(rest.begin(), rest.end(), other_family);
    if (next == rest.end()) next = rest.begin();
    order.push_back(*next);
    rest.erase(next);
  }
  return order;
}

asio::awaitable<tcp::socket> race(std::vector<tcp::endpoint> endpoints, Clock::time_point until) {
  const auto executor = co_await asio::this_coro::executor;
  const auto runners = std::make_shared<Runners>(executor);
  const EndAtScope end{runners};

  auto next = endpoints.cbegin();
  while (!runners->winner()) {
    const bool more = next != endpoints.cend();
    if (!more && !runners->running()) throw boost::system::system_error(runners->failure());
    if (Clock::now() >= until) throw boost::system::system_error(asio::error::timed_out);
    if (more && Clock::now() >= runners->next_start()) {
      runners->start(*next++);
      continue;
    }
    const auto patience = more ? std::min(until, runners->next_start()) : until;
    co_await runners->wait(patience);
  }

  tcp::socket socket = std::move(*runners->winner());
  socket.set_option(tcp::no_delay(true));
  co_return socket;
}

}  // namespace tasuki::net
