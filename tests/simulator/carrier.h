// What carries a session for now: an inner::End over a line, in virtual time. Does what
// peer::Carrier does with a real clock and a real socket, and checks on the way that an
// end keeps the rules.
#pragma once

#include "inner/end.h"
#include "simulator/line.h"

namespace tasuki::simulator {

class Life;
class World;

class Carrier final : public Ear {
public:
  Carrier(World& world, Line& line, const Machine& machine, inner::Session::Side side,
          std::unique_ptr<inner::End> end);

  // The end's phase may have changed, or over().
  std::function<void()> on_changed;

  inner::End& end() { return *end_; }
  Line& line() const { return line_; }
  bool over() const { return over_; }
  const std::string& failure() const { return failure_; }  // empty: properly over
  bool replays() const { return replay_left_ > 0; }
  bool rides(const inner::Session& session) const {
    return end_->open() && &end_->session() == &session;
  }

  void flush();
  void fail(std::string why);
  void close(inner::CloseReason reason);
  void carry(Life& rider, std::uint64_t replay);
  void detach();
  void ponged(std::uint64_t cookie);
  void deaf();  // nothing arrives from now on: that must be found out

  void arrived(Bytes bytes) override;
  void ended() override;
  void broken() override;
  void room() override { flush(); }
  bool reads() const override;
  const Machine& machine() const override { return machine_; }

private:
  void guarded(const std::function<void()>& what);
  void take_in(Bytes bytes);
  void take_in_vain(Bytes bytes);
  void pump();
  void tick_at(Time when);
  void tick();
  void finished();
  void leave_line();
  void must_be_over_after(Duration wait);
  Pipe& out() { return side_ == inner::Session::Side::client ? *line_.to_agent : *line_.to_client; }
  Pipe& in() { return side_ == inner::Session::Side::client ? *line_.to_client : *line_.to_agent; }

  World& world_;
  Line& line_;
  const Machine& machine_;
  const inner::Session::Side side_;
  const std::unique_ptr<inner::End> end_;
  Life* rider_ = nullptr;
  inner::Pulse pulse_;
  std::optional<Time> acknowledge_at_, tick_at_;
  std::optional<Time> deaf_since_;
  bool loss_is_due_ = false;
  std::uint64_t replay_left_ = 0;
  std::uint64_t last_ping_ = 0;
  Time last_ping_at_{};
  std::string failure_;
  bool pumping_ = false, over_ = false, closing_ = false, detached_ = false, left_ = false;
};

}  // namespace tasuki::simulator
