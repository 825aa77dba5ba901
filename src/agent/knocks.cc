#include "agent/knocks.h"

#include <algorithm>

namespace tasuki::agent {

namespace ip = asio::ip;

std::string_view name(Knocks::Verdict verdict) {
  switch (verdict) {
    case Knocks::Verdict::enter: return "enter";
    case Knocks::Verdict::not_allowed: return "not_allowed";
    case Knocks::Verdict::source_concurrent: return "source_concurrent";
    case Knocks::Verdict::full: return "full";
    case Knocks::Verdict::too_fast: return "too_fast";
  }
  return "?";
}

Knocks::Knocks(std::vector<config::Netblock> allow) : allow_(std::move(allow)) {}

Knocks::Answer Knocks::knock(const ip::address& from, const std::vector<net::Link>& links,
                             Clock::time_point now) {
  if (!allowed(from, links)) return {Verdict::not_allowed, nullptr};
  unsigned everybody = 0;
  for (const auto& [source, count] : *inside_) everybody += count;
  const Source source = source_of(from);
  const auto known = inside_->find(source);
  if (known != inside_->end() && known->second >= most_per_source)
    return {Verdict::source_concurrent, nullptr};
  if (everybody >= most) return {Verdict::full, nullptr};
  if (!slow_enough(now)) return {Verdict::too_fast, nullptr};

  ++(*inside_)[source];
  const auto leave = [inside = inside_, source](const void*) {
    const auto entry = inside->find(source);
    if (--entry->second == 0) inside->erase(entry);
  };
  return {Verdict::enter, Place(inside_.get(), leave)};
}

bool Knocks::allowed(const ip::address& from, const std::vector<net::Link>& links) const {
  if (!allow_.empty())
    return std::any_of(allow_.begin(), allow_.end(),
                       [&](const config::Netblock& block) { return block.contains(from); });
  return net::is_private(from) &&
         std::any_of(links.begin(), links.end(),
                     [&](const net::Link& link) { return net::is_neighbour(from, link); });
}

bool Knocks::slow_enough(Clock::time_point now) {
  if (refilled_) {
    const double seconds = std::chrono::duration<double>(now - *refilled_).count();
    budget_ = std::min(at_once, budget_ + seconds * per_second);
  }
  refilled_ = now;
  if (budget_ < 1) return false;
  budget_ -= 1;
  return true;
}

Knocks::Source Knocks::source_of(const ip::address& from) {
  Source source{};
  if (from.is_v4()) {
    const auto bytes = from.to_v4().to_bytes();
    source[0] = 4;
    std::copy(bytes.begin(), bytes.end(), source.begin() + 1);
    return source;
  }
  // A machine has all of its /64. Link-local ones are the exception: the /64 is the link's,
  // and everybody's on it.
  const auto bytes = from.to_v6().to_bytes();
  const std::size_t counted = from.to_v6().is_link_local() ? bytes.size() : bytes.size() / 2;
  source[0] = 6;
  std::copy_n(bytes.begin(), counted, source.begin() + 1);
  return source;
}

}  // namespace tasuki::agent
