// A session with its carrier: drives an inner::End over a stream, and joins its
// channels to local connections. Used by agent and client alike.
//
//                    ┌───────────── LiveSession ─────────────┐
//   local socket ◀──▶│ bridge ◀─▶ channel ◀─▶ End ◀─▶ reader │◀──▶ carrier
//   local socket ◀──▶│ bridge ◀─▶ channel          └─▶ writer│    (through the gateway)
//                    └────────────────────────────────────────┘
//
// Back-pressure: a bridge reads no more from its local socket than the channel has
// credit for, nor while much still waits for the carrier; what arrives is given
// credit for only once the local socket has taken it.
//
// Lives on one loop. Shared by its owner and its own coroutines.
#pragma once

#include "inner/end.h"
#include "net/signal.h"
#include "net/stream.h"

namespace tasuki::peer {

// The agent does not open that channel.
struct ChannelRefused : std::runtime_error {
  explicit ChannelRefused(inner::ChannelError why)
      : std::runtime_error("channel refused: " + std::string(name(why))), reason(why) {}
  inner::ChannelError reason;
};

// The other side ended the session on purpose.
struct SessionClosed : std::runtime_error {
  explicit SessionClosed(inner::CloseReason why)
      : std::runtime_error("the session was ended by the other side"), reason(why) {}
  inner::CloseReason reason;
};

class LiveSession : public std::enable_shared_from_this<LiveSession> {
public:
  LiveSession(net::StreamPtr carrier, std::unique_ptr<inner::End> end);

  // Begins to drive. `arrived`: bytes of the carrier that were read before.
  void start(ByteString arrived = {});

  // Something may have changed: the end's phase, or over(). Checks again after it.
  asio::awaitable<void> changed() { return changed_.wait(); }

  // The session is over: properly (no failure), or by what went wrong.
  bool over() const { return over_; }
  std::exception_ptr failure() const { return failure_; }
  void fail(std::exception_ptr why);  // breaks it off
  // Says goodbye, and waits for the other side's for at most two seconds.
  asio::awaitable<void> close(inner::CloseReason reason);

  inner::Session& session() { return end_.session(); }

  // Call after having done something to the end or its session: sends what it says.
  void flush() { outgoing_.notify(); }

  // Client: opens a channel. Throws ChannelRefused, or the session's failure.
  struct OpenChannel {
    inner::ChannelNumber number;
    inner::TargetKind kind;
  };
  asio::awaitable<OpenChannel> open(std::string target);

  // Agent: called when the client asks for a channel; answered now or later by refuse(),
  // or by accept() and then bridge().
  std::function<void(inner::ChannelNumber, const std::string& target)> on_asked;
  void accept(inner::ChannelNumber number, inner::TargetKind kind);
  void refuse(inner::ChannelNumber number, inner::ChannelError reason);

  // Joins an open channel and a local connection until both directions have ended or
  // either breaks. An end that is not proper reaches the local program as a reset.
  // Never throws. Returns why it broke, if it did.
  asio::awaitable<std::optional<inner::ChannelError>> bridge(
      inner::ChannelNumber number, std::unique_ptr<net::PlainStream> local);

  // Says Ping when nothing has been heard for a while, and gives up when nothing comes.
  static constexpr std::chrono::seconds keepalive{30};
  static constexpr std::chrono::seconds patience{15};
  void keep_alive();  // from now on

private:
  struct Channel;
  using ChannelPtr = std::shared_ptr<Channel>;

  asio::awaitable<void> read(ByteString arrived);
  asio::awaitable<void> write();
  asio::awaitable<void> tick();
  asio::awaitable<void> room_to_send();
  asio::awaitable<void> send_local(inner::ChannelNumber number, ChannelPtr channel);
  asio::awaitable<void> receive_local(inner::ChannelNumber number, ChannelPtr channel);
  void dispatch();
  void take(const inner::Session::Event& event);
  ChannelPtr channel(inner::ChannelNumber number);
  void finished();

  net::StreamPtr carrier_;
  const std::unique_ptr<inner::End> owned_end_;
  inner::End& end_;
  std::map<inner::ChannelNumber, ChannelPtr> channels_;
  net::Signal changed_;
  net::Signal outgoing_;  // there may be something to send
  net::Signal sent_;      // there is less to send than before
  asio::steady_timer tick_;
  std::chrono::steady_clock::time_point heard_;
  std::chrono::steady_clock::time_point key_since_ = std::chrono::steady_clock::now();
  std::exception_ptr failure_;
  bool over_ = false;
  bool closing_ = false;
};

}  // namespace tasuki::peer
