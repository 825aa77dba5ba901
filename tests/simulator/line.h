// A line: both its directions, who is at its ends, and what is known about it by nobody
// but the simulator.
#pragma once

#include "simulator/link.h"

namespace tasuki::simulator {

class Carrier;
class Client;

struct Line {
  unsigned number = 0;
  Client* client = nullptr;    // nullptr: a stranger came over it
  Carrier* clients = nullptr;  // its ends; nullptr: a stranger's, or not there yet
  Carrier* agents = nullptr;
  std::unique_ptr<Pipe> to_agent, to_client;
  std::optional<std::uint32_t> attempt;  // of the Resume that was said on it
  bool asked = false;                    // the Resume has arrived
  bool touched = false;                  // something has befallen it, or an end has left it
  bool doomed = false;                   // and its ends will find out
  Time held_until{};
};

}  // namespace tasuki::simulator
