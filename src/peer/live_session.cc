#include "peer/live_session.h"

#include <algorithm>

namespace tasuki::peer {

using inner::ChannelError;
using inner::ChannelNumber;

namespace {

// From local sockets: several Data frames at a time.
constexpr std::size_t block_size = 64 * 1024;

const auto reset_by_us = std::make_error_code(std::errc::connection_reset);

// What another carrier cannot mend: the other side itself breaks the rules.
bool is_the_peers_own(std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const wire::ProtocolError&) {
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

// What a bridge needs to know of its channel.
struct LiveSession::Channel {
  explicit Channel(const asio::any_io_executor& executor) : changed(executor) {}

  std::deque<ByteString> inbox;  // arrived, not yet taken by the local socket
  std::optional<inner::TargetKind> opened;
  std::optional<ChannelError> error;  // refused or cut
  bool peer_finished = false;
  std::unique_ptr<net::PlainStream> local;
  unsigned directions = 0;  // of the bridge, still running
  net::Signal changed;
};

LiveSession::LiveSession(asio::any_io_executor executor, std::unique_ptr<inner::Session> session)
    : executor_(std::move(executor)),
      session_(std::move(session)),
      changed_(executor_),
      window_(executor_) {}

LiveSession::~LiveSession() {
  if (carrier_) carrier_->detach();
}

void LiveSession::adopt(std::shared_ptr<Carrier> carrier) {
  if (over_) return carrier->detach();
  carrier_ = std::move(carrier);
  window_.cancel();
  asked_to_move_ = false;
  if (std::exchange(carried_before_, true)) ++resumes_;
  const std::weak_ptr<LiveSession> weak = weak_from_this();
  const auto call = [weak](void (LiveSession::*what)()) {
    return [weak, what] {
      if (const auto self = weak.lock()) (self.get()->*what)();
    };
  };
  Carrier::Rider rider{call(&LiveSession::dispatch), {}, call(&LiveSession::carrier_over)};
  rider.doubt = [weak] {
    const auto self = weak.lock();
    if (self && self->on_doubt) self->on_doubt();
  };
  carrier_->carry(std::move(rider));
  last_way_ = carrier_->way();
  if (std::exchange(loss_noticed_, false) && on_line)
    on_line({nullptr, last_way_, std::chrono::steady_clock::now() - lost_since_});
  dispatch();
  flush();
  if (carrier_ && carrier_->over()) carrier_over();  // it may have died since it opened
}

void LiveSession::leave_carrier() {
  if (!carrier_) return;
  const auto left = std::exchange(carrier_, nullptr);
  left->detach();
  begin_window(nullptr);
}

void LiveSession::notice_loss(std::exception_ptr why) {
  if (over_ || carrier_ || std::exchange(loss_noticed_, true)) return;
  if (on_line) on_line({why, last_way_});
}

// The carrier is gone: by a goodbye, or it was lost and the session waits for another.
void LiveSession::carrier_over() {
  if (over_ || !carrier_) return;
  const std::exception_ptr why = carrier_->failure();
  dispatch();  // what came before the end counts
  if (!why || closing_ || session_->closed()) return finished();
  if (is_the_peers_own(why) || session_->ticket().seconds == 0) return fail(why);
  const auto left = std::exchange(carrier_, nullptr);
  left->detach();
  begin_window(why);
  notice_loss(why);
  changed_.notify();
}

void LiveSession::begin_window(std::exception_ptr why) {
  lost_since_ = std::chrono::steady_clock::now();
  const std::chrono::seconds window{session_->ticket().seconds};
  window_.expires_after(window);
  window_.async_wait([weak = weak_from_this(), window, why](ErrorCode cancelled) {
    const auto self = weak.lock();
    if (cancelled || !self || !self->lost()) return;
    // It may have come back, and been lost again, since the timer rang.
    if (std::chrono::steady_clock::now() < self->lost_since_ + window) return;
    self->fail(std::make_exception_ptr(SessionLost(window, why)));
  });
}

void LiveSession::flush() {
  if (carrier_) carrier_->flush();
}

void LiveSession::dispatch() {
  while (const auto event = session_->next_event()) take(*event);
  changed_.notify();
}

template <typename Deed>
void LiveSession::change(ChannelNumber number, Deed deed) {
  const auto it = channels_.find(number);
  if (it == channels_.end()) return;
  const ChannelPtr channel = it->second;
  deed(*channel);
  channel->changed.notify();
}

void LiveSession::take(const inner::Session::Event& event) {
  std::visit([this](const auto& each) { on(each); }, event);
}

// A channel that is reset while its target is being connected to is gone from the
// session, but not from here: what it costs is bounded all the same.
void LiveSession::on(const inner::Session::Asked& asked) {
  if (channels_.size() >= inner::most_channels || !on_asked)
    return session_->refuse(asked.channel, ChannelError::too_many);
  channels_[asked.channel] = std::make_shared<Channel>(executor_);
  on_asked(asked.channel, asked.target);
}

// From here on, what is said of a channel that nobody here knows any more is let pass.
void LiveSession::on(const inner::Session::WasOpened& opened) {
  change(opened.channel, [&](Channel& channel) { channel.opened = opened.kind; });
}

void LiveSession::on(const inner::Session::WasRefused& refused) {
  change(refused.channel, [&](Channel& channel) { channel.error = refused.reason; });
}

void LiveSession::on(const inner::Session::Arrived& arrived) {
  change(arrived.channel, [&](Channel& channel) {
    // Together where they are small: a block costs more than the bytes in it.
    if (!channel.inbox.empty() && channel.inbox.back().size() < net::read_chunk)
      append(channel.inbox.back(), arrived.bytes);
    else
      channel.inbox.push_back(arrived.bytes);
  });
}

void LiveSession::on(const inner::Session::MayWrite& may_write) {
  change(may_write.channel, [](Channel&) {});
}

void LiveSession::on(const inner::Session::AllMayWrite&) {
  for (const auto& [number, which] : channels_) which->changed.notify();
}

void LiveSession::on(const inner::Session::PeerFinished& finish) {
  change(finish.channel, [](Channel& channel) { channel.peer_finished = true; });
}

void LiveSession::on(const inner::Session::Cut& cut) {
  change(cut.channel, [&](Channel& channel) {
    channel.error = cut.reason;
    if (channel.local) channel.local->reset(reset_by_us);
  });
}

void LiveSession::on(const inner::Session::Ponged& ponged) {
  if (carrier_) carrier_->ponged(ponged.cookie);
}

void LiveSession::on(const inner::Session::AskedToMove&) {
  asked_to_move_ = true;
}

// An end for a reason is worth telling; a plain one is not a failure.
void LiveSession::on(const inner::Session::Closed& closed) {
  if (closed.reason != inner::CloseReason::done && !failure_)
    failure_ = std::make_exception_ptr(SessionClosed(closed.reason));
}

void LiveSession::accept(ChannelNumber number, inner::TargetKind kind) {
  session_->accept(number, kind);
  flush();
}

void LiveSession::refuse(ChannelNumber number, ChannelError reason) {
  session_->refuse(number, reason);
  channels_.erase(number);
  flush();
}

asio::awaitable<LiveSession::OpenChannel> LiveSession::open(std::string target,
                                                            inner::Priority priority) {
  const ChannelNumber number = session_->open(target, priority);
  const ChannelPtr which = std::make_shared<Channel>(executor_);
  channels_[number] = which;
  flush();
  while (!over_ && !which->opened && !which->error) co_await which->changed.wait();
  if (which->opened) co_return OpenChannel{number, *which->opened};
  channels_.erase(number);
  if (which->error) throw ChannelRefused(*which->error);
  if (failure_) std::rethrow_exception(failure_);
  throw ChannelRefused(ChannelError::ended);
}

asio::awaitable<std::optional<ChannelError>> LiveSession::bridge(
    ChannelNumber number, std::unique_ptr<net::PlainStream> local) {
  const auto self = shared_from_this();
  ChannelPtr& place = channels_[number];
  if (!place) place = std::make_shared<Channel>(executor_);
  const ChannelPtr which = place;
  which->local = std::move(local);
  if (over_ || which->error) which->local->reset(reset_by_us);

  which->directions = 2;
  const auto one_ended = [which](std::exception_ptr) {
    --which->directions;
    which->changed.notify();
  };
  asio::co_spawn(executor_, send_local(number, which), one_ended);
  asio::co_spawn(executor_, receive_local(number, which), one_ended);
  while (which->directions > 0) co_await which->changed.wait();
  channels_.erase(number);
  which->local.reset();
  co_return which->error;
}

// From the local socket into the channel.
asio::awaitable<void> LiveSession::send_local(ChannelNumber number, ChannelPtr channel) {
  bool broken = false;
  try {
    ByteString block(block_size);
    while (!over_ && !channel->error) {
      const std::size_t room = session_->writable(number);
      if (room == 0) {
        co_await channel->changed.wait();
        continue;
      }
      const std::size_t most = std::min(room, block.size());
      const std::size_t n = co_await channel->local->read_some(Buffer(block).first(most));
      if (over_ || channel->error) break;
      if (n == 0) {
        session_->finish(number);
        flush();
        co_return;
      }
      // Another channel may have taken of the session's memory while this one read: what was
      // read waits here, or all of them together would exceed it by far.
      for (Bytes rest = Bytes(block).first(n); !rest.empty() && !over_ && !channel->error;) {
        const Bytes piece = rest.first(std::min(rest.size(), session_->writable(number)));
        if (piece.empty()) {
          co_await channel->changed.wait();
          continue;
        }
        session_->write(number, piece);
        flush();
        rest = rest.subspan(piece.size());
      }
    }
  } catch (const std::system_error&) {
    broken = true;
  }
  if (broken && !channel->error) {
    channel->error = ChannelError::broken;
    session_->reset(number, ChannelError::broken);
    flush();
    channel->changed.notify();
  }
}

// From the channel to the local socket.
asio::awaitable<void> LiveSession::receive_local(ChannelNumber number, ChannelPtr channel) {
  try {
    while (!channel->error) {
      if (!channel->inbox.empty()) {
        const ByteString bytes = std::move(channel->inbox.front());
        channel->inbox.pop_front();
        co_await channel->local->write(bytes);
        session_->consumed(number, bytes.size());
        flush();
      } else if (channel->peer_finished) {
        co_await channel->local->finish();
        if (over_) break;  // nothing more comes from the local side either
        co_return;
      } else if (over_) {
        break;
      } else {
        co_await channel->changed.wait();
      }
    }
  } catch (const std::system_error&) {
    // The local program has gone: the channel ends with it.
    if (!channel->error) {
      channel->error = ChannelError::broken;
      session_->reset(number, ChannelError::broken);
      flush();
    }
  }
  channel->local->reset(reset_by_us);
}

void LiveSession::fail(std::exception_ptr why) {
  if (over_) return;
  if (!failure_) failure_ = why;
  finished();
}

void LiveSession::finished() {
  if (std::exchange(over_, true)) return;
  // Channels that were still open end with an error, never with a clean end.
  const auto open_ones = channels_;
  for (const auto& [number, which] : open_ones) {
    const bool to_be_written = which->peer_finished && !which->inbox.empty();
    if (!which->error && !to_be_written) which->error = ChannelError::ended;
    if (which->local && which->error) which->local->reset(reset_by_us);
    which->changed.notify();
  }
  window_.cancel();
  // What is said already is still delivered, unless it was us who failed.
  if (const auto left = std::exchange(carrier_, nullptr)) {
    if (failure_ && !left->over())
      left->detach();
    else
      left->end().detach();
  }
  changed_.notify();
}

asio::awaitable<void> LiveSession::close(inner::CloseReason reason) {
  const auto self = shared_from_this();
  if (over_) co_return;
  closing_ = true;
  if (const auto carrier = carrier_) co_await carrier->close(reason);
  finished();
}

}  // namespace tasuki::peer
