// A session: many channels over one sealed connection, and then over the next. Frames
// in, frames out; no socket, no clock, no TLS.
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
//
// What is to be sent waits in its channel's queue until its turn (schedule.h), and is
// kept from then on until the other side has acknowledged it (retention.h). So a session
// survives its carrier: resume_from() and take() go on where the other side is.
#pragma once

#include "inner/resumption.h"
#include "inner/retention.h"
#include "inner/schedule.h"

#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <variant>

namespace tasuki::inner {

// What a side lets the other send before it has taken any of it.
inline constexpr std::uint32_t channel_window = 256 * 1024;

// The largest Data payload we make: with its header it fills one TLS record, and an
// interactive channel waits behind one at most.
inline constexpr std::size_t data_chunk = 16 * 1024 - 8;

inline constexpr std::size_t most_channels = 256;

// How much a session keeps for the other side, sent and unsent, before its writers wait.
inline constexpr std::size_t session_memory = 4 * 1024 * 1024;

class Session {
public:
  enum class Side { client, agent };
  explicit Session(Side side, std::size_t memory = session_memory) : side_(side), memory_(memory) {}

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
  };  // writable() is more than it was
  struct AllMayWrite {};
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
  struct AskedToMove {};
  using Event = std::variant<Asked, WasOpened, WasRefused, Arrived, MayWrite, AllMayWrite,
                             PeerFinished, Cut, Closed, Ponged, AskedToMove>;

  // Throws wire::ProtocolError: the peer has lost its mind, the session is over.
  void receive(const wire::Frame& frame);
  std::optional<Event> next_event();

  // What is to be sealed and sent: whole frames, no more than `most` bytes but for the
  // last of them. Moves it out, and counts it as said on this carrier.
  ByteString take(std::size_t most = SIZE_MAX);
  std::size_t waiting() const;  // bytes that take() would give
  // Of these, answers that we owe: whoever asks much and reads nothing makes them grow.
  std::size_t answers_waiting() const { return urgent_.size() + control_bytes_; }

  // Calls for a channel that is gone meanwhile do nothing: the peer may always be
  // quicker than the caller.
  ChannelNumber open(const std::string& target, Priority priority = Priority::interactive);
  void accept(ChannelNumber channel, TargetKind kind);
  void refuse(ChannelNumber channel, ChannelError reason);
  // Bytes that may be written now. write() takes as much even if other channels have used
  // up the memory since; beyond the channel's credit it throws std::logic_error.
  std::size_t writable(ChannelNumber channel) const;
  void write(ChannelNumber channel, Bytes bytes);
  void consumed(ChannelNumber channel, std::size_t bytes);  // of what Arrived: room for more
  void finish(ChannelNumber channel);  // before it is open, too: said once it is
  void reset(ChannelNumber channel, ChannelError reason);

  void ping(std::uint64_t cookie);
  void ask_to_move();              // agent: over another gateway, please
  void close(CloseReason reason);  // said after all that was written
  bool closed() const { return closed_; }

  bool has(ChannelNumber channel) const { return channels_.contains(channel); }
  std::size_t channels() const { return channels_.size(); }

  // Over one carrier after another. The ticket is empty until both have logged in.
  Ticket& ticket() { return ticket_; }
  const Ticket& ticket() const { return ticket_; }
  bool keeps(std::uint64_t next) const { return kept_.keeps(next); }
  void carrier_lost();                   // what was not counted is forgotten
  void resume_from(std::uint64_t next);  // wire::ProtocolError unless keeps(next)

  // Tells the other side how far we have come, if it does not know. Said by itself each
  // acknowledge_every bytes and along with whatever is sent; else call it a while after
  // unacknowledged() has become true.
  void acknowledge();
  bool unacknowledged() const { return received_ > acknowledged_; }

  // Of counted frames, headers included.
  std::uint64_t bytes_sent() const { return kept_.end(); }
  std::uint64_t bytes_received() const { return received_; }
  // What all that costs, for session_memory to limit: many small frames cost more than
  // their bytes.
  std::size_t memory_used() const {
    return kept_.size() + queued_ + frame_cost * (kept_.frames() + control_.size());
  }
  bool outstanding() const { return kept_.size() > 0; }  // said, not acknowledged

  // For people who want to know.
  struct ChannelFacts {
    ChannelNumber number = 0;
    std::string target;
    Priority priority = Priority::interactive;
    bool open = false;
    std::uint64_t sent = 0, received = 0;          // bytes, by the channel's own count
    std::size_t credit = 0, room = 0, queued = 0;  // that we, that the peer may still send; ours
  };
  std::vector<ChannelFacts> facts() const;

private:
  static constexpr std::size_t frame_cost = 64;  // a place in a queue, a block of the heap

  struct Channel {
    std::string target;
    Priority priority = Priority::interactive;
    bool open = false;           // accepted by the agent
    std::size_t credit = 0;      // bytes we may still write
    std::size_t room = 0;        // bytes the peer may still send
    std::size_t unreturned = 0;  // consumed, and not yet given back as credit
    bool finished = false;       // by us
    bool peer_finished = false;
    std::deque<ByteString> queue;  // frames that wait for their turn
    std::size_t queued = 0;        // their bytes
    std::uint64_t sent = 0, received = 0;
  };

  Channel* find(ChannelNumber channel);
  Channel* named_by_peer(ChannelNumber channel);
  void enqueue(ChannelNumber number, Channel& channel, ByteString frame);
  std::size_t add_to_last(Channel& channel, Bytes bytes);
  void say_finish(ChannelNumber channel);
  void drop(ChannelNumber channel);
  void drop_if_over(ChannelNumber channel);
  bool stage();
  bool is_full() const { return memory_used() + channel_window > memory_; }  // somebody may wait
  void told(std::uint64_t next);
  template <typename M>
  void say(const M& message);

  void take_open(const Open& message);
  void take_data(const wire::Frame& frame);
  void take_credit(const Credit& message);

  const Side side_;
  const std::size_t memory_;
  Ticket ticket_;
  std::map<ChannelNumber, Channel> channels_;
  ChannelNumber last_opened_ = 0;
  std::deque<Event> events_;

  ByteString urgent_;               // not counted; ahead of all else
  std::deque<ByteString> control_;  // counted, about channels; ahead of what they carry
  Schedule schedule_;
  std::size_t control_bytes_ = 0;
  std::size_t queued_ = 0;  // in control_ and in the channels' queues
  Retention kept_;
  std::uint64_t received_ = 0;      // of counted frames
  std::uint64_t acknowledged_ = 0;  // by us, of received_
  std::optional<CloseReason> closing_;
  bool closed_ = false;
};

}  // namespace tasuki::inner
