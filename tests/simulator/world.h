// One schedule: a client or two, an agent, the lines between them, and what befalls them
// all; from one seed. Whatever must not happen is thrown as Wrong.
#pragma once

#include "simulator/agent.h"
#include "simulator/carrier.h"
#include "simulator/client.h"
#include "simulator/coverage.h"
#include "simulator/stranger.h"
#include "simulator/trouble.h"

#include <ostream>

namespace tasuki::simulator {

// Not a std::exception, so that nobody on the way takes it for a broken line.
struct Wrong {
  std::string what;
};

class World {
public:
  // `story`: where to tell everything, or nullptr.
  World(std::uint64_t seed, Coverage& met, std::ostream* story);

  // Throws Wrong.
  void run();

  // Schedules that run with TLS and a log-in, instead of models of them.
  static bool is_real(std::uint64_t seed) { return seed <= 40 || seed % 256 == 0; }

  Clock clock;
  Dice dice;
  Coverage& met;
  const bool real;
  const std::uint16_t window;  // seconds that sessions outlive a carrier
  const std::size_t session_memory;

  void at_home(const Machine& machine, Duration wait, std::function<void()> what);
  Line& new_line(Client* client);
  Carrier& new_carrier(Line& line, const Machine& machine, inner::Session::Side side,
                       std::unique_ptr<inner::End> end);
  void new_stranger(Stranger::Purpose purpose, Stranger::Speech speech);
  std::unique_ptr<inner::Sealing> seal(inner::Sealing::Side side);
  static const inner::Route& route();

  Agent& agent() { return *agent_; }
  Trouble& trouble() { return *trouble_; }
  std::vector<std::unique_ptr<Client>>& clients() { return clients_; }

  // For checks.
  std::size_t ends_open_with(const inner::Session& session) const;
  std::uint64_t trace() const;  // of all sessions: changes when one of them does
  void sleep(Machine& machine, Duration time);
  bool slept() const { return slept_; }

  template <typename... Parts>
  void note(const Parts&... parts) {
    if (!story_) return;
    const auto since = clock.now().time_since_epoch() - 1'000s;
    *story_ << std::chrono::duration<double, std::milli>(since).count() << " ms: ";
    (*story_ << ... << parts) << '\n';
  }

private:
  bool all_logged_in() const;
  void live_until_over();
  void tell_what_is_left();
  void end_what_is_done();
  void conclude();
  void come_late();

  std::ostream* const story_;
  std::unique_ptr<Agent> agent_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::unique_ptr<Trouble> trouble_;
  // All that ever was, until the end: events refer to them.
  std::deque<Line> lines_;
  std::deque<Carrier> carriers_;
  std::deque<Stranger> strangers_;
  bool slept_ = false;
  bool large_ = false;  // much is to be said
};

}  // namespace tasuki::simulator
