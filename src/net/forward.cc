#include "net/forward.h"

#include <array>

namespace tasuki::net {
namespace {

// Several TLS records gathered into one block: fewer turns of the loop per byte.
constexpr std::size_t block_size = 4 * read_chunk;

// A pair that has this many blocks to move lets the others have a turn.
constexpr int blocks_per_turn = 8;

}  // namespace

std::shared_ptr<Forwarder> Forwarder::join(StreamPtr left, StreamPtr right, Ended ended) {
  struct Made : Forwarder {  // make_shared needs a public constructor
    Made(StreamPtr l, StreamPtr r, Ended e) : Forwarder(std::move(l), std::move(r), std::move(e)) {}
  };
  std::shared_ptr<Forwarder> made =
      std::make_shared<Made>(std::move(left), std::move(right), std::move(ended));
  // Not from within join(): `ended` may want what join() is about to return.
  asio::post(made->left_->executor(), [made] {
    made->pump(made->rightward_);
    made->pump(made->leftward_);
  });
  return made;
}

Forwarder::Forwarder(StreamPtr left, StreamPtr right, Ended ended)
    : left_(std::move(left)),
      right_(std::move(right)),
      ended_(std::move(ended)),
      rightward_{left_.get(), right_.get(), &traffic_.from_left},
      leftward_{right_.get(), left_.get(), &traffic_.from_right} {}

void Forwarder::pump(Direction& direction) {
  if (!ended_ || direction.finished) return;
  std::array<std::uint8_t, block_size> block;
  for (int turn = 0; turn < blocks_per_turn; ++turn) {
    if (!drain(direction)) return;

    std::size_t size = 0;
    Progress last;
    while (size < block.size()) {
      last = direction.from->try_read(Buffer(block).subspan(size));
      if (last.bytes == 0) break;
      size += last.bytes;
    }
    *direction.moved += size;

    Bytes rest = Bytes(block).first(size);
    while (!rest.empty()) {
      const Progress written = direction.to->try_write(rest);
      if (written.error) return end(written.error);
      rest = rest.subspan(written.bytes);
      if (written.want == Want::nothing) continue;
      direction.pending.assign(rest.begin(), rest.end());
      if (last.error) return end(last.error);
      return wait(direction, *direction.to, written.want);
    }

    if (last.error) return end(last.error);
    if (last.ended) {
      const Progress said = direction.to->try_finish();
      if (said.error) return end(said.error);
      if (!said.ended) return wait(direction, *direction.to, said.want);
      direction.finished = true;
      if (rightward_.finished && leftward_.finished) end({});
      return;
    }
    if (last.want != Want::nothing) return wait(direction, *direction.from, last.want);
  }
  asio::post(direction.from->executor(),
             [self = shared_from_this(), &direction] { self->pump(direction); });
}

// Writes what is left from last time. False: not yet all, or the pair is over.
bool Forwarder::drain(Direction& direction) {
  Bytes rest = direction.pending;
  while (!rest.empty()) {
    const Progress written = direction.to->try_write(rest);
    if (written.error) {
      end(written.error);
      return false;
    }
    rest = rest.subspan(written.bytes);
    if (written.want == Want::nothing) continue;
    direction.pending.erase(direction.pending.begin(), direction.pending.end() - long(rest.size()));
    wait(direction, *direction.to, written.want);
    return false;
  }
  direction.pending = ByteString();  // gives the memory back; `= {}` would keep it
  return true;
}

void Forwarder::wait(Direction& direction, Stream& stream, Want want) {
  stream.when(want, [self = shared_from_this(), &direction](ErrorCode) { self->pump(direction); });
}

void Forwarder::abort(std::error_code why) {
  end(why);
}

void Forwarder::end(std::error_code why) {
  const Ended ended = std::exchange(ended_, nullptr);
  if (!ended) return;
  const auto reason = why ? why : std::make_error_code(std::errc::operation_canceled);
  left_->abort(reason);
  right_->abort(reason);
  ended(why);
}

}  // namespace tasuki::net
