// An agent's control connection once it is registered: idle nearly always, so it
// is plain state on the loop, with no coroutine, timer or buffer of its own.
//
//   agent ─ Ping ─▶        gateway ─ Pong ─▶
//                          gateway ─ Incoming, Drain ─▶
//   agent ─ Declined ─▶
//
// Anything else from the agent ends the line.
#pragma once

#include "control/messages.h"
#include "control/names.h"
#include "crypto/identity.h"
#include "net/stream.h"

#include <chrono>
#include <memory>

namespace tasuki::gateway {

// Who is at the other end.
struct AgentFacts {
  control::KeyLabel label;
  control::ComputerId computer;
  crypto::PublicKey key;
  std::string source;      // its address, as text
  std::string software;    // what it says that it is
  std::int64_t since = 0;  // seconds since 1970
  control::Features features = 0;
};

// Shared by the registry and by the readiness callbacks that are still to come.
class AgentLine : public std::enable_shared_from_this<AgentLine> {
public:
  struct Events {
    std::function<void(AgentLine&)> heard;
    std::function<void(AgentLine&, const control::Token&)> declined;
    std::function<void(AgentLine&, const std::string& why)> ended;  // once, and the last
  };

  AgentLine(net::StreamPtr stream, AgentFacts facts, Events events);

  void start();

  // Sends a frame, now or as soon as the agent takes it. An agent that takes nothing
  // while this many bytes wait for it is given up.
  static constexpr std::size_t most_waiting = 64 * 1024;
  void send(ByteString frame);

  // Asks the agent to register elsewhere, once; one that does not understand is sent away.
  void drain(std::uint16_t retry_after);
  bool draining() const { return draining_; }
  void stop_draining() { draining_ = false; }

  // Tells the agent that the session over that pair is to end. False: it does not
  // understand that.
  bool end_session(const control::PairId& pair);

  // Tells the agent why and closes.
  void refuse(control::Refusal reason);
  void abort(std::error_code why);

  const AgentFacts& facts() const { return facts_; }
  bool died() const { return died_; }  // ended, and not because the agent, or we, wanted it
  std::chrono::steady_clock::time_point last_heard() const { return last_heard_; }

  unsigned pending = 0;   // pairings offered and not yet taken
  unsigned sessions = 0;  // pairs it has now

private:
  void read();
  void take(const wire::Frame& frame);
  void flush();
  void end(const std::string& why);
  void die(const std::string& why);

  net::StreamPtr stream_;
  AgentFacts facts_;
  Events events_;
  wire::FrameReader reader_;
  ByteString outgoing_;
  std::chrono::steady_clock::time_point last_heard_;
  bool ended_ = false;
  bool died_ = false;
  bool writing_ = false;
  bool draining_ = false;
};

}  // namespace tasuki::gateway
