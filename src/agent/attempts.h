// How many wrong passwords an agent takes: five at once, then one after 2 seconds,
// doubling to 15 minutes, until a right one. Shared by everything that tries for one
// user. Time in, decisions out; where it is kept is not decided here.
#pragma once

#include <algorithm>
#include <cstdint>

namespace tasuki::agent {

struct Attempts {
  // Seconds since 1970: what is kept must outlive a restart.
  using Seconds = std::int64_t;

  static constexpr unsigned free_of_charge = 5;
  static constexpr Seconds first_wait = 2;
  static constexpr Seconds longest_wait = 15 * 60;

  unsigned failures = 0;
  Seconds closed_until = 0;

  // A try arrives. True: it is counted, as a wrong one until succeeded(). False: no
  // tries are taken now; it changes nothing, so that nobody can keep the door shut by
  // knocking.
  bool arrive(Seconds now) {
    // A clock that was set back must not close the door for longer than ever agreed.
    closed_until = std::min(closed_until, now + longest_wait);
    if (now < closed_until) return false;
    ++failures;
    if (failures >= free_of_charge) {
      const unsigned doublings = std::min(failures - free_of_charge, 20u);
      closed_until = now + std::min(first_wait << doublings, longest_wait);
    }
    return true;
  }

  void succeeded() { *this = {}; }
  bool operator==(const Attempts&) const = default;
};

}  // namespace tasuki::agent
