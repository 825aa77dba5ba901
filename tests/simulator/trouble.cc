#include "simulator/trouble.h"

#include "simulator/world.h"

namespace tasuki::simulator {
namespace {

// Of what was said over a line so far, roughly: a handshake, what follows it, a lot.
constexpr std::size_t handshake = 330, real_handshake = 2'000, beginning = 4'000, much = 120'000;

bool kills(Fault fault) {
  return fault != Fault::hold;
}

}  // namespace

Trouble::Trouble(World& world) : world_(world) {
  Dice& dice = world.dice;
  calm_since_ = world.clock.now() + dice.between(2s, dice.one_in(4) ? 40s : 15s);
  wrath_ = unsigned(dice.one_in(20) ? 0 : dice.between(20, 90));
}

bool Trouble::is_calm() const {
  return world_.clock.now() >= calm_since_;
}

bool Trouble::outage() const {
  return world_.clock.now() < outage_until_;
}

Time Trouble::some_time() {
  return world_.clock.now() +
         world_.dice.between(0ms, calm_since_ - world_.clock.now() - Duration(1));
}

Fault Trouble::some_fault() {
  switch (world_.dice.below(10)) {
    case 0:
    case 1:
    case 2: return Fault::reset;
    case 3:
    case 4: return Fault::black_hole;
    case 5: return Fault::half_hole;
    case 6: return Fault::cut;
    case 7: return Fault::hold;
    default:
      return Fault(world_.dice.between(std::size_t(Fault::flip), std::size_t(Fault::exchange)));
  }
}

void Trouble::start() {
  Dice& dice = world_.dice;
  if (wrath_ == 0) return;
  for (const auto& client : world_.clients())
    if (Carrier* const carrier = client->life->carrier()) befall(carrier->line(), 0);
  const auto plan = [&](unsigned one_in, std::function<void()> what) {
    while (dice.one_in(one_in)) world_.clock.at(some_time(), what);
  };
  plan(5, [this] {
    world_.met.met(Met::outages);
    const Time until = world_.clock.now() + world_.dice.between(100ms, 15s);
    outage_until_ = std::min(until, calm_since_);
    world_.note("an outage");
    for (const auto& client : world_.clients()) {
      Carrier* const carrier = client->life ? client->life->carrier() : nullptr;
      if (carrier && !world_.dice.one_in(3)) strike(carrier->line(), some_fault(), true);
    }
  });
  plan(6, [this] {
    const Duration time = world_.dice.between(100ms, world_.dice.one_in(2) ? 3s : 30s);
    const auto who = world_.dice.below(3);
    world_.note("sleep of ", who);
    if (who != 0) world_.sleep(world_.agent().machine, time);
    if (who != 1) world_.sleep(world_.clients()[0]->machine, time);
    calm_since_ = std::max(calm_since_, world_.clock.now() + time);
  });
  plan(2, [this] {
    world_.note("the agent asks to move");
    world_.agent().ask_to_move();
  });
  plan(3, [this] {
    if (auto scheme = some_scheme(world_))
      world_.new_stranger(scheme->purpose, std::move(scheme->speech));
  });
  if (dice.one_in(16))
    world_.clock.at(some_time(), [this] {
      const auto& client = *world_.clients()[world_.dice.below(world_.clients().size())];
      if (!world_.agent().has(client)) return;
      world_.note("a user's rights are withdrawn");
      revoked_ = true;
      world_.agent().revoke(client);
    });
}

void Trouble::befall(Line& line, unsigned ordinal) {
  Dice& dice = world_.dice;
  if (is_calm() || ordinal > 12) return;
  while (dice.percent(wrath_)) {
    const bool towards_agent = dice.one_in(2);
    Pipe& pipe = towards_agent ? *line.to_agent : *line.to_client;
    const Fault fault = some_fault();
    const std::size_t early = world_.real ? real_handshake : handshake;
    switch (dice.below(6)) {
      case 0: pipe.strike_at({dice.below(early), fault}); break;
      case 1: pipe.strike_at({dice.below(beginning), fault}); break;
      case 2: pipe.strike_at({dice.below(much), fault}); break;
      default:
        world_.clock.after(dice.between(0ms, 8s), [this, &line, fault, towards_agent] {
          strike(line, fault, towards_agent);
        });
    }
  }
}

// The client's Resume is on its way now, and the agent's answer soon.
void Trouble::resume_said(Client& client, Line& line) {
  Dice& dice = world_.dice;
  if (is_calm()) return;
  if (dice.one_in(12)) {
    strike(line, dice.one_in(2) ? Fault::hold : some_fault(), true);
    const ByteString stolen = client.said();
    world_.new_stranger(Stranger::Purpose::stolen,
                        [stolen](const crypto::Sha256&) { return stolen; });
  } else if (dice.percent(wrath_ / 3)) {
    world_.clock.after(dice.between(0ms, 100ms),
                       [this, &line] { strike(line, some_fault(), world_.dice.one_in(2)); });
  }
}

// What follows is the replay, if there is one.
void Trouble::adopted(Carrier& carrier) {
  Dice& dice = world_.dice;
  if (is_calm() || !dice.percent(wrath_ / 2)) return;
  Line& line = carrier.line();
  const bool towards_agent = dice.one_in(2);
  Pipe& pipe = towards_agent ? *line.to_agent : *line.to_client;
  pipe.strike_at({pipe.passed() + dice.below(dice.one_in(2) ? 500 : 30'000), some_fault()});
}

void Trouble::classify(const Line& line, Fault fault, bool towards_agent) {
  Coverage& met = world_.met;
  switch (fault) {
    case Fault::reset: met.met(Met::resets); break;
    case Fault::black_hole:
    case Fault::half_hole: met.met(Met::black_holes); break;
    case Fault::cut: met.met(Met::cuts); break;
    case Fault::hold: met.met(Met::delays); break;
    default: met.met(Met::damages);
  }
  if (!kills(fault) || !line.clients) return;
  const bool clients = line.clients->end().open(), agents = line.agents->end().open();
  if (!clients && !agents)
    met.met(!line.attempt ? Met::kills_in_handshake
            : !line.asked ? Met::kills_before_resume
                          : Met::kills_before_resumed);
  else if (!clients || !agents)
    met.met(Met::kills_before_resumed);
  else if (line.clients->replays() || line.agents->replays())
    met.met(Met::kills_in_replay);
  else
    met.met(Met::kills_while_carried);
  const Pipe& pipe = towards_agent ? *line.to_agent : *line.to_client;
  if (clients && agents && pipe.inside_record()) met.met(Met::kills_inside_a_frame);
}

void Trouble::strike(Line& line, Fault fault, bool towards_agent) {
  if (is_calm() || !line.client || line.to_agent->dead_since() || line.to_client->dead_since())
    return;
  classify(line, fault, towards_agent);
  world_.note("line ", line.number, ": ", name(fault), towards_agent ? " towards" : " from",
              " the agent");
  line.touched = true;
  if (kills(fault)) line.doomed = true;
  Pipe& pipe = towards_agent ? *line.to_agent : *line.to_client;
  Pipe& other = towards_agent ? *line.to_client : *line.to_agent;
  Dice& dice = world_.dice;
  switch (fault) {
    case Fault::reset: return reset(line);
    case Fault::black_hole: swallow(line, !towards_agent); [[fallthrough]];
    case Fault::half_hole: return swallow(line, towards_agent);
    case Fault::cut:
      if (dice.one_in(2)) other.cut_off();
      return pipe.cut_off();
    case Fault::hold: {
      const Duration wait = dice.between(50ms, 12s);
      line.held_until = std::max(line.held_until, world_.clock.now() + wait + 2s);
      if (dice.one_in(2)) other.hold(wait);
      return pipe.hold(wait);
    }
    default: return pipe.spoil(fault);
  }
}

void Trouble::reset(Line& line) {
  Dice& dice = world_.dice;
  const auto who = dice.below(6);  // 0: only the client is told; 1: only the agent
  if (who == 1)
    swallow(line, false);
  else
    line.to_client->tell_reader_broken(dice.between(0ms, 300ms));
  if (who == 0)
    swallow(line, true);
  else
    line.to_agent->tell_reader_broken(dice.between(0ms, 300ms));
}

void Trouble::swallow(Line& line, bool towards_agent) {
  Pipe& pipe = towards_agent ? *line.to_agent : *line.to_client;
  pipe.swallow();
  Carrier* const reader = towards_agent ? line.agents : line.clients;
  if (reader) reader->deaf();
}

}  // namespace tasuki::simulator
