// The way into a gateway: dial (through a proxy if need be), outer TLS, gateway key.
#pragma once

#include "config/profile.h"
#include "control/peer_admission.h"
#include "net/frames.h"
#include "net/reach.h"
#include "net/tls_stream.h"

namespace tasuki::peer {

// How long one gateway is given before the next in the profile is tried.
inline constexpr std::chrono::seconds dial_limit{10};
// From the first byte to being admitted; and for any single answer after that.
inline constexpr std::chrono::seconds answer_limit{20};

// The same, for whoever has another gateway to turn to.
struct Patience {
  std::chrono::seconds dial = dial_limit;
  std::chrono::seconds answer = answer_limit;
};
inline constexpr Patience hurried{std::chrono::seconds(3), std::chrono::seconds(5)};

// From a frame's first byte to its last.
inline constexpr std::chrono::seconds frame_limit{5};

// What one needs to come in, again and again. Shared by everything that dials for
// one profile; must outlive it.
struct Door {
  Door(config::Profile profile, std::string software);

  config::Profile profile;
  std::string software;                                      // "tasuki 0.1.0"
  std::function<net::Proxy(const net::Address&)> proxy_for;  // default: the environment's
  net::TlsContext tls;
};

// A connection on which the gateway has said Hello.
struct Greeted {
  net::Address gateway;
  std::unique_ptr<net::TlsStream> stream;
  std::unique_ptr<net::Frames> frames;  // over *stream
  control::Exporter exporter;
  wire::Frame hello;
  std::chrono::seconds patience = answer_limit;  // for any single answer
};

// A connection on which the gateway key is proved: ask for what you want.
struct Admitted {
  Greeted line;
  std::unique_ptr<control::PeerAdmission> admission;
};

// This gateway. Throws net::ReachError when it cannot be reached, std::system_error when
// TLS fails (StreamError::untrusted: not a gateway of this realm).
asio::awaitable<Greeted> greet(const Door& door, net::Address gateway, Patience patience = {});

// Throws as greet() does, and control::RefusedByGateway.
asio::awaitable<Admitted> enter(const Door& door, control::Role role, net::Address gateway,
                                Patience patience = {});

// The next frame, within the line's patience if nothing else is said. Read it with
// control::expect<M>(), which throws control::RefusedByGateway or wire::ProtocolError.
asio::awaitable<wire::Frame> next_answer(Greeted& line);
asio::awaitable<wire::Frame> next_answer(Greeted& line, std::chrono::steady_clock::duration limit);

asio::awaitable<void> say(Greeted& line, ByteString frame);

}  // namespace tasuki::peer
