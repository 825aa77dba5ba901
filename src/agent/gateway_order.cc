#include "agent/gateway_order.h"

#include <utility>

namespace tasuki::agent {
namespace {

using namespace std::chrono_literals;

// Where trying again soon cannot help, or would only fight with another agent.
constexpr auto long_pause = 300s;

// While sessions wait for us: at once, then after these pauses. A session gives up after
// minutes, so that is long enough to hurry.
constexpr auto first_hurry = 50ms;
constexpr auto longest_hurry = 1'000ms;
constexpr auto hurry_for = 60s;

// A line that stood for less was not worth the hurry: the next pause is longer.
constexpr auto worth_it = 1s;

}  // namespace

GatewayOrder::GatewayOrder(std::size_t gateways, Clock::duration return_after, unsigned seed)
    : return_after_(return_after), backoff_(seed), gateways_(gateways) {}

GatewayOrder::Step GatewayOrder::next(Clock::time_point now) {
  if (!in_round_) {
    if (now < next_round_) return Wait{next_round_};
    round_.clear();
    begin_round(now);
    if (round_.empty()) return Wait{next_round_};
    in_round_ = true;
  }
  const std::size_t gateway = round_.front();
  round_.pop_front();
  return Dial{gateway, round_.empty() && state_ == State::looking};
}

// Who is asked in this state, and may be asked now. If nobody may, when to look again.
void GatewayOrder::begin_round(Clock::time_point now) {
  std::deque<std::size_t> silent, ours;
  next_round_ = Clock::time_point::max();
  for (std::size_t i = 0; i < gateways_.size(); ++i) {
    if (state_ == State::registered && i == *where_) break;  // the later ones are no better
    Gateway& gateway = gateways_[i];
    const Clock::time_point from = std::max(gateway.not_before, displaced_until_);
    if (now < from) {
      next_round_ = std::min(next_round_, from);
      continue;
    }
    const bool drained_us = state_ == State::drained && i == *where_;
    (drained_us ? ours : gateway.silent ? silent : round_).push_back(i);
    gateway.silent = false;
  }
  round_.insert(round_.end(), silent.begin(), silent.end());
  round_.insert(round_.end(), ours.begin(), ours.end());
}

void GatewayOrder::registered(std::size_t gateway, Clock::time_point now) {
  state_ = State::registered;
  where_ = gateway;
  gateways_[gateway] = {};
  displaced_until_ = {};
  registered_at_ = now;
  backoff_.succeeded();
  in_round_ = false;
  next_round_ = gateway == 0 ? Clock::time_point::max() : now + backoff_.spread(return_after_);
}

void GatewayOrder::failed(std::size_t gateway, Failure how, std::chrono::seconds retry_after,
                          Clock::time_point now) {
  note(gateway, how, retry_after, now);
  if (!in_round_ || !round_.empty()) return;
  in_round_ = false;
  next_round_ = now + (state_ == State::registered ? Clock::duration(backoff_.spread(return_after_))
                                                   : pause(now));
}

GatewayOrder::Clock::duration GatewayOrder::pause(Clock::time_point now) {
  if (now >= hurry_until_) return backoff_.next();
  const auto base =
      std::min<Clock::duration>(first_hurry * (1 << std::min(hurries_++, 10u)), longest_hurry);
  return backoff_.spread(base);
}

void GatewayOrder::note(std::size_t gateway, Failure how, std::chrono::seconds retry_after,
                        Clock::time_point now) {
  Gateway& at = gateways_[gateway];
  at.silent = how == Failure::silent;
  at.lasting = how == Failure::lasting;
  if (how == Failure::lasting) at.not_before = now + backoff_.spread_after(long_pause);
  if (how == Failure::replaced) displaced_until_ = now + backoff_.spread_after(long_pause);
  if (retry_after > 0s) at.not_before = now + backoff_.spread_after(retry_after);
  if (at.not_before > now) at.drained = false;
}

void GatewayOrder::lost(Failure how, std::chrono::seconds retry_after, bool wanted,
                        Clock::time_point now) {
  if (!where_) return;
  forget_drains();
  note(*where_, how, retry_after, now);
  if (now - registered_at_ >= worth_it) hurries_ = 0;
  backoff_.succeeded();  // what failed while we were drained counts no more
  hurry_until_ = wanted ? now + hurry_for : now;
  const bool at_once = wanted && hurries_ == 0;
  // A drained gateway ends our line when it has waited long enough; the search goes on.
  const bool searching = state_ == State::drained && in_round_;
  state_ = State::looking;
  where_.reset();
  if (searching && !round_.empty()) return;
  in_round_ = false;
  next_round_ = at_once ? now : now + pause(now);
}

void GatewayOrder::drained(std::chrono::seconds retry_after, Clock::time_point now) {
  if (!where_ || state_ == State::drained) return;
  forget_drains();
  // Holds where there is nowhere else to go, too: one that has a successor says 0.
  if (retry_after > 0s) {
    gateways_[*where_].not_before = now + backoff_.spread_after(retry_after);
    gateways_[*where_].drained = true;
  }
  state_ = State::drained;
  in_round_ = false;
  // One that sends away whoever has just come, again and again, must not keep us running.
  short_stays_ = now - registered_at_ < worth_it ? short_stays_ + 1 : 0;
  next_round_ = short_stays_ > 1 ? registered_at_ + worth_it : now;
}

// Their advice holds as long as we have another place. In an update one gateway after the
// other is drained, and whoever went first is back by then.
void GatewayOrder::forget_drains() {
  for (Gateway& gateway : gateways_)
    if (std::exchange(gateway.drained, false)) gateway.not_before = {};
}

bool GatewayOrder::all_refuse() const {
  return std::all_of(gateways_.begin(), gateways_.end(),
                     [](const Gateway& gateway) { return gateway.lasting; });
}

}  // namespace tasuki::agent
