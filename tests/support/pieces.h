// Bytes in pieces of whatever size, and the randomness that decides on it: every run
// is that of its seed, and a failure says which.
#pragma once

#include "wire/bytes.h"

#include <algorithm>
#include <cstdlib>
#include <random>

namespace tasuki::test {

// How often to repeat a random test: `usual`, or as TASUKI_TEST_RUNS says.
inline unsigned runs(unsigned usual) {
  const char* const wish = std::getenv("TASUKI_TEST_RUNS");
  return wish ? unsigned(std::atoi(wish)) : usual;
}

class Random {
public:
  explicit Random(unsigned seed) : generator_(seed) {}

  // 0 to below - 1.
  std::size_t below(std::size_t below) { return std::size_t(generator_()) % below; }
  bool one_in(std::size_t n) { return below(n) == 0; }

  // As sizes are met on a network: mostly small ones, some of a record, few large.
  std::size_t size() {
    switch (below(4)) {
      case 0: return below(8);
      case 1: return below(300);
      case 2: return below(5'000);
      default: return below(60'000);
    }
  }

  ByteString bytes(std::size_t size) {
    ByteString made(size);
    for (auto& byte : made) byte = std::uint8_t(generator_());
    return made;
  }

private:
  std::mt19937 generator_;
};

// Calls `take` with all of `bytes`, piece by piece.
inline void in_pieces(Bytes bytes, std::size_t largest, auto&& take) {
  while (!bytes.empty()) {
    const Bytes piece = bytes.first(std::min(largest, bytes.size()));
    bytes = bytes.subspan(piece.size());
    take(piece);
  }
}

inline void in_random_pieces(Bytes bytes, Random& random, auto&& take) {
  while (!bytes.empty()) {
    const Bytes piece = bytes.first(std::min(1 + random.size(), bytes.size()));
    bytes = bytes.subspan(piece.size());
    take(piece);
  }
}

}  // namespace tasuki::test
