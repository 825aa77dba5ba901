#include "net/frames.h"

#include "net/deadline.h"

#include <array>

namespace tasuki::net {

asio::awaitable<std::optional<wire::Frame>> Frames::next() {
  std::optional<Deadline> deadline;
  // Small on purpose: a conversation's coroutine lives while a peer thinks.
  std::array<std::uint8_t, 2048> chunk;
  for (;;) {
    std::optional<wire::Frame> frame = reader_.next();
    if (frame) co_return frame;
    if (reader_.inside_frame() && !deadline) deadline.emplace(stream_, frame_limit_);
    const std::size_t n = co_await stream_.read_some(chunk);
    if (n == 0) {
      if (reader_.inside_frame()) throw wire::ProtocolError("connection ended inside a frame");
      co_return std::nullopt;
    }
    reader_.receive(Bytes(chunk).first(n));
  }
}

asio::awaitable<wire::Frame> Frames::expect() {
  std::optional<wire::Frame> frame = co_await next();
  if (!frame) throw std::system_error(make_error_code(StreamError::truncated));
  co_return std::move(*frame);
}

}  // namespace tasuki::net
