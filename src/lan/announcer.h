// The agent's side of multicast DNS: says where it listens to who asks on the same
// link for its own name, on all links, beside other responders of the machine.
//
// Answers nobody from beyond the link, and nobody too often. The name is 128 bits of a
// keyed hash, so nobody else has it, and it is not probed for (RFC 6762, 8.1).
#pragma once

#include "lan/mdns.h"
#include "net/linux/multicast.h"

#include <map>
#include <memory>

namespace tasuki::lan {

class Announcer {
public:
  // `listening`: where connections are taken; an unspecified address stands for all of
  // the machine's. Without multicast on this machine it does nothing.
  Announcer(const asio::any_io_executor& executor, std::string name,
            std::vector<tcp::endpoint> listening);
  ~Announcer();  // says goodbye
  Announcer(const Announcer&) = delete;
  Announcer& operator=(const Announcer&) = delete;

private:
  class Responder;
  std::shared_ptr<Responder> responder_;  // shared with its own coroutines
};

// How often one link is spoken to: answers to everybody at most once a second (RFC 6762,
// 6), answers to one asker within a budget, so that nobody can make us flood another.
class Moderation {
public:
  using Clock = std::chrono::steady_clock;
  bool may_multicast(Clock::time_point now);
  bool may_unicast(Clock::time_point now);

private:
  static constexpr double most_at_once = 20;
  static constexpr double per_second = 10;
  static constexpr std::chrono::seconds between_multicasts{1};

  std::optional<Clock::time_point> last_multicast_;
  double budget_ = most_at_once;
  std::optional<Clock::time_point> refilled_;
};

}  // namespace tasuki::lan
