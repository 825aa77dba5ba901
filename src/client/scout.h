// Looks for a direct way to an agent while its session goes another one, or none: at
// once, then every half a minute and whenever this machine's networks change; every
// second while the session has no carrier (look_times.h).
#pragma once

#include "client/direct.h"
#include "client/look_times.h"
#include "net/linux/links.h"
#include "peer/live_session.h"

namespace tasuki::client {

// Lives on one loop. Shared by its owner and its own coroutines.
class Scout : public std::enable_shared_from_this<Scout> {
public:
  Scout(std::shared_ptr<peer::LiveSession> live, DirectWays ways, inner::ClientEnd::Whom whom);

  void start();
  void stop();
  void hurry();  // the session needs another way
  // The session went directly, and that way has died after so long.
  void lost_directly(std::chrono::steady_clock::duration lifetime);

  // A carrier that waits for the session. Each time that a look is over, whether it has
  // found one or not, the session's changed() returns.
  bool found() const { return bool(found_); }
  unsigned looks() const { return looks_; }  // that are over
  Sealed take() { return std::exchange(found_, {}); }

private:
  asio::awaitable<void> look_out();
  asio::awaitable<void> follow_links();
  bool useful() const;

  const std::shared_ptr<peer::LiveSession> live_;  // shared with its owner
  const DirectWays ways_;
  const inner::ClientEnd::Whom whom_;
  net::LinkWatch links_;
  asio::steady_timer timer_;
  LookTimes times_;
  Sealed found_;
  unsigned looks_ = 0;
  bool stopped_ = false;
};

}  // namespace tasuki::client
