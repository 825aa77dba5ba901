#include "simulator/client.h"

#include "simulator/world.h"
#include "support/passwords.h"

namespace tasuki::simulator {

using inner::ClientEnd;
using inner::Session;
using Phase = ClientEnd::Phase;

namespace {

// As in client/lifeline.cc.
constexpr auto agent_limit = 5s;
constexpr Duration first_pause = 50ms, longest_pause = 1s;

ClientEnd::Whom whom() {
  const inner::Route& route = World::route();
  return {route.realm, route.key_label, route.computer, route.agent};
}

// Remembers the last thing that was said under the seal, as somebody who broke into the
// client could.
class Tap final : public inner::Sealing {
public:
  Tap(std::unique_ptr<Sealing> seal, ByteString& said) : seal_(std::move(seal)), said_(said) {}

  void write(Bytes open) override {
    if (!open.empty() && open[0] == std::uint8_t(inner::MessageType::resume))
      said_.assign(open.begin(), open.end());
    seal_->write(open);
  }
  void receive(Bytes sealed) override { seal_->receive(sealed); }
  void carrier_ended() override { seal_->carrier_ended(); }
  void read(ByteString& into) override { seal_->read(into); }
  void renew_key() override { seal_->renew_key(); }
  void close() override { seal_->close(); }
  ByteString take() override { return seal_->take(); }
  std::size_t waiting() const override { return seal_->waiting(); }
  bool established() const override { return seal_->established(); }
  bool peer_closed() const override { return seal_->peer_closed(); }
  crypto::Sha256 exporter(std::string_view label, Bytes context) const override {
    return seal_->exporter(label, context);
  }
  const crypto::PublicKey& peer_key() const override { return seal_->peer_key(); }

private:
  const std::unique_ptr<Sealing> seal_;
  ByteString& said_;
};

}  // namespace

Client::Client(World& world, Agent& agent, Ledger plan)
    : ledger(std::move(plan)), world_(world), agent_(agent), pause_(first_pause) {}

std::unique_ptr<inner::Sealing> Client::tapped_seal() {
  return std::make_unique<Tap>(world_.seal(inner::Sealing::Side::client), said_);
}

ClientEnd& Client::end_of(Carrier& carrier) const {
  return static_cast<ClientEnd&>(carrier.end());
}

// A log-in, or the outcome of one: both sides hold the same ticket.
void Client::start() {
  if (world_.real) return log_in();
  const auto id = world_.dice.bytes<16>();
  const auto secret = world_.dice.bytes<32>();
  const auto made = [&](Session::Side side) {
    auto session = std::make_unique<Session>(side, world_.session_memory);
    session->ticket() = {id, crypto::Secret(secret), world_.window};
    return session;
  };
  agent_.admit(*this, made(Session::Side::agent));
  begin(made(Session::Side::client));
  agent_.life(*this).begin_window();
  life->begin_window();
  look();
}

void Client::begin(std::unique_ptr<Session> session) {
  life = std::make_unique<Life>(world_, machine, Session::Side::client, std::move(session), ledger);
  life->on_changed = [this] { look(); };
}

void Client::log_in() {
  Line& line = world_.new_line(this);
  Carrier& carrier = world_.new_carrier(
      line, machine, Session::Side::client,
      std::make_unique<ClientEnd>(world_.seal(inner::Sealing::Side::client), whom(),
                                  inner::ClientAuthentication::Self{"alice", "test 1", "me"}));
  line.clients = &carrier;
  carrier.on_changed = [this, &carrier] {
    ClientEnd& end = end_of(carrier);
    if (end.phase() == Phase::wants_password) {
      end.password(test::secret(test::right_password));
      carrier.flush();
    } else if (end.phase() == Phase::open && !life) {
      begin(end.take_session());
      life->adopt(carrier, 0);
    }
  };
  agent_.serve(line, carrier);
  carrier.flush();
}

bool Client::done() const {
  if (!life || life->over() || life->session().channels() > 0) return false;
  for (const Plan& plan : ledger.plans)
    if (!plan.asked) return false;
  return agent_.life(*this).session().channels() == 0;
}

bool Client::is_well() const {
  if (!life || !life->carrier() || life->closing()) return false;
  const Line& line = life->carrier()->line();
  const Carrier* const other = agent_.life(*this).carrier();
  return other && &other->line() == &line && !line.doomed && world_.clock.now() > line.held_until;
}

// Whether there is anything to do about the line.
void Client::look() {
  if (attempting_ || !life || life->over() || life->closing()) return;
  if (!life->lost() && !life->asked_to_move()) return;
  attempting_ = true;
  moving_ = !life->lost();
  world_.at_home(machine, 0ms, [this] { attempt(); });
}

void Client::attempt() {
  if (life->over() || life->closing()) return;
  const Duration way = world_.dice.between(5ms, 300ms);
  if (world_.trouble().outage()) return world_.at_home(machine, way, [this] { failed(nullptr); });
  world_.at_home(machine, way, [this] { come(world_.new_line(this)); });
}

void Client::come(Line& line) {
  if (life->over() || life->closing()) return;
  Carrier& carrier =
      world_.new_carrier(line, machine, Session::Side::client,
                         std::make_unique<ClientEnd>(tapped_seal(), whom(), std::nullopt));
  line.clients = trying_ = &carrier;
  world_.note("line ", line.number, " begins");
  carrier.on_changed = [this, &carrier] { proceed(carrier); };
  agent_.serve(line, carrier);
  world_.trouble().befall(line, next_line());
  limit(carrier);
  carrier.flush();
}

void Client::limit(Carrier& carrier) {
  const std::uint64_t number = ++limits_;
  world_.at_home(machine, agent_limit, [this, number, &carrier] {
    if (number != limits_ || trying_ != &carrier) return;
    carrier.fail("the agent does not answer");
    failed(&carrier);
  });
}

void Client::proceed(Carrier& carrier) {
  if (trying_ != &carrier) return;
  ClientEnd& end = end_of(carrier);
  if (life->over() || life->closing() || (carrier.over() && end.phase() == Phase::connecting) ||
      !carrier.failure().empty())
    return failed(&carrier);
  if (end.phase() == Phase::wants_session) {
    moving_ = moving_ && life->carrier();
    life->leave_carrier();
    end.resume(life->session());
    carrier.line().attempt = life->session().ticket().attempts;
    world_.note("line ", carrier.line().number, " says Resume ", *carrier.line().attempt,
                ", has come to ", life->session().bytes_received());
    limit(carrier);
    carrier.flush();
    world_.trouble().resume_said(*this, carrier.line());
  } else if (end.phase() == Phase::denied) {
    trying_ = nullptr;
    if (!agent_.denies(*this)) throw Wrong{"a session is denied to its own client"};
    life->fail("denied");
    carrier.detach();
  } else if (end.phase() == Phase::open) {
    trying_ = nullptr;
    attempting_ = false;
    pause_ = first_pause;
    const Session& agents = agent_.life(*this).session();
    const std::uint64_t replay = life->session().bytes_sent() - agents.bytes_received();
    world_.met.met(Met::resumes);
    if (replay > 0) world_.met.met(Met::resumes_with_replay);
    if (moving_) world_.met.met(Met::moves);
    world_.note("line ", carrier.line().number, " is Resumed, repeats ", replay);
    life->adopt(carrier, replay);
    world_.trouble().adopted(carrier);
    look();
  }
}

void Client::failed(Carrier* carrier) {
  trying_ = nullptr;
  if (carrier) carrier->detach();
  if (life->over() || life->closing()) return;
  const Duration pause = pause_ / 2 + world_.dice.between(0ms, pause_);
  pause_ = std::min(2 * pause_, longest_pause);
  world_.at_home(machine, pause, [this] {
    attempting_ = false;
    look();
  });
}

Stranger::Speech Client::rightful_resume() const {
  const inner::Ticket& own = life->session().ticket();
  inner::Ticket copy{own.session, own.secret.copy(), own.seconds, own.attempts + 1};
  const auto shared = std::make_shared<inner::Ticket>(std::move(copy));
  const std::uint64_t next = life->session().bytes_received();
  return [shared, next](const crypto::Sha256& binding) {
    return wire::encode(inner::ask_to_resume(*shared, binding, next));
  };
}

}  // namespace tasuki::simulator
