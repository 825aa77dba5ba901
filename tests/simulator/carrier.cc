#include "simulator/carrier.h"

#include "simulator/life.h"
#include "simulator/world.h"

namespace tasuki::simulator {

using inner::Session;

namespace {

// As in peer/carrier.cc.
constexpr std::size_t most_at_once = 64 * 1024;
constexpr std::size_t most_answers = 64 * 1024;
constexpr auto acknowledge_within = 100ms;
constexpr auto goodbye_limit = 2s;

}  // namespace

Carrier::Carrier(World& world, Line& line, const Machine& machine, Session::Side side,
                 std::unique_ptr<inner::End> end)
    : world_(world),
      line_(line),
      machine_(machine),
      side_(side),
      end_(std::move(end)),
      pulse_(world.clock.now()) {}

// Between honest ends nobody breaks the rules, whatever the network does; and the seal
// breaks only where somebody has touched the line.
void Carrier::guarded(const std::function<void()>& what) {
  try {
    what();
  } catch (const wire::ProtocolError& error) {
    if (line_.client) throw Wrong{std::string("an honest end is called a liar: ") + error.what()};
    fail(error.what());
  } catch (const inner::SealError& error) {
    if (!line_.touched) throw Wrong{std::string("the seal breaks by itself: ") + error.what()};
    fail(error.what());
  } catch (const std::exception& error) {
    throw Wrong{error.what()};
  }
}

bool Carrier::reads() const {
  return over_ || !end_->open() || end_->session().answers_waiting() <= most_answers;
}

void Carrier::arrived(Bytes bytes) {
  if (detached_) return take_in_vain(bytes);
  if (over_) return;
  guarded([&] {
    take_in(bytes);
    if (over_ || !end_->peer_closed()) return;
    if (!std::exchange(closing_, true)) {
      end_->close(inner::CloseReason::done);
      flush();
    }
    finished();
  });
  if (on_changed) on_changed();
}

void Carrier::take_in(Bytes bytes) {
  const inner::Pulse::Sign sign = end_->receive(bytes);
  if (end_->open()) {
    const Time now = world_.clock.now();
    Session& session = end_->session();
    if (rider_) rider_->must_ride(*this);
    pulse_.heard(now, sign);
    if (!session.unacknowledged())
      acknowledge_at_.reset();
    else if (!acknowledge_at_)
      acknowledge_at_ = now + acknowledge_within;
    if (rider_) rider_->dispatch();
  }
  if (rider_ && !over_) tick_at(pulse_.deadline());
  flush();
}

// The session has gone elsewhere: this must not change it.
void Carrier::take_in_vain(Bytes bytes) {
  const auto before = world_.trace();
  try {
    end_->receive(bytes);
  } catch (const std::exception&) {
    throw Wrong{"an end that was left still listens"};
  }
  if (end_->open() || world_.trace() != before)
    throw Wrong{"a session takes bytes from a carrier that is not its own"};
}

void Carrier::ended() {
  line_.touched = true;
  if (over_) return;
  guarded([&] {
    end_->carrier_ended();
    finished();
  });
  if (on_changed) on_changed();
}

void Carrier::broken() {
  line_.touched = true;
  fail("reset");
  if (on_changed) on_changed();
}

void Carrier::flush() {
  if (std::exchange(pumping_, true)) return;
  world_.at_home(machine_, 0ms, [this] {
    pumping_ = false;
    guarded([this] { pump(); });
  });
}

void Carrier::pump() {
  if (left_) return;
  while (!out().full()) {
    const ByteString bytes = end_->take(most_at_once);
    if (bytes.empty()) break;
    replay_left_ -= std::min<std::uint64_t>(replay_left_, bytes.size());
    out().write(bytes);
    if (over_ || !end_->open()) continue;
    if (end_->session().outstanding()) {
      pulse_.sent(world_.clock.now());
      if (rider_) tick_at(pulse_.deadline());
      if (deaf_since_ && !std::exchange(loss_is_due_, true))
        must_be_over_after(inner::Pulse::shortest + pulse_.patience());
    }
    if (rider_) rider_->dispatch();
  }
  if (closing_ && end_->waiting() == 0 && !out().full()) out().finish();
  if (!over_) in().poke();
}

void Carrier::tick_at(Time when) {
  if (acknowledge_at_) when = std::min(when, *acknowledge_at_);
  if (tick_at_ && *tick_at_ <= when) return;
  tick_at_ = when;
  world_.at_home(machine_, when - world_.clock.now(), [this, when] {
    if (tick_at_ != when) return;
    tick_at_.reset();
    guarded([this] { tick(); });
  });
}

void Carrier::tick() {
  using Decision = inner::Pulse::Decision;
  if (over_ || !end_->open()) return;
  const Time now = world_.clock.now();
  if (acknowledge_at_ && now >= *acknowledge_at_) {
    acknowledge_at_.reset();
    end_->session().acknowledge();
    flush();
  }
  switch (pulse_.decide(now)) {
    case Decision::wait:
    case Decision::doubt: break;
    case Decision::ping:
      last_ping_at_ = now;
      end_->session().ping(++last_ping_);
      flush();
      break;
    case Decision::dead:
      if (!line_.touched && !world_.slept()) throw Wrong{"a live carrier is taken for dead"};
      world_.met.met(Met::found_by_pulse);
      fail("nothing is heard");
      if (on_changed) on_changed();
      return;
  }
  tick_at(pulse_.deadline());
}

void Carrier::ponged(std::uint64_t cookie) {
  if (cookie == last_ping_) pulse_.round_trip(world_.clock.now() - last_ping_at_);
}

void Carrier::deaf() {
  if (deaf_since_) return;
  deaf_since_ = world_.clock.now();
  if (end_->open()) must_be_over_after(inner::Pulse::longest + pulse_.patience());
}

// What the liveness of a carrier promises, unless the machine slept: then it asks anew.
void Carrier::must_be_over_after(Duration wait) {
  const Time since = world_.clock.now();
  world_.clock.after(wait + 1ms, [this, since, wait] {
    if (over_ || machine_.asleep_until >= since || machine_.woken >= since) return;
    throw Wrong{
        "a dead carrier is taken for alive after " +
        std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(wait).count()) +
        " ms"};
  });
}

void Carrier::carry(Life& rider, std::uint64_t replay) {
  rider_ = &rider;
  replay_left_ = replay;
  tick_at(pulse_.deadline());
}

void Carrier::fail(std::string why) {
  if (over_) return;
  failure_ = std::move(why);
  world_.note("line ", line_.number, " ", side_ == Session::Side::client ? "client" : "agent",
              "'s end fails: ", failure_);
  finished();
  leave_line();
}

void Carrier::leave_line() {
  if (std::exchange(left_, true)) return;
  line_.touched = true;
  out().abort(world_.dice.one_in(2));
}

void Carrier::finished() {
  if (std::exchange(over_, true)) return;
  Life* rider = std::exchange(rider_, nullptr);
  if (rider) rider->carrier_over(*this);
}

void Carrier::detach() {
  rider_ = nullptr;
  end_->detach();
  detached_ = true;
  fail("left");
}

void Carrier::close(inner::CloseReason reason) {
  if (over_) return;
  closing_ = true;
  end_->close(reason);
  flush();
  world_.at_home(machine_, goodbye_limit, [this] {
    if (!over_) finished();
    leave_line();
  });
}

}  // namespace tasuki::simulator
