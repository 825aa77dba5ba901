#include "agent/line.h"

namespace tasuki::agent {
namespace {

using control::Clock;

// An answer to a Ping takes no longer than this on any line worth having.
constexpr std::chrono::seconds pong_limit{5};
// Where somebody has reason to think that it does not come.
constexpr std::chrono::seconds doubtful_pong_limit{3};

// For the gateway to hear that we go, and for us to hear what it said before.
constexpr std::chrono::seconds farewell_limit{2};

constexpr std::size_t most_waiting = 64 * 1024;

std::chrono::seconds interval(const wire::Frame& hello) {
  // A gateway that says 0 would have us shout without pause.
  return std::chrono::seconds(
      std::max<std::uint16_t>(5, wire::decode<control::Hello>(hello).keepalive));
}

}  // namespace

asio::awaitable<std::shared_ptr<Line>> Line::open(const peer::Door& door, const Identity& identity,
                                                  net::Address gateway, peer::Patience patience,
                                                  std::optional<control::GatewayId> other_than) {
  peer::Admitted admitted = co_await peer::enter(door, control::Role::agent, gateway, patience);
  const auto hello = wire::decode<control::Hello>(admitted.line.hello);
  if (other_than && hello.gateway == *other_than) throw SameGateway();
  const ByteString request =
      admitted.admission->register_as(identity.computer, identity.key, identity.certificate);
  co_await peer::say(admitted.line, request);
  const wire::Frame answer = co_await peer::next_answer(admitted.line);
  control::expect<control::Registered>(answer);
  co_return std::make_shared<Line>(std::move(admitted.line));
}

Line::Line(peer::Greeted greeted)
    : greeted_(std::move(greeted)),
      keepalive_(interval(greeted_.hello), pong_limit, Clock::now()),
      outgoing_changed_(greeted_.stream->executor()),
      timer_(greeted_.stream->executor()) {}

asio::awaitable<void> Line::stay(Events events) {
  const auto self = shared_from_this();
  const auto executor = greeted_.stream->executor();
  asio::co_spawn(executor, write(), [self](std::exception_ptr broken) {
    if (broken || !self->farewell_) self->abort();
  });
  asio::co_spawn(executor, keep_alive(), [self](std::exception_ptr) { self->abort(); });
  try {
    for (;;) {
      const wire::Frame frame = co_await greeted_.frames->expect();
      keepalive_.heard();
      switch (control::MessageType(frame.type)) {
        case control::MessageType::pong: wire::decode<control::Pong>(frame); break;
        case control::MessageType::incoming:
          events.incoming(wire::decode<control::Incoming>(frame));
          break;
        case control::MessageType::drain: events.drain(wire::decode<control::Drain>(frame)); break;
        case control::MessageType::end: events.end(wire::decode<control::End>(frame).pair); break;
        case control::MessageType::refused: control::expect<control::Registered>(frame); break;
        default: throw wire::ProtocolError("unexpected frame from the gateway");
      }
    }
  } catch (...) {
    abort();
    throw;
  }
}

void Line::say(Bytes frame) {
  if (outgoing_.size() > most_waiting) return abort();  // a gateway that asks and does not listen
  append(outgoing_, frame);
  outgoing_changed_.notify();
}

asio::awaitable<void> Line::write() {
  while (!over_) {
    if (outgoing_.empty()) {
      if (farewell_) {
        co_await greeted_.stream->finish();
        co_return;
      }
      co_await outgoing_changed_.wait();
      continue;
    }
    const ByteString bytes = std::exchange(outgoing_, {});
    co_await greeted_.stream->write(bytes);
  }
}

asio::awaitable<void> Line::keep_alive() {
  using Decision = control::AgentKeepalive::Decision;
  while (!over_) {
    timer_.expires_at(farewell_.value_or(keepalive_.deadline()));
    ErrorCode ignored;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (over_ || (farewell_ && Clock::now() >= *farewell_)) co_return;
    if (farewell_) continue;
    const Decision decision = keepalive_.decide(Clock::now());
    if (decision == Decision::ping) say(wire::encode(control::Ping{}));
    if (decision == Decision::dead) co_return;
  }
}

void Line::check_now() {
  if (over_ || farewell_) return;
  keepalive_.doubt(doubtful_pong_limit, Clock::now());
  say(wire::encode(control::Ping{}));
  timer_.cancel();  // its deadline is another one now
}

void Line::leave() {
  if (over_ || farewell_) return;
  farewell_ = Clock::now() + farewell_limit;
  outgoing_changed_.notify();
  timer_.cancel();
}

void Line::abort() {
  if (std::exchange(over_, true)) return;
  greeted_.stream->abort(std::make_error_code(std::errc::timed_out));
  outgoing_changed_.notify();
  timer_.cancel();
}

}  // namespace tasuki::agent
