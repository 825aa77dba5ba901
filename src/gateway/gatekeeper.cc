#include "gateway/gatekeeper.h"

#include <algorithm>
#include <array>

namespace tasuki::gateway {
namespace {

// A slip of the finger costs nothing; guessing soon does.
constexpr unsigned free_wrong_keys = 3;

}  // namespace

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::enter: return "enter";
    case Verdict::too_many: return "source_concurrent";
    case Verdict::too_fast: return "source_rate";
    case Verdict::full: return "full";
    case Verdict::penalised: return "penalised";
  }
  return "?";
}

Gatekeeper::Gatekeeper(KnockLimits limits, Exempt exempt, Random random)
    : limits_(limits), exempt_(std::move(exempt)), random_(std::move(random)) {}

Verdict Gatekeeper::knock(const boost::asio::ip::address& from, Clock::time_point now) {
  // Random early drop: the fuller it is, the likelier a newcomer has to come again, so
  // that a flood cannot hold all places against everyone else (as sshd's MaxStartups).
  const double half = limits_.unauthenticated / 2.0;
  if (unauthenticated_ >= limits_.unauthenticated) return Verdict::full;
  if (unauthenticated_ > half && random_() < (unauthenticated_ - half) / half) return Verdict::full;

  if (!exempt_(from)) {
    Known& source = know(source_of(from), now);
    if (now < source.penalised_until) return Verdict::penalised;
    if (source.inside >= limits_.concurrent) return Verdict::too_many;
    if (source.tokens < 1) return Verdict::too_fast;
    source.tokens -= 1;
    ++source.inside;
  }
  ++unauthenticated_;
  return Verdict::enter;
}

void Gatekeeper::admitted(const boost::asio::ip::address& from) {
  // Wrong keys are not forgiven by a right one: it may be one's own, and the wrong ones
  // guesses at somebody else's. Time forgives them.
  leave(from);
}

void Gatekeeper::left(const boost::asio::ip::address& from) {
  leave(from);
}

void Gatekeeper::leave(const boost::asio::ip::address& from) {
  --unauthenticated_;
  if (exempt_(from)) return;  // was not counted; a neighbour in its /64 may be
  const auto it = known_.find(source_of(from));
  if (it != known_.end() && it->second.inside > 0) --it->second.inside;
}

void Gatekeeper::wrong_key(const boost::asio::ip::address& from, Clock::time_point now) {
  if (exempt_(from)) return;
  Known& source = know(source_of(from), now);
  if (now - source.last_wrong > limits_.longest_penalty) source.wrong_keys = 0;
  source.last_wrong = now;
  if (++source.wrong_keys < free_wrong_keys) return;
  const unsigned doublings = std::min(source.wrong_keys - free_wrong_keys, 20u);
  source.penalised_until =
      now + std::min(limits_.penalty * (1 << doublings), limits_.longest_penalty);
}

Gatekeeper::Source Gatekeeper::source_of(const boost::asio::ip::address& address) {
  Source source{};
  if (address.is_v4() || (address.is_v6() && address.to_v6().is_v4_mapped())) {
    const auto v4 = address.is_v4() ? address.to_v4()
                                    : boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped,
                                                                       address.to_v6());
    const auto bytes = v4.to_bytes();
    source[0] = 0xff;  // multicast: no IPv6 source begins so
    std::copy(bytes.begin(), bytes.end(), source.begin() + 4);
  } else {
    const auto bytes = address.to_v6().to_bytes();
    std::copy_n(bytes.begin(), source.size(), source.begin());
  }
  return source;
}

Gatekeeper::Known& Gatekeeper::know(const Source& source, Clock::time_point now) {
  if (known_.size() >= limits_.sources && !known_.contains(source)) forget_quiet_ones(now);
  const auto [it, is_new] = known_.try_emplace(source);
  Known& known = it->second;
  if (is_new) {
    known.tokens = limits_.burst;
  } else {
    const double seconds = std::chrono::duration<double>(now - known.refilled).count();
    known.tokens = std::min(limits_.burst, known.tokens + seconds * limits_.per_second);
  }
  known.refilled = now;
  return known;
}

// The table is bounded: first go those of whom nothing is remembered but their coming,
// then, in a flood from everywhere, whoever is not inside.
void Gatekeeper::forget_quiet_ones(Clock::time_point now) {
  std::erase_if(known_, [&](const auto& entry) {
    return entry.second.inside == 0 && entry.second.penalised_until <= now &&
           now - entry.second.refilled > std::chrono::seconds(10);
  });
  if (known_.size() >= limits_.sources)
    std::erase_if(known_, [](const auto& entry) { return entry.second.inside == 0; });
}

}  // namespace tasuki::gateway
