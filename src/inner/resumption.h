// How a session proves, on a later carrier, that it is itself (PROTOCOL.md, step R).
// Values in, values out; no state but the ticket.
//
// Both proofs are keyed hashes under keys from the resume secret, which only the two
// who logged in hold, and both cover the binding (EB) of the connection they are made
// on: a Resume that somebody recorded fits no other connection. One that somebody held
// back is older than the last that was taken, which the attempt number shows.
#pragma once

#include "crypto/secret.h"
#include "inner/messages.h"

namespace tasuki::inner {

// What each side of a session holds to prove itself with.
struct Ticket {
  SessionId session{};
  crypto::Secret secret;       // 32 bytes
  std::uint16_t seconds = 0;   // how long the session outlives a carrier
  std::uint32_t attempts = 0;  // client: Resumes said so far; agent: the last one that it took
};

// Client: the next Resume. `next`: how many bytes of counted frames have arrived here.
Resume ask_to_resume(Ticket& ticket, const crypto::Sha256& binding, std::uint64_t next);

// Agent: whether that is the session's client, and not an old word of its.
bool proves(const Ticket& ticket, const crypto::Sha256& binding, const Resume& resume);

// Agent: the answer. From now on nothing older is taken.
Resumed agree_to_resume(Ticket& ticket, const crypto::Sha256& binding, const Resume& resume,
                        Resumed terms);

// Client: whether that is the session's agent, answering this very Resume.
bool agrees(const Ticket& ticket, const crypto::Sha256& binding, const Resume& resume,
            const Resumed& answer);

}  // namespace tasuki::inner
