// How a gateway goes away without anybody being lost: its agents move to another one, or
// to its successor; sessions follow, or end by themselves.
#include "gateway/gateway.h"
#include "log/log.h"

namespace tasuki::gateway {

using namespace std::chrono_literals;

namespace {

// Agents are told a few at a time: a registration costs the gateway that they come to
// some milliseconds, and others want to be served there too.
constexpr auto step_interval = 100ms;
constexpr std::size_t fewest_per_step = 20;

// With nobody to come after us, there is no use in coming back sooner.
constexpr std::uint16_t retry_after = 30;  // seconds

}  // namespace

void Gateway::drain(std::chrono::seconds limit, std::function<void()> drained, After after) {
  // All are told within half of the limit, however many they are.
  const auto steps = std::max<std::size_t>(1, std::size_t(limit / step_interval) / 2);
  draining_ = Draining{std::move(drained), Clock::now() + limit,
                       std::max(fewest_per_step, registry_.size() / steps + 1),
                       after == After::nobody ? retry_after : std::uint16_t(0)};
  log::info("GATEWAY_DRAINING", {{"agents", std::to_string(registry_.size())},
                                 {"pairs", std::to_string(pairs_.size())},
                                 {"limit", std::to_string(limit.count())}});
  next_drain_step(0s);
}

void Gateway::next_drain_step(Clock::duration pause) {
  drain_timer_.expires_after(pause);
  drain_timer_.async_wait([this](ErrorCode cancelled) {
    if (!cancelled && draining_) drain_step();
  });
}

void Gateway::drain_step() {
  std::size_t told = 0;
  for (AgentLine* line : registry_.all()) {
    if (line->draining()) continue;
    if (told++ == draining_->per_step) break;
    line->shared_from_this()->drain(draining_->retry_after);
  }
  if ((nobody_to_serve() && pairs_.empty()) || Clock::now() >= draining_->ends) {
    log::info("GATEWAY_DRAINED", {{"agents", std::to_string(registry_.size())},
                                  {"pairs", std::to_string(pairs_.size())}});
    const auto drained = std::move(draining_->drained);
    return drained();
  }
  next_drain_step(step_interval);
}

void Gateway::stop_draining() {
  if (!draining_) return;
  draining_.reset();
  drain_timer_.cancel();
  for (AgentLine* line : registry_.all()) line->stop_draining();
  log::info("GATEWAY_STAYS");
}

// Clients of agents that are still here are served. After that, whoever comes is turned
// away at once, so that it goes on to another gateway.
bool Gateway::nobody_to_serve() const {
  return draining_ && registry_.size() == 0 && rendezvous_.size() == 0;
}

Gateway::DrainFacts Gateway::drain_facts() const {
  DrainFacts facts{draining_.has_value(), registry_.size(), pairs_.size(), 0s};
  if (draining_)
    facts.left =
        std::max(0s, std::chrono::ceil<std::chrono::seconds>(draining_->ends - Clock::now()));
  return facts;
}

}  // namespace tasuki::gateway
