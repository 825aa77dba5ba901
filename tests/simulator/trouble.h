// Everything that goes wrong in a schedule: lines that are struck, outages, machines that
// sleep, users whose rights are withdrawn, strangers. Until the network is calm.
#pragma once

#include "simulator/line.h"

namespace tasuki::simulator {

class World;

class Trouble {
public:
  explicit Trouble(World& world);

  void start();
  void befall(Line& line, unsigned ordinal);  // a new one
  void strike(Line& line, Fault fault, bool towards_agent);
  void resume_said(Client& client, Line& line);
  void adopted(Carrier& carrier);

  bool outage() const;
  bool revoked() const { return revoked_; }
  Time calm_since() const { return calm_since_; }  // nothing goes wrong afterwards

private:
  bool is_calm() const;
  Fault some_fault();
  Time some_time();
  void classify(const Line& line, Fault fault, bool towards_agent);
  void reset(Line& line);
  void swallow(Line& line, bool towards_agent);

  World& world_;
  Time calm_since_;
  Time outage_until_{};
  unsigned wrath_;  // percent of the lines that are struck
  bool revoked_ = false;
};

}  // namespace tasuki::simulator
