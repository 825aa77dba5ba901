#include "simulator/link.h"

namespace tasuki::simulator {

std::string_view name(Fault fault) {
  switch (fault) {
    case Fault::reset: return "reset";
    case Fault::black_hole: return "black hole";
    case Fault::half_hole: return "black hole one way";
    case Fault::cut: return "cut";
    case Fault::hold: return "hold";
    case Fault::flip: return "flip";
    case Fault::lose: return "lose";
    case Fault::repeat: return "repeat";
    case Fault::exchange: return "exchange";
    case Fault::count: break;
  }
  return "?";
}

void Pipe::write(Bytes bytes) {
  if (closed_ || bytes.empty()) return;
  under_way_ += bytes.size();
  // Arrives bit by bit where the line is slow.
  const auto at_once = std::size_t(weather_.bytes_per_second / 8);
  while (!dead_since_ && !bytes.empty()) {
    const Bytes part = bytes.first(std::min(at_once, bytes.size()));
    bytes = bytes.subspan(part.size());
    queue(Chunk::Kind::bytes, part);
  }
}

void Pipe::finish() {
  if (std::exchange(closed_, true) || dead_since_) return;
  queue(Chunk::Kind::end, {});
}

void Pipe::abort(bool at_once) {
  if (std::exchange(closed_, true) || dead_since_) return;
  if (at_once) queue_.clear();
  queue(Chunk::Kind::reset, {});
}

void Pipe::queue(Chunk::Kind kind, Bytes bytes) {
  const Time begins = std::max({busy_until_, clock_.now(), held_until_});
  busy_until_ =
      begins + Duration(Duration::rep(bytes.size() * 1'000'000'000 / weather_.bytes_per_second));
  queue_.push_back({kind, busy_until_ + weather_.latency, {bytes.begin(), bytes.end()}});
  expect();
}

void Pipe::expect() {
  if (queue_.empty()) return;
  const Time due = std::max({queue_.front().due, reader_->machine().asleep_until, clock_.now()});
  if (expected_ && *expected_ <= due) return;
  expected_ = due;
  clock_.at(due, [this, due] {
    if (expected_ != due) return;  // there was an earlier one
    expected_.reset();
    deliver();
  });
}

void Pipe::deliver() {
  while (!queue_.empty() && queue_.front().due <= clock_.now()) {
    if (reader_->machine().asleep_until > clock_.now()) break;
    if (!reader_->reads()) return;  // it will poke us
    Chunk chunk = std::move(queue_.front());
    queue_.pop_front();
    if (chunk.kind == Chunk::Kind::end) return reader_->ended();
    if (chunk.kind == Chunk::Kind::reset) return reader_->broken();
    const bool was_full = full();
    under_way_ -= chunk.bytes.size();
    if (spoilt_) damage(chunk.bytes);
    Bytes bytes = chunk.bytes;
    const bool struck = strike_within(bytes);
    const Bytes rest = Bytes(chunk.bytes).subspan(bytes.size());
    if (struck && !dead_since_ && !rest.empty()) {
      under_way_ += rest.size();
      queue_.push_front(
          {Chunk::Kind::bytes, std::max(held_until_, clock_.now()), {rest.begin(), rest.end()}});
    }
    if (was_full && !full()) writer_->room();
  }
  expect();
}

// Hands over what comes before the next strike, and strikes. False: there was none.
bool Pipe::strike_within(Bytes& bytes) {
  for (auto strike = strikes_.begin(); strike != strikes_.end(); ++strike) {
    if (strike->at < passed_ || strike->at > passed_ + bytes.size()) continue;
    const Fault fault = strike->fault;
    bytes = bytes.first(std::size_t(strike->at - passed_));
    strikes_.erase(strike);
    hand_over(bytes);
    struck_(fault);
    return true;
  }
  hand_over(bytes);
  return false;
}

void Pipe::hand_over(Bytes bytes) {
  passed_ += bytes.size();
  look_for_records(bytes);
  while (!bytes.empty()) {
    const std::size_t most =
        weather_.piece > 1'000 ? weather_.piece : dice_.between(1, weather_.piece);
    const Bytes piece = bytes.first(std::min(most, bytes.size()));
    bytes = bytes.subspan(piece.size());
    reader_->arrived(piece);
  }
}

void Pipe::look_for_records(Bytes bytes) {
  while (!bytes.empty()) {
    if (record_left_ == 0) {
      header_.push_back(bytes.front());
      bytes = bytes.subspan(1);
      if (header_.size() < 5) continue;
      record_left_ = std::size_t(header_[3]) << 8 | header_[4];
      header_.clear();
    }
    const std::size_t n = std::min(record_left_, bytes.size());
    record_left_ -= n;
    bytes = bytes.subspan(n);
  }
}

void Pipe::damage(ByteString& bytes) {
  Fault how = *std::exchange(spoilt_, std::nullopt);
  const std::size_t at = dice_.below(bytes.size());
  if (how == Fault::exchange && at == 0) how = Fault::flip;  // else nothing would change
  const ByteString tail(bytes.begin() + long(at), bytes.end());
  if (how == Fault::flip) {
    bytes[at] ^= std::uint8_t(1u << dice_.below(8));
  } else if (how == Fault::lose) {
    bytes.erase(bytes.begin() + long(at),
                bytes.begin() + long(at + dice_.between(1, bytes.size() - at)));
  } else if (how == Fault::repeat) {
    append(bytes, tail);
  } else {
    std::rotate(bytes.begin(), bytes.begin() + long(at), bytes.end());
  }
}

void Pipe::die() {
  queue_.clear();
  if (!dead_since_) dead_since_ = clock_.now();
}

void Pipe::swallow() {
  die();
}

void Pipe::cut_off() {
  if (dead_since_) return;
  queue_.clear();
  queue(Chunk::Kind::end, {});
  dead_since_ = clock_.now();
}

void Pipe::tell_reader_broken(Duration wait) {
  die();
  queue_.push_back({Chunk::Kind::reset, clock_.now() + wait, {}});
  expect();
}

void Pipe::hold(Duration wait) {
  held_until_ = std::max(held_until_, clock_.now() + wait);
  for (Chunk& chunk : queue_) chunk.due = std::max(chunk.due, held_until_);
}

}  // namespace tasuki::simulator
