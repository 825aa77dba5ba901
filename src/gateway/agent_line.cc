#include "gateway/agent_line.h"

#include <array>

namespace tasuki::gateway {

using control::MessageType;

namespace {

// An agent that talks without end lets the others have a turn after so many reads.
constexpr int reads_per_turn = 16;

}  // namespace

AgentLine::AgentLine(net::StreamPtr stream, AgentFacts facts, Events events)
    : stream_(std::move(stream)),
      facts_(std::move(facts)),
      events_(std::move(events)),
      last_heard_(std::chrono::steady_clock::now()) {}

void AgentLine::start() {
  read();
}

void AgentLine::read() {
  std::array<std::uint8_t, 1024> chunk;
  for (int turn = 0; turn < reads_per_turn; ++turn) {
    if (ended_) return;
    const net::Progress progress = stream_->try_read(chunk);
    if (progress.error) return die(progress.error.message());
    if (progress.ended) return end("left");
    if (progress.want != net::Want::nothing) {
      stream_->when(progress.want, [self = shared_from_this()](ErrorCode) { self->read(); });
      return;
    }
    last_heard_ = std::chrono::steady_clock::now();
    events_.heard(*this);
    try {
      reader_.receive(Bytes(chunk).first(progress.bytes));
      while (!ended_) {
        const auto frame = reader_.next();
        if (!frame) break;
        take(*frame);
      }
    } catch (const wire::ProtocolError& error) {
      return die(error.what());
    }
  }
  asio::post(stream_->executor(), [self = shared_from_this()] { self->read(); });
}

void AgentLine::take(const wire::Frame& frame) {
  switch (MessageType(frame.type)) {
    case MessageType::ping:
      send(wire::encode(control::Pong{wire::decode<control::Ping>(frame).cookie}));
      return;
    case MessageType::declined:
      events_.declined(*this, wire::decode<control::Declined>(frame).token);
      return;
    default: throw wire::ProtocolError("unexpected frame from a registered agent");
  }
}

void AgentLine::send(ByteString frame) {
  if (ended_) return;
  if (outgoing_.size() + frame.size() > most_waiting) return die("does not read");
  append(outgoing_, frame);
  if (!writing_) flush();
}

void AgentLine::flush() {
  writing_ = false;
  Bytes rest = outgoing_;
  while (!rest.empty() && !ended_) {
    const net::Progress progress = stream_->try_write(rest);
    if (progress.error) return die(progress.error.message());
    rest = rest.subspan(progress.bytes);
    if (progress.want == net::Want::nothing) continue;
    writing_ = true;
    stream_->when(progress.want, [self = shared_from_this()](ErrorCode) { self->flush(); });
    break;
  }
  outgoing_ = ByteString(rest.begin(), rest.end());
}

void AgentLine::drain(std::uint16_t retry_after) {
  if (std::exchange(draining_, true)) return;
  if (facts_.features & control::feature_drain)
    send(wire::encode(control::Drain{retry_after}));
  else
    refuse(control::Refusal::busy);
}

bool AgentLine::end_session(const control::PairId& pair) {
  if (!(facts_.features & control::feature_drain)) return false;
  send(wire::encode(control::End{pair}));
  return true;
}

void AgentLine::refuse(control::Refusal reason) {
  send(wire::encode(control::Refused{reason, 0}));
  if (ended_) return;
  stream_->try_finish();
  end(std::string(name(reason)));
}

void AgentLine::abort(std::error_code why) {
  die(why.message());
}

void AgentLine::die(const std::string& why) {
  if (ended_) return;
  died_ = true;
  end(why);
}

void AgentLine::end(const std::string& why) {
  if (std::exchange(ended_, true)) return;
  stream_->abort(std::make_error_code(std::errc::operation_canceled));
  events_.ended(*this, why);
}

}  // namespace tasuki::gateway
