// A frame: type u8 | length u24 | payload. The unit of the control protocol
// and, inside the sealed session, of the inner protocol.
#pragma once

#include "wire/codec.h"

#include <optional>

namespace tasuki::wire {

inline constexpr std::size_t frame_header_size = 4;

// The largest payload before a peer is authenticated, and after.
inline constexpr std::size_t max_payload_before_auth = 16 * 1024;
inline constexpr std::size_t max_payload = 64 * 1024;

struct Frame {
  std::uint8_t type = 0;
  ByteString payload;
};

// The four bytes that precede `payload_size` bytes of payload.
std::array<std::uint8_t, frame_header_size> frame_header(std::uint8_t type,
                                                         std::size_t payload_size);

ByteString encode_frame(std::uint8_t type, Bytes payload);

template <typename M>
ByteString encode(const M& message) {
  return encode_frame(std::uint8_t(M::type), encode_body(message));
}

// Reads the frame as an M, or throws ProtocolError if it is another message.
template <typename M>
M decode(const Frame& frame) {
  if (frame.type != std::uint8_t(M::type)) throw ProtocolError("unexpected frame type");
  return decode_body<M>(frame.payload);
}

// Cuts a stream of bytes into frames. Keeps at most one unfinished frame, and
// refuses a too long one as soon as its header is there.
class FrameReader {
public:
  explicit FrameReader(std::size_t largest = max_payload_before_auth) : largest_(largest) {}

  void allow(std::size_t largest) { largest_ = largest; }

  // The bytes may end anywhere. Throws ProtocolError on an oversized frame.
  void receive(Bytes bytes) { append(pending_, bytes); }

  // The next whole frame, if it has arrived.
  std::optional<Frame> next();

  // What has arrived behind the last whole frame: for whoever goes on with the bytes
  // when the conversation in frames is over.
  ByteString take_rest();

  // True while a frame has begun and not ended: the peer owes us bytes.
  bool inside_frame() const { return start_ < pending_.size(); }

private:
  std::size_t largest_;
  std::size_t start_ = 0;  // where in pending_ the next frame begins
  ByteString pending_;
};

}  // namespace tasuki::wire
