#include "simulator/agent.h"

#include "simulator/world.h"
#include "support/passwords.h"

namespace tasuki::simulator {

using inner::AgentEnd;
using inner::Session;
using Phase = AgentEnd::Phase;

namespace {

constexpr auto sealing_limit = 20s;  // as in agent/sessions.cc

}  // namespace

Agent::Agent(World& world)
    : world_(world), book_(std::make_unique<test::Passwords>(World::route().agent)) {
  book_->set("alice");
}

Agent::~Agent() = default;

void Agent::serve(Line& line, Ear& client) {
  const inner::Route& route = World::route();
  Carrier& carrier = world_.new_carrier(
      line, machine, Session::Side::agent,
      std::make_unique<AgentEnd>(
          world_.seal(inner::Sealing::Side::agent),
          AgentEnd::Self{route.realm, route.key_label, route.computer, route.agent, world_.window},
          *book_));
  line.agents = &carrier;
  line.to_agent->join(carrier, client);
  line.to_client->join(client, carrier);
  carrier.on_changed = [this, &carrier] { proceed(carrier); };
  world_.at_home(machine, sealing_limit, [&carrier] {
    if (static_cast<AgentEnd&>(carrier.end()).phase() == Phase::connecting)
      carrier.fail("nothing proved");
  });
}

void Agent::proceed(Carrier& carrier) {
  AgentEnd& end = static_cast<AgentEnd&>(carrier.end());
  if (carrier.over()) return;
  if (end.phase() == Phase::wants_session) return resume(carrier);
  const Client* const client = carrier.line().client;
  if (end.phase() != Phase::open || !client || sessions_.contains(client)) return;
  admit(*client, end.take_session());
  life(*client).adopt(carrier, 0);
}

void Agent::admit(const Client& client, std::unique_ptr<Session> session) {
  auto& ledger = const_cast<Client&>(client).ledger;  // both sides write to it
  sessions_[&client].life =
      std::make_unique<Life>(world_, machine, Session::Side::agent, std::move(session), ledger);
}

void Agent::resume(Carrier& carrier) {
  AgentEnd& end = static_cast<AgentEnd&>(carrier.end());
  Line& line = carrier.line();
  line.asked = true;
  Kept* kept = nullptr;
  for (auto& [client, each] : sessions_)
    if (each.life->session().ticket().session == end.wanted() && !each.life->over()) kept = &each;
  const std::uint64_t before = world_.trace();
  const bool yes = kept && end.may_resume(kept->life->session()) && !kept->revoked;
  check_decision(line, kept, yes);
  if (!yes) {
    end.deny(inner::Denial::no_session);
    if (world_.trace() != before) throw Wrong{"a denied Resume changes a session"};
    if (line.client)
      world_.met.met(kept && kept->revoked ? Met::denied_revoked
                     : kept                ? Met::denied_old
                                           : Met::denied_late);
    return carrier.close(inner::CloseReason::done);
  }
  Life& life = *kept->life;
  life.leave_carrier();
  const std::uint64_t sent = life.session().bytes_sent();
  end.resume(life.session());
  const Session& clients = line.client->life->session();
  world_.note("line ", line.number, ": the agent resumes, has come to ",
              life.session().bytes_received());
  life.adopt(carrier, sent - clients.bytes_received());
  world_.trouble().adopted(carrier);
}

// What the simulator knows of who has come, the agent has to find out.
void Agent::check_decision(const Line& line, const Kept* kept, bool yes) const {
  const bool rightful = line.client && kept && !kept->revoked &&
                        kept->life.get() == sessions_.at(line.client).life.get() &&
                        *line.attempt > kept->life->session().ticket().attempts;
  if (yes && !line.client) throw Wrong{"a stranger takes a session"};
  if (yes && !rightful) throw Wrong{"a Resume is taken that has no right to its session"};
  if (!yes && rightful) throw Wrong{"a rightful Resume is denied"};
}

void Agent::revoke(const Client& client) {
  sessions_.at(&client).revoked = true;
}

bool Agent::denies(const Client& client) const {
  const Kept& kept = sessions_.at(&client);
  return kept.revoked || kept.life->over();
}

void Agent::ask_to_move() {
  for (const auto& [client, kept] : sessions_) {
    if (!kept.life->carrier()) continue;
    kept.life->session().ask_to_move();
    kept.life->flush();
  }
}

bool Agent::all_over() const {
  for (const auto& [client, kept] : sessions_)
    if (!kept.life->over()) return false;
  return true;
}

void Agent::for_each(const std::function<void(const Life&)>& what) const {
  for (const auto& [client, kept] : sessions_) what(*kept.life);
}

}  // namespace tasuki::simulator
