#include "inner/retention.h"

namespace tasuki::inner {

void Retention::keep(ByteString frame) {
  end_ += frame.size();
  frames_.push_back(std::move(frame));
}

const ByteString* Retention::say_next() {
  if (said_frames_ == frames_.size()) return nullptr;
  const ByteString& frame = frames_[said_frames_++];
  said_ += frame.size();
  return &frame;
}

bool Retention::keeps(std::uint64_t next) const {
  if (next < acknowledged_ || next > end_) return false;
  std::uint64_t at = acknowledged_;
  for (auto frame = frames_.begin(); frame != frames_.end() && at < next; ++frame)
    at += frame->size();
  return at == next;
}

bool Retention::acknowledge(std::uint64_t next) {
  if (next < acknowledged_ || next > said_) return false;
  while (acknowledged_ < next) {
    acknowledged_ += frames_.front().size();
    frames_.pop_front();
    --said_frames_;
  }
  return acknowledged_ == next;
}

bool Retention::resume_from(std::uint64_t next) {
  if (!keeps(next)) return false;
  said_frames_ = frames_.size();
  said_ = end_;
  acknowledge(next);
  said_frames_ = 0;
  said_ = acknowledged_;
  return true;
}

}  // namespace tasuki::inner
