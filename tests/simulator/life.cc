#include "simulator/life.h"

#include "simulator/carrier.h"
#include "simulator/world.h"

namespace tasuki::simulator {

using inner::Session;

Life::Life(World& world, const Machine& machine, Session::Side side,
           std::unique_ptr<Session> session, Ledger& ledger)
    : world_(world),
      machine_(machine),
      side_(side),
      session_(std::move(session)),
      owner_(world, *this, machine, side, ledger) {}

void Life::adopt(Carrier& carrier, std::uint64_t replay) {
  if (over_) return carrier.detach();
  carrier_ = &carrier;
  ++window_;
  asked_to_move_ = false;
  if (world_.ends_open_with(*session_) != 1) throw Wrong{"two ends are open with one session"};
  carrier.carry(*this, replay);
  owner_.begin();
  dispatch();
  flush();
  if (carrier_ && carrier_->over()) carrier_over(*carrier_);
}

void Life::leave_carrier() {
  if (!carrier_) return;
  std::exchange(carrier_, nullptr)->detach();
  begin_window();
}

void Life::carrier_over(Carrier& carrier) {
  if (over_ || carrier_ != &carrier) return;
  dispatch();
  const std::string why = carrier.failure();
  if (why.empty() && !closing_ && !session_->closed())
    throw Wrong{"an end that nobody made is taken for a clean one"};
  if (why.empty() || closing_ || session_->closed()) return finished();
  if (session_->ticket().seconds == 0) return fail(why);
  std::exchange(carrier_, nullptr)->detach();
  begin_window();
  if (on_changed) on_changed();
}

void Life::begin_window() {
  const std::uint64_t number = ++window_;
  world_.at_home(machine_, std::chrono::seconds(session_->ticket().seconds), [this, number] {
    if (number != window_ || !lost()) return;
    world_.met.met(Met::windows_over);
    fail("lost for too long");
  });
}

void Life::must_ride(const Carrier& carrier) const {
  if (carrier_ != &carrier)
    throw Wrong{"a session takes bytes from a carrier that is not its current one"};
}

void Life::flush() {
  look_after_memory();
  if (carrier_) carrier_->flush();
}

// What writers may use, and what the other side may make us say beyond it.
void Life::look_after_memory() {
  if (session_->memory_used() > world_.session_memory + memory_slack)
    throw Wrong{"a session keeps " + std::to_string(session_->memory_used()) + " bytes"};
}

void Life::dispatch() {
  while (auto event = session_->next_event()) {
    if (const auto* ponged = std::get_if<Session::Ponged>(&*event)) {
      if (carrier_) carrier_->ponged(ponged->cookie);
    } else if (std::holds_alternative<Session::AskedToMove>(*event)) {
      asked_to_move_ = true;
      if (on_changed) on_changed();
    } else if (!std::holds_alternative<Session::Closed>(*event)) {
      owner_.take(*event);
    }
  }
  look_after_memory();
}

void Life::fail(std::string why) {
  if (over_) return;
  failure_ = std::move(why);
  world_.note(side_ == Session::Side::client ? "client" : "agent", "'s session ends: ", failure_);
  finished();
}

void Life::finished() {
  if (std::exchange(over_, true)) return;
  if (Carrier* left = std::exchange(carrier_, nullptr)) {
    if (!failure_.empty() && !left->over())
      left->detach();
    else
      left->end().detach();
  }
  if (on_changed) on_changed();
}

void Life::close() {
  if (over_) return;
  closing_ = true;
  if (carrier_)
    carrier_->close(inner::CloseReason::done);
  else
    finished();
}

}  // namespace tasuki::simulator
