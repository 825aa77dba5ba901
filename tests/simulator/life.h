// A session as it is lived, on one side: over one carrier and then the next. Does what
// peer::LiveSession does.
#pragma once

#include "inner/session.h"
#include "simulator/owner.h"

namespace tasuki::simulator {

class Carrier;

class Life {
public:
  Life(World& world, const Machine& machine, inner::Session::Side side,
       std::unique_ptr<inner::Session> session, Ledger& ledger);

  void adopt(Carrier& carrier, std::uint64_t replay);
  void leave_carrier();
  void begin_window();  // of itself, whenever its carrier is lost
  void fail(std::string why);
  void close();  // we are done

  std::function<void()> on_changed;  // lost, over, asked to move

  bool lost() const { return !over_ && !carrier_; }
  bool over() const { return over_; }
  bool clean() const { return over_ && failure_.empty(); }
  bool closing() const { return closing_; }
  bool asked_to_move() const { return asked_to_move_; }
  const std::string& failure() const { return failure_; }
  Carrier* carrier() const { return carrier_; }
  inner::Session& session() { return *session_; }
  const inner::Session& session() const { return *session_; }

  void flush();
  void dispatch();

  // For a carrier.
  void carrier_over(Carrier& carrier);
  void must_ride(const Carrier& carrier) const;  // it is the session's current one

private:
  void finished();
  void look_after_memory();

  World& world_;
  const Machine& machine_;
  const inner::Session::Side side_;
  const std::unique_ptr<inner::Session> session_;
  Owner owner_;
  Carrier* carrier_ = nullptr;
  std::uint64_t window_ = 0;  // the number of the one that runs
  std::string failure_;
  bool asked_to_move_ = false, closing_ = false, over_ = false;
};

}  // namespace tasuki::simulator
