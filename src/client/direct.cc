#include "client/direct.h"

#include "client/attempt.h"
#include "lan/discovery.h"
#include "log/log.h"
#include "net/linux/tcp_options.h"
#include "net/race.h"

#include <list>

namespace tasuki::client {
namespace {

using namespace std::chrono_literals;
using inner::ClientEnd;
using Clock = std::chrono::steady_clock;

constexpr auto discovery_limit = 300ms;

// On a LAN an answer takes milliseconds. Whoever needs longer does not help.
constexpr auto connect_limit = 1s;
constexpr auto seal_limit = 2s;

// As RFC 8305 has it for addresses of one host; less, since they are near.
constexpr auto head_start = 100ms;

const std::string direct_prefix = "direct ";

// It is nothing that a person has to know: somebody else has that address, or that name.
void log_hint(std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const inner::IdentityChanged& other) {
    log::event(log::Level::debug, "DIRECT_IS_ANOTHER", {{"agent", other.actual.text()}});
  } catch (const std::exception& error) {
    log::event(log::Level::debug, "DIRECT_NOT_REACHED", {{"reason", error.what()}});
  }
}

std::string text(const tcp::endpoint& endpoint) {
  return net::Address{endpoint.address().to_string(), endpoint.port()}.text();
}

Approach approach_of(tcp::socket socket, const std::string& where) {
  net::set_tcp_options(socket.native_handle());
  return {std::make_unique<net::PlainStream>(std::move(socket)), {}, direct_prefix + where};
}

asio::awaitable<Sealed> try_address(net::Address at, ClientEnd::Whom whom, ClientEnd::Self self) {
  const net::Proxy no_proxy;
  tcp::socket socket = co_await net::reach(at, no_proxy, connect_limit);
  Approach made = approach_of(std::move(socket), at.text());
  Sealed sealed = co_await seal(std::move(made), std::move(whom), std::move(self), seal_limit);
  co_return sealed;
}

asio::awaitable<Sealed> try_endpoint(tcp::endpoint at, ClientEnd::Whom whom, ClientEnd::Self self) {
  std::vector<tcp::endpoint> one(1, at);
  tcp::socket socket = co_await net::race(std::move(one), Clock::now() + connect_limit);
  Approach made = approach_of(std::move(socket), text(at));
  Sealed sealed = co_await seal(std::move(made), std::move(whom), std::move(self), seal_limit);
  co_return sealed;
}

// All the places, each with a head start over the next, while more are asked for.
class Hunt {
public:
  Hunt(asio::any_io_executor executor, ClientEnd::Whom whom, ClientEnd::Self self)
      : executor_(std::move(executor)),
        whom_(std::move(whom)),
        self_(std::move(self)),
        bell_(executor_) {}

  asio::awaitable<Sealed> run(DirectWays ways) {
    std::optional<Attempt<std::vector<tcp::endpoint>>> search;
    if (!ways.name.empty())
      search.emplace(executor_, ring(), lan::discover(ways.name, discovery_limit));
    for (const net::Address& at : ways.addresses)
      waiting_.push_back(
          [this, at] { tries_.emplace_back(executor_, ring(), try_address(at, whom_, self_)); });
    for (;;) {
      if (search && search->succeeded()) enqueue(search->take());
      Sealed found = look_through_tries();
      if (found) co_return found;
      if (!waiting_.empty() && (tries_.empty() || Clock::now() >= next_start_)) {
        next_start_ = Clock::now() + head_start;
        waiting_.front()();
        waiting_.pop_front();
        continue;
      }
      const bool searching = search && !search->done();
      if (tries_.empty() && waiting_.empty() && !searching) co_return Sealed();
      bell_.expires_at(waiting_.empty() ? Clock::time_point::max() : next_start_);
      ErrorCode rung;
      co_await bell_.async_wait(asio::redirect_error(asio::use_awaitable, rung));
    }
  }

private:
  std::function<void()> ring() {
    return [this] { bell_.cancel(); };
  }

  void enqueue(const std::vector<tcp::endpoint>& found) {
    for (const tcp::endpoint& at : found)
      waiting_.push_back(
          [this, at] { tries_.emplace_back(executor_, ring(), try_endpoint(at, whom_, self_)); });
  }

  // The one that is sealed, if any. Those that failed are no more of interest.
  Sealed look_through_tries() {
    for (auto each = tries_.begin(); each != tries_.end();) {
      if (each->succeeded()) return each->take();
      if (each->failure()) log_hint(each->failure());
      each = each->done() ? tries_.erase(each) : std::next(each);
    }
    return {};
  }

  const asio::any_io_executor executor_;
  const ClientEnd::Whom whom_;
  const ClientEnd::Self self_;
  asio::steady_timer bell_;
  std::list<std::function<void()>> waiting_;
  std::list<Attempt<Sealed>> tries_;
  Clock::time_point next_start_{};
};

}  // namespace

bool is_direct(const std::string& way) {
  return way.starts_with(direct_prefix);
}

asio::awaitable<Sealed> find_directly(DirectWays ways, ClientEnd::Whom whom, ClientEnd::Self self) {
  const auto executor = co_await asio::this_coro::executor;
  Hunt hunt(executor, std::move(whom), std::move(self));
  Sealed sealed = co_await hunt.run(std::move(ways));
  co_return sealed;
}

}  // namespace tasuki::client
