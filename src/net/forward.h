// Joins two legs: what one sends, the other receives. The byte path of a gateway.
//
// Plain state on the loop: no coroutine, no timer, and while nothing moves no
// buffer. A leg that does not take what it is sent stops the reading from the
// other: at most one block per direction is held, the rest waits in the kernel.
//
//          readable ──▶ read a block ──▶ write it ──▶ readable …
//                                          │ not all taken
//                                          ▼
//                                     wait until writable
#pragma once

#include "net/stream.h"

namespace tasuki::net {

struct Traffic {
  std::uint64_t from_left = 0;  // bytes
  std::uint64_t from_right = 0;
};

// Shared by its owner and by the readiness callbacks that are still to come.
class Forwarder : public std::enable_shared_from_this<Forwarder> {
public:
  // Called once, when both peers have finished (no error) or either leg failed;
  // then the other has been aborted, so that its peer sees no clean end either.
  using Ended = std::function<void(std::error_code)>;

  static std::shared_ptr<Forwarder> join(StreamPtr left, StreamPtr right, Ended ended);

  void abort(std::error_code why);
  const Traffic& traffic() const { return traffic_; }

private:
  struct Direction {
    Stream* from;
    Stream* to;
    std::uint64_t* moved;
    ByteString pending{};  // read from `from`, not yet taken by `to`
    bool finished = false;
  };

  Forwarder(StreamPtr left, StreamPtr right, Ended ended);

  void pump(Direction& direction);
  bool drain(Direction& direction);
  void wait(Direction& direction, Stream& stream, Want want);
  void end(std::error_code why);

  StreamPtr left_, right_;
  Ended ended_;
  Traffic traffic_;
  Direction rightward_, leftward_;
};

}  // namespace tasuki::net
