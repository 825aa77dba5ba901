// Who may knock, and how often: limits on everyone who has not yet proved a
// gateway key. Addresses and time in, verdicts out.
//
// A source is one IPv4 address or one IPv6 /64. Sources on the allow-list (offices
// behind one NAT) are exempt from the limits per source, not from the global one.
#pragma once

#include <array>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <string_view>

namespace tasuki::gateway {

using Clock = std::chrono::steady_clock;

struct KnockLimits {
  unsigned concurrent = 16;         // unauthenticated connections per source
  double per_second = 10;           // connections per source
  double burst = 20;                // connections per source that may come at once
  unsigned unauthenticated = 4096;  // in all; from half of it on, newcomers are dropped at random
  std::size_t sources = 65536;      // remembered at once
  std::chrono::seconds penalty{2};  // after the third wrong key, doubling
  std::chrono::seconds longest_penalty{900};
};

enum class Verdict { enter, too_many, too_fast, full, penalised };
std::string_view name(Verdict verdict);

class Gatekeeper {
public:
  using Exempt = std::function<bool(const boost::asio::ip::address&)>;
  using Random = std::function<double()>;  // in [0, 1)

  Gatekeeper(KnockLimits limits, Exempt exempt, Random random);

  // Somebody connects. If the verdict is `enter`, exactly one of admitted() and
  // left() follows.
  Verdict knock(const boost::asio::ip::address& from, Clock::time_point now);
  void admitted(const boost::asio::ip::address& from);
  void left(const boost::asio::ip::address& from);

  // A gateway key was tried from there and did not fit (or the try was given up
  // half-way, which is as good as a guess).
  void wrong_key(const boost::asio::ip::address& from, Clock::time_point now);

  unsigned unauthenticated() const { return unauthenticated_; }
  std::size_t remembered() const { return known_.size(); }  // sources

private:
  using Source = std::array<std::uint8_t, 8>;
  struct Known {
    double tokens = 0;
    Clock::time_point refilled{};
    unsigned inside = 0;
    unsigned wrong_keys = 0;
    Clock::time_point last_wrong{};
    Clock::time_point penalised_until{};
  };

  static Source source_of(const boost::asio::ip::address& address);
  Known& know(const Source& source, Clock::time_point now);
  void forget_quiet_ones(Clock::time_point now);
  void leave(const boost::asio::ip::address& from);

  const KnockLimits limits_;
  const Exempt exempt_;
  const Random random_;
  std::map<Source, Known> known_;
  unsigned unauthenticated_ = 0;
};

}  // namespace tasuki::gateway
