#include "peer/live_session.h"

#include <array>

namespace tasuki::peer {

using inner::ChannelError;
using inner::ChannelNumber;
using Clock = std::chrono::steady_clock;

namespace {

// While this much waits for the carrier, nothing more is read for it.
constexpr std::size_t enough_waiting = 256 * 1024;

// Several records at a time, from the carrier and from local sockets.
constexpr std::size_t block_size = 64 * 1024;

constexpr std::chrono::seconds goodbye_limit{2};

// No key seals for longer than this, however little it is used.
constexpr std::chrono::hours key_lifetime{1};

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

LiveSession::LiveSession(net::StreamPtr carrier, std::unique_ptr<inner::End> end)
    : carrier_(std::move(carrier)),
      owned_end_(std::move(end)),
      end_(*owned_end_),
      changed_(carrier_->executor()),
      outgoing_(carrier_->executor()),
      sent_(carrier_->executor()),
      tick_(carrier_->executor()),
      heard_(Clock::now()) {}

void LiveSession::start(ByteString arrived) {
  const auto executor = carrier_->executor();
  const auto self = shared_from_this();
  // Each ends by itself once the session is over, and lets nothing out.
  asio::co_spawn(executor, read(std::move(arrived)), [self](std::exception_ptr) {});
  asio::co_spawn(executor, write(), [self](std::exception_ptr) {});
}

void LiveSession::keep_alive() {
  asio::co_spawn(carrier_->executor(), tick(), [self = shared_from_this()](std::exception_ptr) {});
}

asio::awaitable<void> LiveSession::read(ByteString arrived) {
  try {
    end_.receive(arrived);
    dispatch();
    flush();
    ByteString block(block_size);
    while (!over_) {
      const std::size_t n = co_await carrier_->read_some(block);
      if (over_) co_return;
      if (n == 0) {
        end_.carrier_ended();
        break;
      }
      heard_ = Clock::now();
      end_.receive(Bytes(block).first(n));
      dispatch();
      flush();
      if (end_.peer_closed()) break;
      co_await room_to_send();  // a peer that asks much and reads nothing has to wait
    }
    // The other side has said that it is done. So are we.
    if (!std::exchange(closing_, true)) {
      end_.close(inner::CloseReason::done);
      flush();
    }
    finished();
  } catch (const std::exception&) {
    fail(std::current_exception());
  }
}

asio::awaitable<void> LiveSession::write() {
  try {
    for (;;) {
      const ByteString bytes = end_.take();
      if (bytes.empty()) {
        if (closing_) break;
        if (over_) co_return;
        co_await outgoing_.wait();
        continue;
      }
      co_await carrier_->write(bytes);
      sent_.notify();
    }
    co_await carrier_->finish();
  } catch (const std::exception&) {
    fail(std::current_exception());
  }
}

asio::awaitable<void> LiveSession::tick() {
  bool asked = false;
  while (!over_) {
    tick_.expires_at(heard_ + keepalive + (asked ? patience : Clock::duration{}));
    ErrorCode ignored;
    co_await tick_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (over_) co_return;
    if (Clock::now() - key_since_ >= key_lifetime) {
      end_.renew_key();
      key_since_ = Clock::now();
    }
    const auto silent = Clock::now() - heard_;
    if (silent < keepalive) {
      asked = false;
    } else if (!asked) {
      asked = true;
      end_.session().ping(0);
      flush();
    } else if (silent >= keepalive + patience) {
      fail(std::make_exception_ptr(std::system_error(std::make_error_code(std::errc::timed_out))));
    }
  }
}

asio::awaitable<void> LiveSession::room_to_send() {
  while (!over_ && end_.waiting() > enough_waiting) co_await sent_.wait();
}

void LiveSession::dispatch() {
  while (const auto event = end_.session().next_event()) take(*event);
  changed_.notify();
}

LiveSession::ChannelPtr LiveSession::channel(ChannelNumber number) {
  auto& place = channels_[number];
  if (!place) place = std::make_shared<Channel>(carrier_->executor());
  return place;
}

void LiveSession::take(const inner::Session::Event& event) {
  using inner::Session;
  if (const auto* asked = std::get_if<Session::Asked>(&event)) {
    // A channel that is reset while its target is being connected to is gone from the
    // session, but not from here: what it costs is bounded all the same.
    if (channels_.size() >= inner::most_channels || !on_asked) {
      end_.session().refuse(asked->channel, ChannelError::too_many);
      return;
    }
    channel(asked->channel);
    on_asked(asked->channel, asked->target);
  } else if (const auto* opened = std::get_if<Session::WasOpened>(&event)) {
    const ChannelPtr which = channel(opened->channel);
    which->opened = opened->kind;
    which->changed.notify();
  } else if (const auto* refused = std::get_if<Session::WasRefused>(&event)) {
    const ChannelPtr which = channel(refused->channel);
    which->error = refused->reason;
    which->changed.notify();
  } else if (const auto* arrived = std::get_if<Session::Arrived>(&event)) {
    const ChannelPtr which = channel(arrived->channel);
    // Together where they are small: a block costs more than the bytes in it.
    if (!which->inbox.empty() && which->inbox.back().size() < net::read_chunk)
      append(which->inbox.back(), arrived->bytes);
    else
      which->inbox.push_back(arrived->bytes);
    which->changed.notify();
  } else if (const auto* may_write = std::get_if<Session::MayWrite>(&event)) {
    const auto it = channels_.find(may_write->channel);
    if (it != channels_.end()) it->second->changed.notify();
  } else if (const auto* finish = std::get_if<Session::PeerFinished>(&event)) {
    const ChannelPtr which = channel(finish->channel);
    which->peer_finished = true;
    which->changed.notify();
  } else if (const auto* cut = std::get_if<Session::Cut>(&event)) {
    const ChannelPtr which = channel(cut->channel);
    which->error = cut->reason;
    if (which->local) which->local->reset(std::make_error_code(std::errc::connection_reset));
    which->changed.notify();
  } else if (const auto* closed = std::get_if<Session::Closed>(&event)) {
    // An end for a reason is worth telling; a plain one is not a failure.
    if (closed->reason != inner::CloseReason::done && !failure_)
      failure_ = std::make_exception_ptr(SessionClosed(closed->reason));
  }
}

void LiveSession::accept(ChannelNumber number, inner::TargetKind kind) {
  end_.session().accept(number, kind);
  flush();
}

void LiveSession::refuse(ChannelNumber number, ChannelError reason) {
  end_.session().refuse(number, reason);
  channels_.erase(number);
  flush();
}

asio::awaitable<LiveSession::OpenChannel> LiveSession::open(std::string target) {
  const ChannelNumber number = end_.session().open(target);
  const ChannelPtr which = channel(number);
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
  const ChannelPtr which = channel(number);
  which->local = std::move(local);
  if (over_ || which->error) which->local->reset(std::make_error_code(std::errc::connection_reset));

  which->directions = 2;
  const auto one_ended = [which](std::exception_ptr) {
    --which->directions;
    which->changed.notify();
  };
  asio::co_spawn(carrier_->executor(), send_local(number, which), one_ended);
  asio::co_spawn(carrier_->executor(), receive_local(number, which), one_ended);
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
      co_await room_to_send();
      const std::size_t credit = end_.session().writable(number);
      if (credit == 0) {
        co_await channel->changed.wait();
        continue;
      }
      const std::size_t most = std::min(credit, block.size());
      const std::size_t n = co_await channel->local->read_some(Buffer(block).first(most));
      if (over_ || channel->error) break;
      if (n == 0) {
        end_.session().finish(number);
        flush();
        co_return;
      }
      end_.session().write(number, Bytes(block).first(n));
      flush();
    }
  } catch (const std::system_error&) {
    broken = true;
  }
  if (broken && !channel->error) {
    channel->error = ChannelError::broken;
    end_.session().reset(number, ChannelError::broken);
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
        end_.session().consumed(number, bytes.size());
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
      end_.session().reset(number, ChannelError::broken);
      flush();
    }
  }
  channel->local->reset(std::make_error_code(std::errc::connection_reset));
}

void LiveSession::fail(std::exception_ptr why) {
  if (over_) return;
  if (!failure_) failure_ = why;
  finished();
  carrier_->abort(std::make_error_code(std::errc::operation_canceled));
}

void LiveSession::finished() {
  if (std::exchange(over_, true)) return;
  // Channels that were still open end with an error, never with a clean end.
  const auto open_ones = channels_;
  for (const auto& [number, which] : open_ones) {
    const bool to_be_written = which->peer_finished && !which->inbox.empty();
    if (!which->error && !to_be_written) which->error = ChannelError::ended;
    if (which->local && which->error)
      which->local->reset(std::make_error_code(std::errc::connection_reset));
    which->changed.notify();
  }
  tick_.cancel();
  changed_.notify();
  outgoing_.notify();
  sent_.notify();
}

asio::awaitable<void> LiveSession::close(inner::CloseReason reason) {
  const auto self = shared_from_this();
  if (over_) co_return;
  closing_ = true;
  end_.close(reason);
  flush();
  asio::steady_timer limit(carrier_->executor(), goodbye_limit);
  limit.async_wait([self](ErrorCode cancelled) {
    if (cancelled) return;
    self->finished();
    self->carrier_->abort(std::make_error_code(std::errc::timed_out));
  });
  while (!over_) co_await changed_.wait();
  limit.cancel();
}

}  // namespace tasuki::peer
