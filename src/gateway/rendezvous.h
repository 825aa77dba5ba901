// Where the two connections of a pair meet. A client waits here under a token
// that only its agent is told; the agent comes with the token, once, and takes the
// client's stream along.
//
//   client: wait() ──── token ────▶ waiting ──── time is up, or declined ──▶ nullopt
//                                      │
//   agent:  take(token) ───────────────┴──▶ gets the client's stream; the token is gone
#pragma once

#include "control/messages.h"
#include "control/names.h"
#include "crypto/identity.h"
#include "net/stream.h"

#include <chrono>
#include <map>

namespace tasuki::gateway {

class Rendezvous {
public:
  // A client that waits, and whom it waits for.
  struct Waiting {
    control::KeyLabel label;
    control::ComputerId computer;
    crypto::PublicKey agent;
    std::string client_source;
    net::StreamPtr client;
  };

  // Waits until somebody takes the client away (then nothing is returned: it is in
  // their hands) or until the limit; then the client is given back.
  asio::awaitable<net::StreamPtr> wait(const control::Token& token, Waiting waiting,
                                       std::chrono::steady_clock::duration limit);

  // The agent that the token was given to; nullopt: there is no such token.
  std::optional<crypto::PublicKey> agent_of(const control::Token& token) const;

  // The client under that token; the token is worth nothing from then on.
  std::optional<Waiting> take(const control::Token& token);

  // The agent will not come: the client need not wait any longer.
  void decline(const control::Token& token, const crypto::PublicKey& agent);

  // The agent's line has ended: nobody who waits for it need wait any longer.
  void agent_gone(const crypto::PublicKey& agent);

  std::size_t size() const { return waiting_.size(); }

private:
  struct Place {
    Waiting waiting;
    asio::steady_timer timer;
  };
  std::map<control::Token, std::shared_ptr<Place>> waiting_;  // shared with wait()'s coroutine
};

}  // namespace tasuki::gateway
