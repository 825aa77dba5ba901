#include "client/way_in.h"

#include "client/attempt.h"
#include "net/signal.h"

namespace tasuki::client {
namespace {

using namespace std::chrono_literals;
using inner::ClientEnd;
using Clock = std::chrono::steady_clock;

// For the agent to show itself, once a gateway has led to it.
constexpr auto agent_limit = 20s;

// A gateway that is there at all answers sooner.
constexpr auto gateway_first = 3s;

asio::awaitable<Sealed> seal_through_gateway(std::shared_ptr<const peer::Door> door,
                                             control::ComputerId computer, ClientEnd::Whom whom,
                                             ClientEnd::Self self) {
  Approach made = co_await approach(*door, computer);
  Sealed sealed = co_await seal(std::move(made), std::move(whom), std::move(self), agent_limit);
  co_return sealed;
}

}  // namespace

asio::awaitable<Sealed> find_way(std::shared_ptr<const peer::Door> door,
                                 control::ComputerId computer, DirectWays direct,
                                 ClientEnd::Whom whom, ClientEnd::Self self) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer bell(executor);
  const std::function<void()> ring = [&bell] { bell.cancel(); };
  Attempt<Sealed> through(executor, ring, seal_through_gateway(door, computer, whom, self));
  std::optional<Attempt<Sealed>> directly;
  if (direct.any()) directly.emplace(executor, ring, find_directly(direct, whom, self));

  const auto patience = whom.pin ? Clock::time_point::min() : Clock::now() + gateway_first;
  Sealed found;
  for (;;) {
    if (through.succeeded()) co_return through.take();
    if (directly && directly->succeeded()) found = directly->take();
    if (found && found.carrier()->over()) found = {};
    if (found && (through.done() || Clock::now() >= patience)) co_return found;
    const bool searching = directly && !directly->done();
    if (!found && !searching && through.failure()) std::rethrow_exception(through.failure());
    bell.expires_at(found ? patience : Clock::time_point::max());
    ErrorCode rung;
    co_await bell.async_wait(asio::redirect_error(asio::use_awaitable, rung));
  }
}

}  // namespace tasuki::client
