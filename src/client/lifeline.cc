#include "client/lifeline.h"

#include "client/client.h"

#include <random>

namespace tasuki::client {
namespace {

using namespace std::chrono_literals;
using inner::ClientEnd;

// For the agent, once it is reached: the seal, then its answer to Resume.
constexpr auto agent_limit = 5s;

constexpr std::chrono::milliseconds first_pause{50};
constexpr std::chrono::milliseconds longest_pause{1'000};

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

class Reviver {
public:
  Reviver(std::shared_ptr<peer::LiveSession> live, Lifeline line)
      : live_(std::move(live)), line_(std::move(line)), pause_(live_->executor()) {}

  asio::awaitable<void> run() {
    while (!live_->over()) {
      if (const auto& carrier = live_->carrier()) last_way_ = carrier->way();
      const bool wanted = live_->lost() || live_->asked_to_move();
      if (wanted)
        co_await try_all();
      else
        co_await live_->changed();
    }
  }

private:
  // One round over the gateways, and a pause if none led to the agent.
  asio::awaitable<void> try_all() {
    const auto gateways = in_order();
    std::size_t lasting = 0;
    std::exception_ptr failure;
    for (const net::Address& gateway : gateways) {
      bool done = false;
      try {
        co_await resume_through(gateway, gateways.size() > 1);
        done = true;
      } catch (const Denied&) {
        live_->fail(std::current_exception());
        done = true;
      } catch (const control::RefusedByGateway& refused) {
        lasting += is_lasting(refused.reason);
        failure = std::current_exception();
      } catch (const std::exception&) {
        failure = std::current_exception();
      }
      if (done) pause_length_ = first_pause;
      if (done || live_->over()) co_return;
      live_->notice_loss(failure);  // if we left the old carrier for nothing
    }
    if (lasting == gateways.size() && live_->lost()) co_return live_->fail(failure);
    pause_.expires_after(spread(pause_length_));
    pause_length_ = std::min(2 * pause_length_, longest_pause);
    ErrorCode ignored;
    co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

  // The profile's, but the one that failed us, or asked us to go, comes last.
  std::vector<net::Address> in_order() const {
    std::vector<net::Address> order = line_.door->profile.gateways;
    std::stable_partition(order.begin(), order.end(),
                          [&](const net::Address& at) { return at.text() != last_way_; });
    return order;
  }

  asio::awaitable<void> resume_through(net::Address gateway, bool hurry) {
    const peer::Patience patience = hurry ? peer::hurried : peer::Patience{};
    Approach made = co_await approach(*line_.door, gateway, line_.computer, patience);
    if (live_->over()) co_return;
    auto owned_end = std::make_unique<ClientEnd>(seal_, line_.whom, std::nullopt);
    ClientEnd& end = *owned_end;
    const auto carrier =
        std::make_shared<peer::Carrier>(std::move(made.stream), std::move(owned_end), made.way);
    carrier->start(std::move(made.arrived));
    co_await while_in(carrier, end, ClientEnd::Phase::connecting);
    if (live_->over()) co_return carrier->detach();

    // From here on nothing is read from the old carrier any more.
    live_->leave_carrier();
    end.resume(live_->session());
    carrier->flush();
    std::exception_ptr failure;
    try {
      co_await while_in(carrier, end, ClientEnd::Phase::connecting);
    } catch (const std::exception&) {
      failure = std::current_exception();
    }
    if (!failure && end.phase() == ClientEnd::Phase::open && !live_->over())
      co_return live_->adopt(carrier);
    carrier->detach();
    if (failure) std::rethrow_exception(failure);
    if (end.phase() == ClientEnd::Phase::denied)
      throw Denied(end.denied().reason, end.denied().message.value);
  }

  const std::shared_ptr<peer::LiveSession> live_;  // shared with its owner
  const Lifeline line_;
  const inner::SealContext seal_ = inner::SealContext::client();
  asio::steady_timer pause_;
  std::chrono::milliseconds pause_length_ = first_pause;
  std::string last_way_;
};

}  // namespace

asio::awaitable<void> keep_alive(std::shared_ptr<peer::LiveSession> live, Lifeline line) {
  Reviver reviver(std::move(live), std::move(line));
  co_await reviver.run();
}

}  // namespace tasuki::client
