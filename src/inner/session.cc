#include "inner/session.h"

#include <algorithm>

namespace tasuki::inner {
namespace {

// The peer is told how far we have come each time this much has arrived.
constexpr std::uint64_t acknowledge_every = 256 * 1024;

bool is_counted(MessageType type) {
  return type >= MessageType::open && type <= MessageType::reset;
}

std::size_t frame_size(const wire::Frame& frame) {
  return wire::frame_header_size + frame.payload.size();
}

// Nobody has more room than this: a sum that runs away is an attack or a bug.
constexpr std::size_t most_credit = 0x7fffffff;

std::size_t with_credit(std::size_t had, std::uint32_t more) {
  if (more > most_credit - had) throw wire::ProtocolError("too much credit");
  return had + more;
}

}  // namespace

// What a frame may do to a channel, in the order of the messages:
//
//   frame       sent by  the channel must be
//   Open        client   new, and numbered upward
//   Opened      agent    asked for, not yet answered
//   NotOpened   agent    asked for, not yet answered
//   Data        either   open, not finished by the sender, within its credit
//   Credit      either   open
//   Finish      either   open, not finished by the sender
//   Reset       either   anything
//
// Frames about a channel that is gone are let pass: they crossed with our Reset. One
// about a channel that never was is an error.
void Session::receive(const wire::Frame& frame) {
  if (closed_) return;
  const auto type = MessageType(frame.type);
  if (is_counted(type)) {
    counted_received_ += frame_size(frame);
    if (counted_received_ - acknowledged_ >= acknowledge_every) {
      acknowledged_ = counted_received_;
      append(outgoing_, wire::encode(Acknowledge{acknowledged_}));
    }
  }
  switch (type) {
    case MessageType::open: return take_open(wire::decode<Open>(frame));
    case MessageType::opened: {
      const auto message = wire::decode<Opened>(frame);
      Channel* channel = named_by_peer(message.channel);
      if (!channel) return;
      if (side_ != Side::client || channel->open) throw wire::ProtocolError("unasked Opened");
      channel->open = true;
      channel->credit = with_credit(0, message.credit);
      events_.push_back(WasOpened{message.channel, message.kind});
      if (channel->finished) say_finish(message.channel);
      return;
    }
    case MessageType::not_opened: {
      const auto message = wire::decode<NotOpened>(frame);
      Channel* channel = named_by_peer(message.channel);
      if (!channel) return;
      if (side_ != Side::client || channel->open) throw wire::ProtocolError("unasked NotOpened");
      channels_.erase(message.channel);
      events_.push_back(WasRefused{message.channel, message.reason});
      return;
    }
    case MessageType::data: return take_data(frame);
    case MessageType::credit: return take_credit(wire::decode<Credit>(frame));
    case MessageType::finish: {
      const auto message = wire::decode<Finish>(frame);
      Channel* channel = named_by_peer(message.channel);
      if (!channel) return;
      if (!channel->open || channel->peer_finished)
        throw wire::ProtocolError("Finish out of order");
      channel->peer_finished = true;
      events_.push_back(PeerFinished{message.channel});
      drop_if_over(message.channel);
      return;
    }
    case MessageType::reset: {
      const auto message = wire::decode<Reset>(frame);
      if (!named_by_peer(message.channel)) return;
      channels_.erase(message.channel);
      events_.push_back(Cut{message.channel, message.reason});
      return;
    }
    case MessageType::acknowledge:
      if (wire::decode<Acknowledge>(frame).next > counted_sent_)
        throw wire::ProtocolError("acknowledges what was never sent");
      return;
    case MessageType::ping:
      append(outgoing_, wire::encode(Pong{wire::decode<Ping>(frame).cookie}));
      return;
    case MessageType::pong: events_.push_back(Ponged{wire::decode<Pong>(frame).cookie}); return;
    case MessageType::close:
      closed_ = true;
      events_.push_back(Closed{wire::decode<Close>(frame).reason});
      return;
    default: throw wire::ProtocolError("unexpected frame in a session");
  }
}

void Session::take_open(const Open& message) {
  if (side_ != Side::agent) throw wire::ProtocolError("only clients open channels");
  if (message.channel <= last_opened_) throw wire::ProtocolError("channel number used again");
  last_opened_ = message.channel;
  if (channels_.size() >= most_channels)
    return say(NotOpened{message.channel, ChannelError::too_many});
  Channel channel;
  channel.credit = with_credit(0, message.credit);
  channels_.emplace(message.channel, channel);
  events_.push_back(Asked{message.channel, message.target.value});
}

void Session::take_data(const wire::Frame& frame) {
  wire::Reader reader(frame.payload);
  ChannelNumber number = 0;
  reader(number);
  const Bytes bytes = reader.rest();
  if (bytes.empty()) throw wire::ProtocolError("empty Data");  // it would cost no credit
  Channel* channel = named_by_peer(number);
  if (!channel) return;
  if (!channel->open || channel->peer_finished) throw wire::ProtocolError("Data out of order");
  if (bytes.size() > channel->room) throw wire::ProtocolError("Data beyond the credit");
  channel->room -= bytes.size();
  events_.push_back(Arrived{number, {bytes.begin(), bytes.end()}});
}

void Session::take_credit(const Credit& message) {
  Channel* channel = named_by_peer(message.channel);
  if (!channel) return;
  if (!channel->open) throw wire::ProtocolError("Credit out of order");
  channel->credit = with_credit(channel->credit, message.bytes);
  events_.push_back(MayWrite{message.channel});
}

std::optional<Session::Event> Session::next_event() {
  if (events_.empty()) return std::nullopt;
  std::optional<Event> event = std::move(events_.front());
  events_.pop_front();
  return event;
}

template <typename M>
void Session::say(const M& message) {
  const ByteString frame = wire::encode(message);
  counted_sent_ += frame.size();
  append(outgoing_, frame);
}

ChannelNumber Session::open(const std::string& target, Priority priority) {
  if (side_ != Side::client) throw std::logic_error("only clients open channels");
  const ChannelNumber number = ++last_opened_;
  Channel channel;
  channel.room = channel_window;
  channels_.emplace(number, channel);
  say(Open{number, {target}, priority, channel_window});
  return number;
}

void Session::accept(ChannelNumber number, TargetKind kind) {
  Channel* channel = find(number);
  if (!channel) return;
  channel->open = true;
  channel->room = channel_window;
  say(Opened{number, kind, channel_window});
  if (channel->finished) say_finish(number);
}

void Session::refuse(ChannelNumber number, ChannelError reason) {
  if (channels_.erase(number) > 0) say(NotOpened{number, reason});
}

std::size_t Session::writable(ChannelNumber number) const {
  const auto it = channels_.find(number);
  if (it == channels_.end() || !it->second.open || it->second.finished || closed_) return 0;
  return it->second.credit;
}

void Session::write(ChannelNumber number, Bytes bytes) {
  Channel* channel = find(number);
  if (!channel || closed_) return;
  if (bytes.size() > writable(number)) throw std::logic_error("written beyond the credit");
  channel->credit -= bytes.size();
  while (!bytes.empty()) {
    const Bytes chunk = bytes.first(std::min(bytes.size(), data_chunk));
    bytes = bytes.subspan(chunk.size());
    // By hand, since this is where the bytes go by: no message is built and copied.
    const auto header =
        wire::frame_header(std::uint8_t(MessageType::data), sizeof number + chunk.size());
    append(outgoing_, header);
    for (int shift = 24; shift >= 0; shift -= 8) outgoing_.push_back(std::uint8_t(number >> shift));
    append(outgoing_, chunk);
    counted_sent_ += header.size() + sizeof number + chunk.size();
  }
}

void Session::consumed(ChannelNumber number, std::size_t bytes) {
  Channel* channel = find(number);
  if (!channel || closed_) return;
  channel->unreturned += bytes;
  // Half a window at a time: often enough that the peer never waits, seldom enough
  // that credit costs nothing.
  if (channel->unreturned < channel_window / 2 || channel->peer_finished) return;
  channel->room += channel->unreturned;
  say(Credit{number, std::uint32_t(std::exchange(channel->unreturned, 0))});
}

void Session::finish(ChannelNumber number) {
  Channel* channel = find(number);
  if (!channel || channel->finished || closed_) return;
  channel->finished = true;
  if (channel->open) say_finish(number);  // else as soon as it is
}

void Session::say_finish(ChannelNumber number) {
  say(Finish{number});
  drop_if_over(number);
}

void Session::reset(ChannelNumber number, ChannelError reason) {
  if (channels_.erase(number) > 0 && !closed_) say(Reset{number, reason});
}

void Session::ping(std::uint64_t cookie) {
  if (!closed_) append(outgoing_, wire::encode(Ping{cookie}));
}

void Session::close(CloseReason reason) {
  if (std::exchange(closed_, true)) return;
  channels_.clear();
  append(outgoing_, wire::encode(Close{reason}));
}

Session::Channel* Session::find(ChannelNumber number) {
  const auto it = channels_.find(number);
  return it == channels_.end() ? nullptr : &it->second;
}

Session::Channel* Session::named_by_peer(ChannelNumber number) {
  if (number == 0 || number > last_opened_) throw wire::ProtocolError("no such channel");
  return find(number);
}

void Session::drop_if_over(ChannelNumber number) {
  const Channel* channel = find(number);
  if (channel->finished && channel->peer_finished) channels_.erase(number);
}

}  // namespace tasuki::inner
