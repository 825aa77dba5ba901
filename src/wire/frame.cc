#include "wire/frame.h"

namespace tasuki::wire {

std::array<std::uint8_t, frame_header_size> frame_header(std::uint8_t type,
                                                         std::size_t payload_size) {
  if (payload_size > 0xffffff) throw std::length_error("frame too long to send");
  return {type, std::uint8_t(payload_size >> 16), std::uint8_t(payload_size >> 8),
          std::uint8_t(payload_size)};
}

ByteString encode_frame(std::uint8_t type, Bytes payload) {
  const auto header = frame_header(type, payload.size());
  ByteString frame;
  frame.reserve(header.size() + payload.size());
  append(frame, header);
  append(frame, payload);
  return frame;
}

std::optional<Frame> FrameReader::next() {
  const Bytes rest = Bytes(pending_).subspan(start_);
  if (rest.size() < frame_header_size) return std::nullopt;
  const std::size_t length = std::size_t(rest[1]) << 16 | std::size_t(rest[2]) << 8 | rest[3];
  if (length > largest_)
    throw ProtocolError("frame of " + std::to_string(length) + " bytes is too long");
  if (rest.size() < frame_header_size + length) return std::nullopt;

  const Bytes payload = rest.subspan(frame_header_size, length);
  Frame frame{rest[0], {payload.begin(), payload.end()}};
  start_ += frame_header_size + length;
  if (start_ == pending_.size()) {
    // Gives the memory back, since most connections are idle (`= {}` would keep it).
    pending_ = ByteString();
    start_ = 0;
  } else if (start_ >= max_payload) {
    pending_.erase(pending_.begin(), pending_.begin() + std::ptrdiff_t(start_));
    start_ = 0;
  }
  return frame;
}

ByteString FrameReader::take_rest() {
  const Bytes rest = Bytes(pending_).subspan(start_);
  ByteString taken(rest.begin(), rest.end());
  pending_ = {};
  start_ = 0;
  return taken;
}

}  // namespace tasuki::wire
