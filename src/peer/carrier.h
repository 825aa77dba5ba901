// What carries a session for now: an inner::End driven over a stream. Used by agent
// and client alike, from the first byte of the inner handshake on.
//
//               ┌────────────── Carrier ─────────────┐
//   session ◀──▶│ End ◀─▶ reader, writer ◀─▶ stream  │◀──▶ the other side
//               │          pulse                     │     (through a gateway, or not)
//               └────────────────────────────────────┘
//
// A carrier dies; the session that it carried does not (live_session.h).
//
// Lives on one loop. Shared by its owner and its own coroutines.
#pragma once

#include "inner/end.h"
#include "inner/pulse.h"
#include "net/signal.h"
#include "net/stream.h"

namespace tasuki::peer {

class Carrier : public std::enable_shared_from_this<Carrier> {
public:
  using Time = inner::Pulse::Time;

  // `way`: how people know the way it takes: a gateway's address, or "direct" and one.
  Carrier(net::StreamPtr stream, std::unique_ptr<inner::End> end, std::string way);

  // Begins to drive. `arrived`: bytes of the stream that were read before.
  void start(ByteString arrived = {});

  inner::End& end() { return *end_; }
  const std::string& way() const { return way_; }
  asio::any_io_executor executor() { return stream_->executor(); }

  // Something may have changed: the end's phase, or over(). Checks again after it.
  asio::awaitable<void> changed() { return changed_.wait(); }

  // It is over: properly (no failure), or by what went wrong.
  bool over() const { return over_; }
  std::exception_ptr failure() const { return failure_; }
  void fail(std::exception_ptr why);  // breaks it off

  // Call after having done something to the end or its session: sends what it says.
  void flush() { outgoing_.notify(); }

  // Says goodbye, after all that was written, and waits for the other side's goodbye for
  // at most two seconds.
  asio::awaitable<void> close(inner::CloseReason reason);

  // For whom it carries.
  struct Rider {
    std::function<void()> progress;  // the session may have events
    std::function<void()> doubt;     // nothing is heard, though something should be
    std::function<void()> over;      // the last
  };
  // From now on, watches whether it is alive. The end is open.
  void carry(Rider rider);

  // The session goes on elsewhere: breaks off, and calls nobody any more.
  void detach();

  void ponged(std::uint64_t cookie);
  // From a Ping to its Pong; 0: none yet.
  std::chrono::steady_clock::duration round_trip() const { return round_trip_; }

private:
  asio::awaitable<void> read(ByteString arrived);
  asio::awaitable<void> write();
  asio::awaitable<void> tick();
  asio::awaitable<void> room_to_answer();
  void take_in(Bytes bytes);
  void call(std::function<void()> Rider::*what);
  void ping(Time now);
  void wake_at(Time when);
  void finished();

  net::StreamPtr stream_;
  const std::unique_ptr<inner::End> end_;
  const std::string way_;
  std::shared_ptr<const Rider> rider_;  // shared with its own calls: they may change it
  net::Signal changed_;
  net::Signal outgoing_;  // there may be something to send
  net::Signal sent_;      // there is less to send than before
  asio::steady_timer tick_;
  inner::Pulse pulse_;
  std::optional<Time> acknowledge_at_;
  Time key_since_;
  std::uint64_t last_ping_ = 0;
  Time last_ping_at_{};
  std::chrono::steady_clock::duration round_trip_{};
  std::exception_ptr failure_;
  bool over_ = false;
  bool closing_ = false;
};

}  // namespace tasuki::peer
