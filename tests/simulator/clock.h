// Virtual time: what is to happen, in order. Nothing waits; an hour costs what happens in it.
#pragma once

#include "inner/pulse.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

namespace tasuki::simulator {

using Time = inner::Pulse::Time;
using Duration = Time::duration;
using namespace std::chrono_literals;

class Clock {
public:
  Time now() const { return now_; }

  // At the same moment: in the order in which they were asked for.
  void at(Time when, std::function<void()> what) {
    ahead_.push_back({std::max(when, now_), ++asked_, std::move(what)});
    std::push_heap(ahead_.begin(), ahead_.end(), later);
  }
  void after(Duration wait, std::function<void()> what) { at(now_ + wait, std::move(what)); }

  // What is next. False: nothing is.
  bool step() {
    if (ahead_.empty()) return false;
    std::pop_heap(ahead_.begin(), ahead_.end(), later);
    const Entry next = std::move(ahead_.back());
    ahead_.pop_back();
    now_ = next.when;
    next.what();
    return true;
  }

private:
  struct Entry {
    Time when;
    std::uint64_t order = 0;
    std::function<void()> what;
  };
  static bool later(const Entry& a, const Entry& b) {
    return a.when != b.when ? a.when > b.when : a.order > b.order;
  }

  Time now_{1'000s};  // not 0, which some take for "never"
  std::uint64_t asked_ = 0;
  std::vector<Entry> ahead_;  // a heap
};

}  // namespace tasuki::simulator
