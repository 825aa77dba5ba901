#include "inner/session.h"

#include <algorithm>

namespace tasuki::inner {
namespace {

// The peer is told how far we have come each time this much has arrived.
constexpr std::uint64_t acknowledge_every = 64 * 1024;

bool is_counted(MessageType type) {
  return type >= MessageType::open && type <= MessageType::reset;
}

std::size_t frame_size(const wire::Frame& frame) {
  return wire::frame_header_size + frame.payload.size();
}

// Of a Data frame: its header, and the channel.
constexpr std::size_t data_header = wire::frame_header_size + sizeof(ChannelNumber);

// By hand, since this is where the bytes go by: no message is built and copied.
ByteString data_frame(ChannelNumber number, Bytes bytes) {
  ByteString frame;
  frame.reserve(data_header + bytes.size());
  append(frame, wire::frame_header(std::uint8_t(MessageType::data), sizeof number + bytes.size()));
  for (int shift = 24; shift >= 0; shift -= 8) frame.push_back(std::uint8_t(number >> shift));
  append(frame, bytes);
  return frame;
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
  // Control frames are let in beyond the limit, since all would stand still if they had
  // to wait; a peer that makes us say many and acknowledges none does not mean well.
  if (memory_used() > 2 * memory_) throw wire::ProtocolError("does not acknowledge");
  const auto type = MessageType(frame.type);
  if (is_counted(type)) {
    received_ += frame_size(frame);
    if (received_ - acknowledged_ >= acknowledge_every) acknowledge();
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
      drop(message.channel);
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
      drop(message.channel);
      events_.push_back(Cut{message.channel, message.reason});
      return;
    }
    case MessageType::acknowledge: return told(wire::decode<Acknowledge>(frame).next);
    case MessageType::ping:
      append(urgent_, wire::encode(Pong{wire::decode<Ping>(frame).cookie}));
      return;
    case MessageType::pong: events_.push_back(Ponged{wire::decode<Pong>(frame).cookie}); return;
    case MessageType::close:
      closed_ = true;
      events_.push_back(Closed{wire::decode<Close>(frame).reason});
      return;
    case MessageType::move:
      wire::decode<Move>(frame);
      if (side_ != Side::client) throw wire::ProtocolError("only agents ask to move");
      events_.push_back(AskedToMove{});
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
  channel.target = message.target.value;
  channel.priority = message.priority;
  channel.credit = with_credit(0, message.credit);
  channels_.emplace(message.channel, std::move(channel));
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
  channel->received += bytes.size();
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

// The other side has come that far: what it has is kept no longer.
void Session::told(std::uint64_t next) {
  const bool was_full = is_full();
  if (!kept_.acknowledge(next)) throw wire::ProtocolError("acknowledges what was never sent");
  if (was_full && !is_full()) events_.push_back(AllMayWrite{});
}

void Session::acknowledge() {
  if (!unacknowledged()) return;
  acknowledged_ = received_;
  append(urgent_, wire::encode(Acknowledge{acknowledged_}));
}

void Session::carrier_lost() {
  urgent_ = {};
}

void Session::resume_from(std::uint64_t next) {
  if (!kept_.resume_from(next)) throw wire::ProtocolError("resumes from where we never were");
  acknowledged_ = received_;  // it was told along with the Resume, or the Resumed
  events_.push_back(AllMayWrite{});
}

std::size_t Session::waiting() const {
  return urgent_.size() + std::size_t(kept_.end() - kept_.said()) + queued_ + (closing_ ? 1 : 0);
}

// Answers first, then what the last carrier lost, then news.
ByteString Session::take(std::size_t most) {
  if (unacknowledged() && waiting() > 0) acknowledge();
  ByteString out = std::exchange(urgent_, {});
  while (out.size() < most) {
    const ByteString* frame = kept_.say_next();
    if (!frame && stage()) frame = kept_.say_next();
    if (!frame) break;
    append(out, *frame);
  }
  if (closing_ && waiting() == 1) {
    append(out, wire::encode(Close{*std::exchange(closing_, std::nullopt)}));
    channels_.clear();
  }
  return out;
}

// Moves the frame whose turn it is to those that are said and kept.
bool Session::stage() {
  if (!control_.empty()) {
    queued_ -= control_.front().size();
    control_bytes_ -= control_.front().size();
    kept_.keep(std::move(control_.front()));
    control_.pop_front();
    return true;
  }
  while (const auto turn = schedule_.turn()) {
    Channel* channel = find(*turn);
    if (!channel || channel->queue.empty()) {
      schedule_.turn_over(0, false);  // it has gone meanwhile
      continue;
    }
    ByteString frame = std::move(channel->queue.front());
    channel->queue.pop_front();
    channel->queued -= frame.size();
    queued_ -= frame.size();
    schedule_.turn_over(frame.size(), !channel->queue.empty());
    kept_.keep(std::move(frame));
    drop_if_over(*turn);
    return true;
  }
  return false;
}

template <typename M>
void Session::say(const M& message) {
  control_.push_back(wire::encode(message));
  control_bytes_ += control_.back().size();
  queued_ += control_.back().size();
}

void Session::enqueue(ChannelNumber number, Channel& channel, ByteString frame) {
  if (channel.queue.empty()) schedule_.ready(number, channel.priority);
  channel.queued += frame.size();
  queued_ += frame.size();
  channel.queue.push_back(std::move(frame));
}

ChannelNumber Session::open(const std::string& target, Priority priority) {
  if (side_ != Side::client) throw std::logic_error("only clients open channels");
  const ChannelNumber number = ++last_opened_;
  Channel channel;
  channel.target = target;
  channel.priority = priority;
  channel.room = channel_window;
  channels_.emplace(number, std::move(channel));
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
  if (!find(number)) return;
  drop(number);
  say(NotOpened{number, reason});
}

std::size_t Session::writable(ChannelNumber number) const {
  const auto it = channels_.find(number);
  if (it == channels_.end() || !it->second.open || it->second.finished || closed_) return 0;
  const Channel& channel = it->second;
  const std::size_t memory = memory_ - std::min(memory_used(), memory_);
  return std::min(channel.credit, memory);
}

void Session::write(ChannelNumber number, Bytes bytes) {
  Channel* channel = find(number);
  if (!channel || closed_) return;
  if (!channel->open || channel->finished || bytes.size() > channel->credit)
    throw std::logic_error("written beyond the credit");
  channel->credit -= bytes.size();
  channel->sent += bytes.size();
  bytes = bytes.subspan(add_to_last(*channel, bytes));
  while (!bytes.empty()) {
    const Bytes chunk = bytes.first(std::min(bytes.size(), data_chunk));
    bytes = bytes.subspan(chunk.size());
    enqueue(number, *channel, data_frame(number, chunk));
  }
}

// What is written in small pieces while the carrier is busy, or lost, travels together.
std::size_t Session::add_to_last(Channel& channel, Bytes bytes) {
  if (channel.queue.empty()) return 0;
  ByteString& frame = channel.queue.back();
  const std::size_t n = std::min(bytes.size(), data_header + data_chunk - frame.size());
  append(frame, bytes.first(n));
  const auto header = wire::frame_header(frame[0], frame.size() - wire::frame_header_size);
  std::copy(header.begin(), header.end(), frame.begin());
  channel.queued += n;
  queued_ += n;
  return n;
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

// Behind what the channel still has to send.
void Session::say_finish(ChannelNumber number) {
  enqueue(number, *find(number), wire::encode(Finish{number}));
}

// Ahead of it: what is cut is not worth sending.
void Session::reset(ChannelNumber number, ChannelError reason) {
  if (!find(number)) return;
  drop(number);
  if (!closed_) say(Reset{number, reason});
}

void Session::ping(std::uint64_t cookie) {
  if (!closed_) append(urgent_, wire::encode(Ping{cookie}));
}

void Session::ask_to_move() {
  if (side_ != Side::agent) throw std::logic_error("only agents ask to move");
  if (!closed_) append(urgent_, wire::encode(Move{}));
}

void Session::close(CloseReason reason) {
  if (std::exchange(closed_, true)) return;
  closing_ = reason;
}

std::vector<Session::ChannelFacts> Session::facts() const {
  std::vector<ChannelFacts> facts;
  for (const auto& [number, channel] : channels_)
    facts.push_back({number, channel.target, channel.priority, channel.open, channel.sent,
                     channel.received, channel.credit, channel.room, channel.queued});
  return facts;
}

Session::Channel* Session::find(ChannelNumber number) {
  const auto it = channels_.find(number);
  return it == channels_.end() ? nullptr : &it->second;
}

Session::Channel* Session::named_by_peer(ChannelNumber number) {
  if (number == 0 || number > last_opened_) throw wire::ProtocolError("no such channel");
  return find(number);
}

// With what it still had to send.
void Session::drop(ChannelNumber number) {
  const auto it = channels_.find(number);
  if (it == channels_.end()) return;
  const bool was_full = is_full();
  queued_ -= it->second.queued;
  channels_.erase(it);
  if (was_full && !is_full()) events_.push_back(AllMayWrite{});
}

void Session::drop_if_over(ChannelNumber number) {
  const Channel* channel = find(number);
  if (channel->finished && channel->peer_finished && channel->queue.empty()) drop(number);
}

}  // namespace tasuki::inner
