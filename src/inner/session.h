// A session: many channels over one sealed connection. Frames in, frames out; no
// socket, no clock, no TLS.
//
// A channel is a byte stream in both directions with credit in bytes: a side sends
// no more than the other has room for, so a reader that stops costs its own channel's
// window and holds up nobody else. The client opens channels; the agent's
// configuration decides which.
//
//   client   open() ──Open──▶                         event Asked
//                   ◀─Opened── accept()               (or refuse(): NotOpened)
//   either   write() ──Data──▶ event Arrived, then consumed() ──Credit──▶
//            finish() ─Finish─▶ event PeerFinished    (half-close: the other way goes on)
//            reset()  ─Reset──▶ event Cut             (both ways, at once)
//
// A channel is gone when both sides have finished, or at a reset.
#pragma once

#include "inner/messages.h"

#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <variant>

namespace tasuki::inner {

// What a side lets the other send before it has taken any of it.
inline constexpr std::uint32_t channel_window = 256 * 1024;

// The largest Data payload we make: an interactive channel waits behind one at most.
inline constexpr std::size_t data_chunk = 16 * 1024;

inline constexpr std::size_t most_channels = 256;

class Session {
public:
  enum class Side { client, agent };
  explicit Session(Side side) : side_(side) {}

  // What the other side did. Channels named here are open, unless the event says not.
  struct Asked {
    ChannelNumber channel;
    std::string target;
  };  // agent: accept() or refuse()
  struct WasOpened {
    ChannelNumber channel;
    TargetKind kind;
  };
  struct WasRefused {
    ChannelNumber channel;
    ChannelError reason;
  };
  struct Arrived {
    ChannelNumber channel;
    ByteString bytes;
  };
  struct MayWrite {
    ChannelNumber channel;
  };  // credit has come
  struct PeerFinished {
    ChannelNumber channel;
  };
  struct Cut {
    ChannelNumber channel;
    ChannelError reason;
  };
  struct Closed {
    CloseReason reason;
  };
  struct Ponged {
    std::uint64_t cookie;
  };
  using Event = std::variant<Asked, WasOpened, WasRefused, Arrived, MayWrite, PeerFinished, Cut,
                             Closed, Ponged>;

  // Throws wire::ProtocolError: the peer has lost its mind, the session is over.
  void receive(const wire::Frame& frame);
  std::optional<Event> next_event();

  // What is to be sealed and sent. Moves it out.
  ByteString take() { return std::exchange(outgoing_, {}); }
  std::size_t waiting() const { return outgoing_.size(); }

  // Calls for a channel that is gone meanwhile do nothing: the peer may always be
  // quicker than the caller.
  ChannelNumber open(const std::string& target, Priority priority = Priority::interactive);
  void accept(ChannelNumber channel, TargetKind kind);
  void refuse(ChannelNumber channel, ChannelError reason);
  std::size_t writable(ChannelNumber channel) const;  // bytes of credit left; 0: none, or gone
  void write(ChannelNumber channel, Bytes bytes);     // at most writable(); std::logic_error beyond
  void consumed(ChannelNumber channel, std::size_t bytes);  // of what Arrived: room for more
  void finish(ChannelNumber channel);  // before it is open, too: said once it is
  void reset(ChannelNumber channel, ChannelError reason);

  void ping(std::uint64_t cookie);
  void close(CloseReason reason);
  bool closed() const { return closed_; }

  bool has(ChannelNumber channel) const { return channels_.contains(channel); }
  std::size_t channels() const { return channels_.size(); }

  // Of counted frames, headers included: what a resume would start from.
  std::uint64_t bytes_sent() const { return counted_sent_; }
  std::uint64_t bytes_received() const { return counted_received_; }

private:
  struct Channel {
    bool open = false;           // accepted by the agent
    std::size_t credit = 0;      // bytes we may send
    std::size_t room = 0;        // bytes the peer may still send
    std::size_t unreturned = 0;  // consumed, and not yet given back as credit
    bool finished = false;       // by us
    bool peer_finished = false;
  };

  Channel* find(ChannelNumber channel);
  Channel* named_by_peer(ChannelNumber channel);
  void say_finish(ChannelNumber channel);
  void drop_if_over(ChannelNumber channel);
  template <typename M>
  void say(const M& message);

  void take_open(const Open& message);
  void take_data(const wire::Frame& frame);
  void take_credit(const Credit& message);

  const Side side_;
  std::map<ChannelNumber, Channel> channels_;
  ChannelNumber last_opened_ = 0;
  std::deque<Event> events_;
  ByteString outgoing_;
  std::uint64_t counted_sent_ = 0;
  std::uint64_t counted_received_ = 0;
  std::uint64_t acknowledged_ = 0;  // by us, of counted_received_
  bool closed_ = false;
};

}  // namespace tasuki::inner
