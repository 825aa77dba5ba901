#include "client/lifeline.h"

#include "client/client.h"
#include "net/signal.h"

#include <random>

namespace tasuki::client {
namespace {

using namespace std::chrono_literals;
using inner::ClientEnd;
using Clock = std::chrono::steady_clock;

// An agent that lives comes within milliseconds; one that does not may be at another
// gateway already.
constexpr auto pairing_limit = 3s;

// For the agent, once it is reached: the seal, then its answer to Resume.
constexpr auto agent_limit = 5s;

// Between two attempts at one gateway. An agent that was cut off along with us is back
// within moments; whoever has been away for long can wait a little longer.
constexpr std::chrono::milliseconds first_pause{50};
constexpr std::chrono::milliseconds longest_pause{250};
constexpr std::chrono::milliseconds longest_pause_later{2'000};
constexpr auto later = 10s;

// Each gateway has so much of a start over the next of the profile; the one that was
// lost silently, or asked us to go, comes last of all.
constexpr std::chrono::milliseconds head_start{50};

// Spread, so that clients that lost a gateway together do not come back together.
std::chrono::milliseconds spread(std::chrono::milliseconds pause) {
  static thread_local std::minstd_rand generator(std::random_device{}());
  return pause / 2 + std::chrono::milliseconds(generator() % (1 + unsigned(pause.count())));
}

// Refusals that no other moment will mend.
bool is_lasting(control::Refusal reason) {
  return reason == control::Refusal::gateway_key || reason == control::Refusal::revoked ||
         reason == control::Refusal::version;
}

// Waits while the end is in this phase. Throws what the carrier died of.
asio::awaitable<void> while_in(std::shared_ptr<peer::Carrier> carrier, const ClientEnd& end,
                               ClientEnd::Phase phase) {
  const auto late = std::make_exception_ptr(
      std::system_error(std::make_error_code(std::errc::timed_out), "the agent does not answer"));
  asio::steady_timer limit(carrier->executor(), agent_limit);
  limit.async_wait([carrier, late](ErrorCode cancelled) {
    if (!cancelled) carrier->fail(late);
  });
  while (!carrier->over() && end.phase() == phase) co_await carrier->changed();
  limit.cancel();
  if (carrier->failure()) std::rethrow_exception(carrier->failure());
  if (carrier->over() && end.phase() == phase)
    throw inner::SealError(inner::SealError::Cause::truncated, "the agent hung up");
}

// A carrier whose end waits to be given a session.
struct Sealed {
  std::shared_ptr<peer::Carrier> carrier;
  ClientEnd* end = nullptr;  // the carrier's
};

// One search, over all gateways at the same time: where the agent is first found, it is.
struct Hunt {
  explicit Hunt(asio::any_io_executor executor) : changed(std::move(executor)) {}
  const Clock::time_point since = Clock::now();
  std::optional<Sealed> found;
  std::size_t gateways = 0;    // still searched
  std::exception_ptr failure;  // the last one
  bool called_off = false;
  net::Signal changed;
};

// Shared by its coroutines: attempts that come too late end by themselves.
class Reviver : public std::enable_shared_from_this<Reviver> {
public:
  Reviver(std::shared_ptr<peer::LiveSession> live, Lifeline line)
      : live_(std::move(live)), line_(std::move(line)) {}

  asio::awaitable<void> run() {
    const auto self = shared_from_this();
    while (!live_->over()) {
      if (const auto& carrier = live_->carrier()) last_way_ = carrier->way();
      const bool wanted = live_->lost() || live_->asked_to_move();
      if (wanted)
        co_await revive();
      else
        co_await live_->changed();
    }
  }

private:
  asio::awaitable<void> revive() {
    const std::optional<Sealed> found = co_await find();
    if (!found) co_return;
    std::exception_ptr failure;
    try {
      co_await resume_over(*found);
    } catch (const Denied&) {
      live_->fail(std::current_exception());  // the agent itself says that it is over
    } catch (const std::exception&) {
      failure = std::current_exception();
    }
    if (failure) live_->notice_loss(failure);
  }

  // nullopt: the session is over, or no gateway lets us in any more.
  asio::awaitable<std::optional<Sealed>> find() {
    const auto hunt = std::make_shared<Hunt>(live_->executor());
    std::chrono::milliseconds delay{0};
    for (const net::Address& gateway : in_order()) {
      ++hunt->gateways;
      asio::co_spawn(live_->executor(), search(hunt, gateway, delay),
                     [self = shared_from_this(), hunt](std::exception_ptr) {
                       --hunt->gateways;
                       hunt->changed.notify();
                     });
      delay += head_start;
    }
    // The session's own changes count as well: it may be over, by its window or its owner.
    live_changes_into(hunt);
    while (!hunt->found && hunt->gateways > 0 && !live_->over()) co_await hunt->changed.wait();
    hunt->called_off = true;
    if (hunt->found || live_->over()) co_return hunt->found;
    if (live_->lost()) {
      live_->fail(hunt->failure);
      co_return std::nullopt;
    }
    // We were asked to move, and nobody lets us: stay for as long as it lasts.
    while (!live_->lost() && !live_->over()) co_await live_->changed();
    co_return std::nullopt;
  }

  void live_changes_into(std::shared_ptr<Hunt> hunt) {
    asio::co_spawn(
        live_->executor(),
        [](std::shared_ptr<peer::LiveSession> live,
           std::shared_ptr<Hunt> to) -> asio::awaitable<void> {
          while (!to->called_off) {
            co_await live->changed();
            to->changed.notify();
          }
        }(live_, hunt),
        [](std::exception_ptr) {});
  }

  // The profile's, but the one that failed us, or asked us to go, comes last.
  std::vector<net::Address> in_order() const {
    std::vector<net::Address> order = line_.door->profile.gateways;
    std::stable_partition(order.begin(), order.end(),
                          [&](const net::Address& at) { return at.text() != last_way_; });
    return order;
  }

  // At one gateway, again and again, until somebody has found the agent.
  asio::awaitable<void> search(std::shared_ptr<Hunt> hunt, net::Address gateway,
                               std::chrono::milliseconds delay) {
    asio::steady_timer pause(live_->executor());
    std::chrono::milliseconds length = first_pause;
    while (!hunt->called_off) {
      if (delay > 0ms) {
        pause.expires_after(delay);
        ErrorCode ignored;
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      }
      if (hunt->called_off) co_return;
      bool hopeless = false;
      try {
        Sealed sealed = co_await seal_through(gateway);
        if (hunt->called_off || hunt->found) co_return sealed.carrier->detach();
        hunt->found = std::move(sealed);
        co_return;
      } catch (const control::RefusedByGateway& refused) {
        hunt->failure = std::current_exception();
        hopeless = is_lasting(refused.reason);
      } catch (const std::exception&) {
        hunt->failure = std::current_exception();
      }
      if (hopeless) co_return;
      delay = spread(length);
      length = std::min(2 * length,
                        Clock::now() - hunt->since < later ? longest_pause : longest_pause_later);
    }
  }

  asio::awaitable<Sealed> seal_through(net::Address gateway) {
    Approach made =
        co_await approach(*line_.door, gateway, line_.computer, peer::hurried, pairing_limit);
    auto owned_end = std::make_unique<ClientEnd>(seal_, line_.whom, std::nullopt);
    Sealed sealed;
    sealed.end = owned_end.get();
    sealed.carrier = std::make_shared<peer::Carrier>(std::move(made.stream), std::move(owned_end),
                                                     std::move(made.way));
    sealed.carrier->start(std::move(made.arrived));
    co_await while_in(sealed.carrier, *sealed.end, ClientEnd::Phase::connecting);
    co_return sealed;
  }

  asio::awaitable<void> resume_over(Sealed sealed) {
    if (live_->over()) co_return sealed.carrier->detach();
    // From here on nothing is read from the old carrier any more.
    live_->leave_carrier();
    sealed.end->resume(live_->session());
    sealed.carrier->flush();
    std::exception_ptr failure;
    try {
      co_await while_in(sealed.carrier, *sealed.end, ClientEnd::Phase::connecting);
    } catch (const std::exception&) {
      failure = std::current_exception();
    }
    if (!failure && sealed.end->open() && !live_->over()) co_return live_->adopt(sealed.carrier);
    const bool denied = sealed.end->phase() == ClientEnd::Phase::denied;
    sealed.carrier->detach();
    if (failure) std::rethrow_exception(failure);
    if (denied) throw Denied(sealed.end->denied().reason, sealed.end->denied().message.value);
  }

  const std::shared_ptr<peer::LiveSession> live_;  // shared with its owner
  const Lifeline line_;
  const inner::SealContext seal_ = inner::SealContext::client();
  std::string last_way_;
};

}  // namespace

asio::awaitable<void> keep_alive(std::shared_ptr<peer::LiveSession> live, Lifeline line) {
  const auto reviver = std::make_shared<Reviver>(std::move(live), std::move(line));
  co_await reviver->run();
}

}  // namespace tasuki::client
