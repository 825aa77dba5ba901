// Frames over a stream: what conversations speak in.
#pragma once

#include "net/stream.h"
#include "wire/frame.h"

#include <chrono>

namespace tasuki::net {

class Frames {
public:
  // `frame_limit`: a frame that has begun must be whole within it.
  Frames(Stream& stream, std::chrono::steady_clock::duration frame_limit)
      : stream_(stream), frame_limit_(frame_limit) {}

  // The next frame; nullopt once the peer has finished between two frames. Throws
  // wire::ProtocolError on a bad or unfinished one, std::system_error otherwise.
  asio::awaitable<std::optional<wire::Frame>> next();

  // The same where an end is an error.
  asio::awaitable<wire::Frame> expect();

  // Bytes that were read beyond the last frame. Whoever takes the stream over from a
  // conversation begins with them, or sees to it that there are none.
  bool leftover() const { return reader_.inside_frame(); }
  ByteString take_leftover() { return reader_.take_rest(); }

private:
  Stream& stream_;
  const std::chrono::steady_clock::duration frame_limit_;
  wire::FrameReader reader_;
};

}  // namespace tasuki::net
