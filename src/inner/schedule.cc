#include "inner/schedule.h"

namespace tasuki::inner {

void Schedule::ready(ChannelNumber channel, Priority priority) {
  classes_[std::size_t(priority)].fresh.push_back({channel, quantum});
}

Schedule::Class& Schedule::current() {
  Class& bulk = classes_[std::size_t(Priority::bulk)];
  Class& interactive = classes_[std::size_t(Priority::interactive)];
  if (interactive.empty() || (!bulk.empty() && in_a_row_ >= patience)) return bulk;
  return interactive;
}

std::optional<ChannelNumber> Schedule::turn() {
  Class& which = current();
  if (which.empty()) return std::nullopt;
  return which.first().front().channel;
}

void Schedule::turn_over(std::size_t bytes, bool more) {
  Class& bulk = classes_[std::size_t(Priority::bulk)];
  Class& which = current();
  in_a_row_ = &which == &bulk || bulk.empty() ? 0 : in_a_row_ + bytes;

  auto& queue = which.first();
  Place place = queue.front();
  if (more && place.left > bytes) {
    queue.front().left -= bytes;
    return;
  }
  queue.pop_front();
  if (more) which.backlogged.push_back({place.channel, quantum});
}

}  // namespace tasuki::inner
