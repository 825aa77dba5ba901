// What keeps a client's session alive: when its carrier is lost, or its gateway is
// about to go, the same agent is found again over any gateway of the profile.
//
//   carried ──lost───────▶ approach, prove, resume ──▶ carried
//      │                     ▲      └─ not this way: the next; after all, a short pause
//      ├──asked to move──────┤   (the old carrier carries until the new one is sealed)
//      └──a direct way ──────┘   (found by the scout, who looks for one beside all this)
//
// Gives up when the agent says that the session is over, when no gateway lets us in any
// more (a revoked key), or when the session's window closes.
#pragma once

#include "client/approach.h"
#include "client/direct.h"
#include "peer/live_session.h"

namespace tasuki::client {

struct Lifeline {
  std::shared_ptr<const peer::Door> door;  // shared with its owner
  control::ComputerId computer;
  inner::ClientEnd::Whom whom;  // with a pin: the agent that this session is with
  DirectWays direct;
};

// Runs for as long as the session lives.
asio::awaitable<void> keep_alive(std::shared_ptr<peer::LiveSession> live, Lifeline line);

}  // namespace tasuki::client
