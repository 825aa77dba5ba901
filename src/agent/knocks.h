// Who may come in from the LAN, and how many at a time: limits on everyone who has not
// yet proved the access password. Addresses and time in, verdicts out.
#pragma once

#include "config/netblock.h"
#include "net/linux/links.h"

#include <array>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

namespace tasuki::agent {

class Knocks {
public:
  using Clock = std::chrono::steady_clock;
  enum class Verdict { enter, not_allowed, source_concurrent, full, too_fast };

  // One source: an IPv4 address or an IPv6 /64.
  static constexpr unsigned most_per_source = 4;
  // Half of what an agent gives to clients of all ways (agent.cc): nobody on the LAN keeps
  // out those that come through a gateway.
  static constexpr unsigned most = 8;
  static constexpr double per_second = 10;
  static constexpr double at_once = 20;

  // `allow`: empty means neighbours with private addresses.
  explicit Knocks(std::vector<config::Netblock> allow);

  // Somebody connects. With `enter` he has a place, until the last copy of it is gone.
  using Place = std::shared_ptr<const void>;
  struct Answer {
    Verdict verdict;
    Place place;
  };
  Answer knock(const asio::ip::address& from, const std::vector<net::Link>& links,
               Clock::time_point now);

private:
  using Source = std::array<std::uint8_t, 17>;
  // Shared with the places, which may outlive us.
  using Inside = std::map<Source, unsigned>;

  static Source source_of(const asio::ip::address& from);
  bool allowed(const asio::ip::address& from, const std::vector<net::Link>& links) const;
  bool slow_enough(Clock::time_point now);

  const std::vector<config::Netblock> allow_;
  const std::shared_ptr<Inside> inside_ = std::make_shared<Inside>();
  double budget_ = at_once;
  std::optional<Clock::time_point> refilled_;
};
std::string_view name(Knocks::Verdict verdict);

}  // namespace tasuki::agent
