// Somebody who comes to the agent over a line of their own, with a seal as good as any,
// and says something to get at a session that is not theirs.
#pragma once

#include "inner/authentication.h"
#include "simulator/line.h"

namespace tasuki::simulator {

class World;

class Stranger final : public Ear {
public:
  enum class Purpose { stolen, guessed, foreign, unknown, old, offset, late, lawless };
  // What to say, given what the connection is bound to.
  using Speech = std::function<ByteString(const crypto::Sha256& binding)>;

  Stranger(World& world, Line& line, Purpose purpose, Speech speech);
  void begin();
  bool answered() const { return answered_; }  // by a denial, or by being thrown out

  void arrived(Bytes bytes) override;
  void ended() override;
  void broken() override;
  void room() override {}
  bool reads() const override { return true; }
  const Machine& machine() const override { return machine_; }

private:
  void hear(const wire::Frame& frame);

  World& world_;
  Line& line_;
  const Purpose purpose_;
  const Speech speech_;
  Machine machine_;
  std::unique_ptr<inner::Sealing> seal_;
  wire::FrameReader frames_;
  ByteString opened_;
  bool said_ = false, answered_ = false;
};

// A Purpose that is possible now, and what it takes.
struct Scheme {
  Stranger::Purpose purpose;
  Stranger::Speech speech;
};
std::optional<Scheme> some_scheme(World& world);

}  // namespace tasuki::simulator
