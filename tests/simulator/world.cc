#include "simulator/world.h"

#include "simulator/model_seal.h"
#include "support/passwords.h"

namespace tasuki::simulator {

using inner::Session;

namespace {

// Once the network is good, everything comes to its end within this: two attempts that
// fail, what the programs at the ends take their time for, a goodbye.
constexpr auto until_all_is_done = 120s;

constexpr std::uint64_t most_events = 500'000;

const crypto::PublicKey& agents_key() {
  static const crypto::PublicKey made = test::some_agent().key.public_key();
  return made;
}

std::uint16_t some_window(Dice& dice) {
  if (!dice.one_in(4)) return 300;
  return std::uint16_t(dice.one_in(8) ? 0 : dice.between(1, 20));
}

}  // namespace

World::World(std::uint64_t seed, Coverage& met_by_all, std::ostream* story)
    : dice(seed),
      met(met_by_all),
      real(is_real(seed)),
      window(some_window(dice)),
      session_memory(real || !dice.one_in(4) ? inner::session_memory : 512 * 1024),
      story_(story) {}

void World::run() {
  ++met.schedules;
  if (real) met.met(Met::real_schedules);
  agent_ = std::make_unique<Agent>(*this);
  const std::size_t count = dice.one_in(6) ? 2 : 1;
  large_ =
      count == 1 && (session_memory < inner::session_memory ? dice.one_in(4) : dice.one_in(128));
  for (std::size_t i = 0; i < count; ++i)
    clients_.push_back(std::make_unique<Client>(*this, *agent_, Ledger::made(dice, large_)));
  for (const auto& client : clients_) client->start();
  while (real && !all_logged_in()) clock.step();
  trouble_ = std::make_unique<Trouble>(*this);
  trouble_->start();
  end_what_is_done();
  live_until_over();
  conclude();
  come_late();
}

bool World::all_logged_in() const {
  return std::all_of(clients_.begin(), clients_.end(),
                     [](const auto& client) { return client->life && client->life->carrier(); });
}

void World::live_until_over() {
  bool may_end = window < 120 || trouble_->revoked();
  std::uint64_t events = 0;
  const auto over = [this] {
    for (const auto& client : clients_)
      if (!client->life || !client->life->over()) return false;
    return agent_->all_over();
  };
  while (!over()) {
    if (!clock.step()) throw Wrong{"nothing happens any more"};
    if (++events > most_events) throw Wrong{"it goes round in circles"};
    may_end = window < 120 || trouble_->revoked();
    const Duration limit = until_all_is_done + (may_end ? std::chrono::seconds(window) + 30s : 0s);
    if (clock.now() > trouble_->calm_since() + limit) {
      tell_what_is_left();
      throw Wrong{"the network has been good for long, and not all is done"};
    }
  }
  met.events += events;
  for (const auto& client : clients_) {
    const Life& agents = agent_->life(*client);
    if (client->life->clean() != agents.clean())
      throw Wrong{"one side ends well, the other: " + client->life->failure() + agents.failure()};
    if (!client->life->clean() && !may_end)
      throw Wrong{"the session did not survive: " + client->life->failure() + "; " +
                  agents.failure()};
  }
}

void World::tell_what_is_left() {
  const auto tell = [this](const char* whose, const Life& life) {
    const Session& session = life.session();
    note(whose, ": ",
         life.over()      ? "over"
         : life.carrier() ? "carried"
                          : "lost",
         ", sent ", session.bytes_sent(), ", received ", session.bytes_received(), ", waiting ",
         session.waiting(), ", kept ", session.memory_used(), ", channels ", session.channels());
    for (const auto& channel : session.facts())
      note("  channel ", channel.number, channel.open ? " open" : "", ", sent ", channel.sent,
           ", received ", channel.received, ", credit ", channel.credit, ", room ", channel.room,
           ", queued ", channel.queued);
  };
  for (const auto& client : clients_) {
    tell("client", *client->life);
    tell("agent", agent_->life(*client));
    for (const Plan& plan : client->ledger.plans)
      for (const Way& way : plan.ways)
        note("  planned ", way.total, ", written ", way.written, ", read ", way.read,
             way.finished ? ", finished" : "", plan.cut ? ", cut" : "");
  }
}

// Clients whose programs are done say goodbye, over a line that works.
void World::end_what_is_done() {
  clock.after(1s, [this] { end_what_is_done(); });
  if (clock.now() < trouble_->calm_since()) return;
  for (const auto& client : clients_)
    if (client->done() && client->is_well()) client->life->close();
}

void World::conclude() {
  for (const auto& client : clients_) {
    if (!client->life->clean()) continue;
    met.met(Met::survived);
    for (const Plan& plan : client->ledger.plans) {
      if (plan.cut || plan.refused) continue;
      for (const Way& way : plan.ways)
        if (way.read != way.total || !way.heard_finish) throw Wrong{"a channel is not complete"};
    }
  }
}

// The session is over: not even its own client gets it back.
void World::come_late() {
  Client& client = *clients_.front();
  new_stranger(Stranger::Purpose::late, client.rightful_resume());
  const Time limit = clock.now() + 60s;
  while (!strangers_.back().answered()) {
    if (!clock.step() || clock.now() > limit) throw Wrong{"a stranger is left without an answer"};
  }
}

void World::at_home(const Machine& machine, Duration wait, std::function<void()> what) {
  clock.after(wait, [this, &machine, what = std::move(what)]() mutable {
    if (machine.asleep_until > clock.now())
      at_home(machine, machine.asleep_until - clock.now(), std::move(what));
    else
      what();
  });
}

void World::sleep(Machine& machine, Duration time) {
  met.met(Met::sleeps);
  slept_ = true;
  machine.asleep_until = std::max(machine.asleep_until, clock.now() + time);
  machine.woken = machine.asleep_until;
}

Line& World::new_line(Client* client) {
  Line& line = lines_.emplace_back();
  line.number = unsigned(lines_.size());
  line.client = client;
  Pipe::Weather weather;
  weather.latency = dice.between(1ms, dice.one_in(4) ? 300ms : 40ms);
  weather.capacity = dice.between(16 * 1024, 300 * 1024);
  weather.bytes_per_second = weather.capacity * dice.between(1, 20);
  if (large_) weather.bytes_per_second += 2'000'000;
  weather.piece = dice.one_in(6) ? 1'000 : SIZE_MAX;
  const auto pipe = [&](bool to_agent) {
    return std::make_unique<Pipe>(clock, dice, weather, [this, &line, to_agent](Fault fault) {
      trouble_->strike(line, fault, to_agent);
    });
  };
  line.to_agent = pipe(true);
  line.to_client = pipe(false);
  return line;
}

Carrier& World::new_carrier(Line& line, const Machine& machine, Session::Side side,
                            std::unique_ptr<inner::End> end) {
  return carriers_.emplace_back(*this, line, machine, side, std::move(end));
}

void World::new_stranger(Stranger::Purpose purpose, Stranger::Speech speech) {
  Line& line = new_line(nullptr);
  Stranger& stranger = strangers_.emplace_back(*this, line, purpose, std::move(speech));
  agent_->serve(line, stranger);
  stranger.begin();
}

std::unique_ptr<inner::Sealing> World::seal(inner::Sealing::Side side) {
  if (!real) return std::make_unique<ModelSeal>(side, agents_key(), dice);
  return std::make_unique<inner::Seal>(side, side == inner::Sealing::Side::client
                                                 ? test::client_context()
                                                 : test::some_agent().context);
}

const inner::Route& World::route() {
  static const inner::Route made{"realm", "label", "pc", agents_key().id()};
  return made;
}

std::size_t World::ends_open_with(const Session& session) const {
  std::size_t count = 0;
  for (const Carrier& each : carriers_) count += each.rides(session);
  return count;
}

std::uint64_t World::trace() const {
  std::uint64_t all = 0;
  const auto add = [&](const Session& session) {
    for (const std::uint64_t part :
         {session.bytes_received(), session.bytes_sent(), std::uint64_t(session.memory_used()),
          std::uint64_t(session.waiting()), std::uint64_t(session.ticket().attempts)})
      all = mixed(all + part + 1);
  };
  for (const auto& client : clients_)
    if (client->life) add(client->life->session());
  agent_->for_each([&](const Life& life) { add(life.session()); });
  return all;
}

}  // namespace tasuki::simulator
