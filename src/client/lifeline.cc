#include "client/lifeline.h"

#include "client/attempt.h"
#include "client/client.h"
#include "client/scout.h"

#include <list>
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
bool is_lasting(std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const control::RefusedByGateway& refused) {
    return refused.reason == control::Refusal::gateway_key ||
           refused.reason == control::Refusal::revoked ||
           refused.reason == control::Refusal::version;
  } catch (const std::exception&) {
    return false;
  }
}

asio::awaitable<Sealed> seal_through(std::shared_ptr<const peer::Door> door, net::Address gateway,
                                     control::ComputerId computer, ClientEnd::Whom whom) {
  Approach made = co_await approach(*door, gateway, computer, peer::hurried, pairing_limit);
  Sealed sealed = co_await seal(std::move(made), std::move(whom), std::nullopt, agent_limit);
  co_return sealed;
}

// At one gateway, again and again, until the agent is found there; or throws, when this
// gateway does not let us in any more.
asio::awaitable<Sealed> search(Lifeline line, net::Address gateway,
                               std::chrono::milliseconds delay) {
  const auto executor = co_await asio::this_coro::executor;
  const Clock::time_point since = Clock::now();
  asio::steady_timer pause(executor);
  std::chrono::milliseconds length = first_pause;
  for (;;) {
    pause.expires_after(delay);
    co_await pause.async_wait(asio::use_awaitable);
    std::exception_ptr failure;
    try {
      Sealed sealed = co_await seal_through(line.door, gateway, line.computer, line.whom);
      co_return sealed;
    } catch (const std::exception&) {
      failure = std::current_exception();
    }
    if (is_lasting(failure)) std::rethrow_exception(failure);
    delay = spread(length);
    length =
        std::min(2 * length, Clock::now() - since < later ? longest_pause : longest_pause_later);
  }
}

class Reviver {
public:
  Reviver(std::shared_ptr<peer::LiveSession> live, Lifeline line)
      : live_(std::move(live)), line_(std::move(line)) {}

  ~Reviver() {
    if (scout_) scout_->stop();
  }

  asio::awaitable<void> run() {
    scout_ = std::make_shared<Scout>(live_, line_.direct, line_.whom);
    scout_->start();
    while (!live_->over()) {
      if (const auto& carrier = live_->carrier()) {
        if (last_way_ != carrier->way()) way_since_ = Clock::now();
        last_way_ = carrier->way();
        looks_before_ = scout_->looks();
      }
      const bool wanted = live_->lost() || live_->asked_to_move();
      if (scout_->found())
        co_await go_on_over(scout_->take());
      else if (wanted)
        co_await search_everywhere();
      else
        co_await live_->changed();
    }
  }

private:
  // All gateways at the same time, and the LAN: where the agent is first found, it is.
  asio::awaitable<void> search_everywhere() {
    if (live_->lost() && is_direct(last_way_)) {
      scout_->lost_directly(Clock::now() - way_since_);
      last_way_.clear();
    }
    scout_->hurry();
    std::list<Attempt<Sealed>> searches;
    std::chrono::milliseconds delay{0};
    for (const net::Address& gateway : in_order()) {
      searches.emplace_back(
          live_->executor(), [live = live_] { live->stir(); }, search(line_, gateway, delay));
      delay += head_start;
    }
    while (!live_->over() && !scout_->found()) {
      for (Attempt<Sealed>& each : searches) {
        if (!each.succeeded()) continue;
        Sealed sealed = each.take();
        searches.clear();  // the others are called off
        co_await go_on_over(std::move(sealed));
        co_return;
      }
      const bool hopeless = std::all_of(searches.begin(), searches.end(),
                                        [](const auto& each) { return each.failure(); });
      const bool looked = !line_.direct.any() || scout_->looks() > looks_before_;
      // Asked to move, and let in nowhere else: we stay for as long as it lasts.
      if (hopeless && looked && live_->lost()) live_->fail(searches.front().failure());
      if (!live_->over()) co_await live_->changed();
    }
  }

  // The profile's, but the one that failed us, or asked us to go, comes last.
  std::vector<net::Address> in_order() const {
    std::vector<net::Address> order = line_.door->profile.gateways;
    std::stable_partition(order.begin(), order.end(),
                          [&](const net::Address& at) { return at.text() != last_way_; });
    return order;
  }

  asio::awaitable<void> go_on_over(Sealed sealed) {
    if (live_->over() || live_->closing() || sealed.carrier()->over()) co_return;
    std::exception_ptr failure;
    try {
      co_await resume(std::move(sealed));
    } catch (const Denied&) {
      live_->fail(std::current_exception());  // the agent itself says that it is over
    } catch (const std::exception&) {
      failure = std::current_exception();
    }
    if (failure) live_->notice_loss(failure);  // if we left the old carrier for nothing
  }

  asio::awaitable<void> resume(Sealed sealed) {
    // From here on nothing is read from the old carrier any more.
    live_->leave_carrier();
    ClientEnd& end = sealed.end();
    end.resume(live_->session());
    sealed.carrier()->flush();
    co_await while_in(sealed.carrier(), end, ClientEnd::Phase::connecting, agent_limit);
    if (end.phase() == ClientEnd::Phase::denied)
      throw Denied(end.denied().reason, end.denied().message.value);
    if (end.phase() == ClientEnd::Phase::open && !live_->over()) live_->adopt(sealed.release());
  }

  const std::shared_ptr<peer::LiveSession> live_;  // shared with its owner
  const Lifeline line_;
  std::shared_ptr<Scout> scout_;  // shared with its own coroutines
  std::string last_way_;
  Clock::time_point way_since_{};
  unsigned looks_before_ = 0;  // the scout's, when the carrier was there
};

}  // namespace

asio::awaitable<void> keep_alive(std::shared_ptr<peer::LiveSession> live, Lifeline line) {
  Reviver reviver(std::move(live), std::move(line));
  co_await reviver.run();
}

}  // namespace tasuki::client
