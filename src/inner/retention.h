// What a session has said and the other side has not yet acknowledged. When a
// carrier is lost, it is said again on the next one, from where the other side is.
//
//        acknowledged()          said()              end()
//   ─────────┼───────────────────────┼─────────────────┼──▶  bytes of counted frames
//    dropped │ kept, said on this    │ kept, not yet   │
//            │ carrier               │ said on it      │
//
// Offsets are those of whole frames: nothing is ever acknowledged or said in halves.
#pragma once

#include "wire/bytes.h"

#include <cstdint>
#include <deque>

namespace tasuki::inner {

class Retention {
public:
  void keep(ByteString frame);

  // The next frame to be said on this carrier, which then counts as said; nullptr: none.
  // Valid until the next call of anything here.
  const ByteString* say_next();

  // The other side has come this far. False: it cannot have.
  bool acknowledge(std::uint64_t next);

  // On a new carrier: the other side has come this far, the rest is said again. False:
  // that is not among what is kept; nothing is changed then.
  bool resume_from(std::uint64_t next);
  bool keeps(std::uint64_t next) const;

  std::uint64_t acknowledged() const { return acknowledged_; }
  std::uint64_t said() const { return said_; }
  std::uint64_t end() const { return end_; }
  std::size_t size() const { return std::size_t(end_ - acknowledged_); }  // bytes kept
  std::size_t frames() const { return frames_.size(); }

private:
  std::deque<ByteString> frames_;
  std::size_t said_frames_ = 0;  // of frames_
  std::uint64_t acknowledged_ = 0, said_ = 0, end_ = 0;
};

}  // namespace tasuki::inner
