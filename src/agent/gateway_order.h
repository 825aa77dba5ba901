// Which gateway of its profile an agent dials next, and when. What happened and the
// time go in, the next step comes out; no socket, no clock.
//
//   looking     a round: every gateway in order, those that fell silent last; then a
//               pause (Backoff), then the next round
//   registered  at a later gateway: every `return_after`, those before it
//   drained     the others in order, then this one again: a successor may stand there
//
// Gateways go by their place in the profile, from 0.
#pragma once

#include "agent/backoff.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <variant>
#include <vector>

namespace tasuki::agent {

class GatewayOrder {
public:
  using Clock = std::chrono::steady_clock;

  // How a gateway failed us.
  enum class Failure {
    broken,    // reset, refused by its machine, nonsense
    silent,    // nothing came: it is tried last in the next round
    busy,      // it said so; and when to come again, or not
    lasting,   // it refused for a reason that a person has to mend
    replaced,  // another connection with our key took our place: we do not fight with it
  };

  struct Dial {
    std::size_t gateway;
    bool last;  // in this round: it may take its time, nobody else is left
  };
  struct Wait {
    Clock::time_point until;
  };
  using Step = std::variant<Dial, Wait>;

  // `return_after` is spread from half to one and a half, as all pauses are.
  GatewayOrder(std::size_t gateways, Clock::duration return_after,
               unsigned seed = std::random_device{}());

  Step next(Clock::time_point now);

  // What became of the last Dial.
  void registered(std::size_t gateway, Clock::time_point now);
  void failed(std::size_t gateway, Failure how, std::chrono::seconds retry_after,
              Clock::time_point now);

  // What became of the registration. `wanted`: sessions wait for us to be back, so the
  // first dial does not wait, and pauses are short; idle agents spread.
  void lost(Failure how, std::chrono::seconds retry_after, bool wanted, Clock::time_point now);
  void drained(std::chrono::seconds retry_after, Clock::time_point now);

  std::optional<std::size_t> where() const { return where_; }  // registered, drained or not
  bool is_drained() const { return state_ == State::drained; }
  bool all_refuse() const;  // lastingly, each of them, the last time it was asked

private:
  enum class State { looking, registered, drained };
  struct Gateway {
    bool silent = false;
    bool lasting = false;
    bool drained = false;  // that is why it is not asked before:
    Clock::time_point not_before{};
  };

  void note(std::size_t gateway, Failure how, std::chrono::seconds retry_after,
            Clock::time_point now);
  void begin_round(Clock::time_point now);
  Clock::duration pause(Clock::time_point now);
  void forget_drains();

  const Clock::duration return_after_;
  Backoff backoff_;
  std::vector<Gateway> gateways_;
  State state_ = State::looking;
  std::optional<std::size_t> where_;
  std::deque<std::size_t> round_;
  bool in_round_ = false;
  Clock::time_point next_round_{};
  Clock::time_point displaced_until_{};  // after `replaced`
  Clock::time_point registered_at_{};
  unsigned short_stays_ = 0;         // in a row, that a Drain ended
  Clock::time_point hurry_until_{};  // sessions wait
  unsigned hurries_ = 0;             // pauses in a row that were short for that
};

}  // namespace tasuki::agent
