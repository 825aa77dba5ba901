// When to try again: a second after the first failure, doubling to a minute, each
// time spread over half as much and half as little again, so that agents that lost
// their gateway together do not come back together.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace tasuki::agent {

class Backoff {
public:
  using Milliseconds = std::chrono::milliseconds;
  static constexpr Milliseconds shortest{1'000};
  static constexpr Milliseconds longest{60'000};

  explicit Backoff(unsigned seed = std::random_device{}()) : generator_(seed) {}

  Milliseconds next() {
    const Milliseconds base = std::min(longest, shortest * (1 << std::min(failures_, 10u)));
    ++failures_;
    return spread(base);
  }

  // Where the other side asked for a pause of its own choice: at least that long.
  Milliseconds spread_after(Milliseconds asked) { return asked + spread(asked / 2); }

  void succeeded() { failures_ = 0; }

  // From half as much to one and a half.
  Milliseconds spread(std::chrono::steady_clock::duration base) {
    std::uniform_real_distribution<double> share(0.5, 1.5);
    const double milliseconds = std::chrono::duration<double, std::milli>(base).count();
    return Milliseconds(std::int64_t(milliseconds * share(generator_)));
  }

private:
  std::minstd_rand generator_;
  unsigned failures_ = 0;
};

}  // namespace tasuki::agent
