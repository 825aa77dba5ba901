// A reliable stream of bytes to one peer: TLS over TCP, or plain.
//
// Two ways to use it. Conversations await: read_some, write, finish. What lives
// long or moves much (idle agents, forwarded pairs) asks for readiness instead:
// try_* moves what can be moved now and says what it waits for.
//
// Not thread-safe. Each thread runs an io_context of its own; a stream stays on
// the loop that made it.
#pragma once

#include "net/asio.h"
#include "wire/bytes.h"

#include <boost/asio/generic/stream_protocol.hpp>
#include <functional>
#include <memory>
#include <system_error>

namespace tasuki::net {

using Socket = asio::generic::stream_protocol::socket;

enum class Want : std::uint8_t { nothing, read, write };

// What became of one attempt. Exactly one holds: bytes moved, ended (the peer
// finished properly), failed, or there is something to wait for.
struct Progress {
  std::size_t bytes = 0;
  Want want = Want::nothing;
  bool ended = false;
  std::error_code error{};
};

enum class StreamError {
  truncated = 1,  // the connection ended without the peer saying that it was done
  broken_tls,     // the peer's TLS makes no sense, or somebody changed it
  untrusted,      // the peer's certificate is not of the expected root
};
std::error_code make_error_code(StreamError error);

class Stream {
public:
  explicit Stream(Socket socket);
  virtual ~Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // One attempt, never waiting. At most into.size() bytes; try_write may take fewer
  // than all. After Want::write, try_write is repeated with the same bytes first.
  virtual Progress try_read(Buffer into) = 0;
  virtual Progress try_write(Bytes bytes) = 0;
  virtual Progress try_finish() = 0;  // "no more from me"; `ended` when it is said

  // Calls `then` once, when the socket is worth another attempt or has failed.
  void when(Want want, std::function<void(ErrorCode)> then);

  // Reads at least one byte; 0 once the peer has finished. Throws std::system_error.
  asio::awaitable<std::size_t> read_some(Buffer into);
  asio::awaitable<void> write(Bytes bytes);  // all of them
  asio::awaitable<void> finish();

  // Closes at once. Whatever is pending, and whatever is tried later, fails with
  // `why`; the first why wins.
  void abort(std::error_code why) noexcept;

  asio::any_io_executor executor() { return socket_.get_executor(); }
  int native_handle() { return socket_.native_handle(); }

protected:
  // Empty until abort().
  std::error_code aborted_;
  Socket socket_;  // stays open until the end, lest its number be reused

private:
  asio::awaitable<void> wait(Want want);

  unsigned reads_without_waiting_ = 0;
};

using StreamPtr = std::unique_ptr<Stream>;

// Bytes as they are: a local service, a test's socket pair.
class PlainStream final : public Stream {
public:
  using Stream::Stream;
  Progress try_read(Buffer into) override;
  Progress try_write(Bytes bytes) override;
  Progress try_finish() override;

  // Closes with a reset, so that the program at the other end sees a failure and not
  // a clean end. Otherwise as abort().
  void reset(std::error_code why) noexcept;
};

// Fewer and larger calls cost less: the most that one read asks for.
inline constexpr std::size_t read_chunk = 16 * 1024;  // one TLS record

}  // namespace tasuki::net

template <>
struct std::is_error_code_enum<tasuki::net::StreamError> : std::true_type {};
