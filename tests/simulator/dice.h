// All chance of a schedule, from its one seed.
#pragma once

#include "simulator/clock.h"
#include "wire/bytes.h"

#include <array>

namespace tasuki::simulator {

// SplitMix64 (Steele, Lea, Flood 2014), and its seed mixed once more: else one seed's numbers
// would be those of its neighbour, a step later.
constexpr std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

class Dice {
public:
  explicit Dice(std::uint64_t seed) : state_(mixed(mixed(seed ^ 0x7461737571696921u))) {}

  std::uint64_t next() { return mixed(state_ += 0x9e3779b97f4a7c15u); }
  std::size_t below(std::size_t n) { return std::size_t(next() % n); }
  std::size_t between(std::size_t least, std::size_t most) {
    return least + below(most - least + 1);
  }
  bool one_in(std::size_t n) { return below(n) == 0; }
  bool percent(unsigned n) { return below(100) < n; }
  Duration between(Duration least, Duration most) {
    return least + Duration(Duration::rep(next() % std::uint64_t((most - least).count() + 1)));
  }
  template <std::size_t N>
  std::array<std::uint8_t, N> bytes() {
    std::array<std::uint8_t, N> made{};
    for (auto& byte : made) byte = std::uint8_t(next());
    return made;
  }

private:
  std::uint64_t state_;
};

}  // namespace tasuki::simulator
