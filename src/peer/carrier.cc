#include "peer/carrier.h"

namespace tasuki::peer {

using Clock = std::chrono::steady_clock;

namespace {

// Of the session, at once: what is sealed and sent cannot be overtaken any more.
constexpr std::size_t most_at_once = 64 * 1024;

// While so many answers wait for a peer that does not read them, we do not read either.
constexpr std::size_t most_answers = 64 * 1024;

// Several records at a time.
constexpr std::size_t block_size = 64 * 1024;

// An acknowledgement waits this long for something that it can travel with.
constexpr std::chrono::milliseconds acknowledge_within{100};

// What is busy is not asked whether it lives, but how far away it is now and then.
constexpr std::chrono::seconds measure_every{10};

constexpr std::chrono::seconds goodbye_limit{2};

// No key seals for longer than this, however little it is used.
constexpr std::chrono::hours key_lifetime{1};

}  // namespace

Carrier::Carrier(net::StreamPtr stream, std::unique_ptr<inner::End> end, std::string way)
    : stream_(std::move(stream)),
      end_(std::move(end)),
      way_(std::move(way)),
      changed_(stream_->executor()),
      outgoing_(stream_->executor()),
      sent_(stream_->executor()),
      tick_(stream_->executor()),
      pulse_(Clock::now()),
      key_since_(Clock::now()) {}

void Carrier::start(ByteString arrived) {
  const auto self = shared_from_this();
  // Each ends by itself once the carrier is over, and lets nothing out.
  asio::co_spawn(executor(), read(std::move(arrived)), [self](std::exception_ptr) {});
  asio::co_spawn(executor(), write(), [self](std::exception_ptr) {});
}

void Carrier::carry(Rider rider) {
  rider_ = std::make_shared<const Rider>(std::move(rider));
  ping(Clock::now());
  asio::co_spawn(executor(), tick(), [self = shared_from_this()](std::exception_ptr) {});
}

asio::awaitable<void> Carrier::read(ByteString arrived) {
  try {
    take_in(arrived);
    ByteString block(block_size);
    while (!over_ && !end_->peer_closed()) {
      const std::size_t n = co_await stream_->read_some(block);
      if (over_) co_return;
      if (n == 0) {
        end_->carrier_ended();
        break;
      }
      take_in(Bytes(block).first(n));
      co_await room_to_answer();
    }
    // The other side has said that it is done. So are we.
    if (!std::exchange(closing_, true)) {
      end_->close(inner::CloseReason::done);
      flush();
    }
    finished();
  } catch (const std::exception&) {
    fail(std::current_exception());
  }
}

void Carrier::take_in(Bytes bytes) {
  const inner::Pulse::Sign sign = end_->receive(bytes);
  if (end_->open()) {
    const Time now = Clock::now();
    inner::Session& session = end_->session();
    pulse_.heard(now, sign);
    if (!session.unacknowledged())
      acknowledge_at_.reset();
    else if (!acknowledge_at_)
      wake_at(*(acknowledge_at_ = now + acknowledge_within));
    wake_at(pulse_.deadline());
    call(&Rider::progress);
  }
  changed_.notify();
  flush();
}

asio::awaitable<void> Carrier::room_to_answer() {
  while (!over_ && end_->open() && end_->session().answers_waiting() > most_answers)
    co_await sent_.wait();
}

asio::awaitable<void> Carrier::write() {
  try {
    for (;;) {
      const ByteString bytes = end_->take(most_at_once);
      if (bytes.empty()) {
        if (closing_) break;
        if (over_) co_return;
        co_await outgoing_.wait();
        continue;
      }
      if (end_->open()) {
        if (end_->session().outstanding()) pulse_.sent(Clock::now());
        wake_at(pulse_.deadline());
        call(&Rider::progress);
      }
      co_await stream_->write(bytes);
      sent_.notify();
    }
    co_await stream_->finish();
  } catch (const std::exception&) {
    fail(std::current_exception());
  }
}

void Carrier::wake_at(Time when) {
  if (when < tick_.expiry()) tick_.cancel();
}

asio::awaitable<void> Carrier::tick() {
  using Decision = inner::Pulse::Decision;
  while (!over_) {
    Time wake = pulse_.deadline();
    if (acknowledge_at_) wake = std::min(wake, *acknowledge_at_);
    tick_.expires_at(wake);
    ErrorCode ignored;
    co_await tick_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (over_ || !end_->open()) co_return;
    const Time now = Clock::now();
    if (acknowledge_at_ && now >= *acknowledge_at_) {
      acknowledge_at_.reset();
      end_->session().acknowledge();
      flush();
    }
    if (now - key_since_ >= key_lifetime) {
      end_->renew_key();
      key_since_ = now;
    }
    switch (pulse_.decide(now)) {
      case Decision::wait:
        if (now - last_ping_at_ >= measure_every) ping(now);
        break;
      case Decision::ping: ping(now); break;
      case Decision::doubt: call(&Rider::doubt); break;
      case Decision::dead:
        fail(
            std::make_exception_ptr(std::system_error(std::make_error_code(std::errc::timed_out))));
    }
  }
}

// Whoever is called may leave us meanwhile.
void Carrier::call(std::function<void()> Rider::*what) {
  const auto rider = rider_;
  if (rider && rider.get()->*what) (rider.get()->*what)();
}

void Carrier::ping(Time now) {
  last_ping_at_ = now;
  end_->session().ping(++last_ping_);
  flush();
}

void Carrier::ponged(std::uint64_t cookie) {
  if (cookie != last_ping_) return;
  round_trip_ = Clock::now() - last_ping_at_;
  pulse_.round_trip(round_trip_);
}

void Carrier::fail(std::exception_ptr why) {
  if (over_) return;
  failure_ = why;
  finished();
  stream_->abort(std::make_error_code(std::errc::operation_canceled));
}

void Carrier::finished() {
  if (std::exchange(over_, true)) return;
  tick_.cancel();
  call(&Rider::over);
  rider_.reset();
  changed_.notify();
  outgoing_.notify();
  sent_.notify();
}

void Carrier::detach() {
  rider_.reset();
  end_->detach();
  fail(std::make_exception_ptr(
      std::system_error(std::make_error_code(std::errc::operation_canceled))));
}

asio::awaitable<void> Carrier::close(inner::CloseReason reason) {
  const auto self = shared_from_this();
  if (over_) co_return;
  closing_ = true;
  end_->close(reason);
  flush();
  asio::steady_timer limit(executor(), goodbye_limit);
  limit.async_wait([self](ErrorCode cancelled) {
    if (cancelled) return;
    self->finished();
    self->stream_->abort(std::make_error_code(std::errc::timed_out));
  });
  while (!over_) co_await changed_.wait();
  limit.cancel();
}

}  // namespace tasuki::peer
