// Many schedules, on all cores: each worker is a process, so that one that crashes or never
// comes to an end is a finding like any other.
#pragma once

#include "simulator/coverage.h"

#include <string>
#include <vector>

namespace tasuki::simulator {

struct Finding {
  std::uint64_t seed = 0;
  std::string what;
};

struct Outcome {
  Coverage coverage;
  std::vector<Finding> findings;  // the first hundred
};

// One schedule; empty if nothing was wrong.
std::string run_schedule(std::uint64_t seed, Coverage& coverage);

// Those of `seeds`, and `count` from `first` upward. Prints each finding when it is made.
Outcome run_schedules(const std::vector<std::uint64_t>& seeds, std::uint64_t first,
                      std::uint64_t count, unsigned jobs);

}  // namespace tasuki::simulator
