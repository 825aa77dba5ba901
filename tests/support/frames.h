// Frames as tests make, cut and disturb them.
#pragma once

#include "wire/frame.h"

#include <stdexcept>
#include <string>

namespace tasuki::test {

template <typename M>
wire::Frame frame(const M& message) {
  return {std::uint8_t(M::type), wire::encode_body(message)};
}

// Bytes that are frames, one after the other, and nothing else.
inline std::vector<wire::Frame> frames_in(Bytes bytes) {
  wire::FrameReader reader(wire::max_payload);
  reader.receive(bytes);
  std::vector<wire::Frame> frames;
  while (auto next = reader.next()) frames.push_back(std::move(*next));
  if (reader.inside_frame()) throw std::logic_error("bytes after the last whole frame");
  return frames;
}

// Bytes that are exactly one frame.
inline wire::Frame frame_in(Bytes bytes) {
  std::vector<wire::Frame> frames = frames_in(bytes);
  if (frames.size() != 1)
    throw std::logic_error(std::to_string(frames.size()) + " frames instead of one");
  return std::move(frames.front());
}

}  // namespace tasuki::test
