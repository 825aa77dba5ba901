// The ways to an agent that need no gateway: addresses that are known, and those that
// multicast DNS tells. Who answers there is the agent, or of no interest: anybody on a
// LAN can take an address or answer for a name.
#pragma once

#include "client/sealed.h"

namespace tasuki::client {

struct DirectWays {
  std::vector<net::Address> addresses;
  std::string name;  // to ask the LAN for (peer/lan_name.h); empty: it is not asked

  bool any() const { return !name.empty() || !addresses.empty(); }
};

// Where somebody has come directly.
bool is_direct(const std::string& way);

// The first that shows the agent `whom`, and what the agent asks of `self` (in a log-in)
// or that it waits for a session. Empty: none did in time, which is a second or two.
// Without a pin it is whoever answers first, and the password has to decide.
asio::awaitable<Sealed> find_directly(DirectWays ways, inner::ClientEnd::Whom whom,
                                      inner::ClientEnd::Self self);

}  // namespace tasuki::client
