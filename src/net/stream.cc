#include "net/stream.h"

#include <sys/socket.h>

namespace tasuki::net {
namespace {

class Category final : public std::error_category {
  const char* name() const noexcept override { return "stream"; }
  std::string message(int value) const override {
    switch (StreamError(value)) {
      case StreamError::truncated: return "the connection ended without a proper close";
      case StreamError::broken_tls: return "the TLS connection broke";
      case StreamError::untrusted: return "the certificate is not of the expected root";
    }
    return "?";
  }
};

std::error_code last_error() {
  return {errno, std::generic_category()};
}

constexpr unsigned most_reads_without_waiting = 16;

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

std::error_code make_error_code(StreamError error) {
  static const Category category;
  return {int(error), category};
}

Stream::Stream(Socket socket) : socket_(std::move(socket)) {
  socket_.non_blocking(true);
}

void Stream::when(Want want, std::function<void(ErrorCode)> then) {
  const auto ready = want == Want::write ? Socket::wait_write : Socket::wait_read;
  socket_.async_wait(ready, std::move(then));
}

asio::awaitable<void> Stream::wait(Want want) {
  const auto ready = want == Want::write ? Socket::wait_write : Socket::wait_read;
  ErrorCode error;
  co_await socket_.async_wait(ready, asio::redirect_error(asio::use_awaitable, error));
  if (error && !aborted_) throw std::system_error(error);
}

asio::awaitable<std::size_t> Stream::read_some(Buffer into) {
  // A peer that always has something for us must not keep the loop to itself.
  if (++reads_without_waiting_ > most_reads_without_waiting) {
    reads_without_waiting_ = 0;
    co_await asio::post(executor(), asio::use_awaitable);
  }
  for (;;) {
    const Progress progress = try_read(into);
    if (progress.error) throw std::system_error(progress.error);
    if (progress.ended) co_return 0;
    if (progress.bytes > 0) co_return progress.bytes;
    reads_without_waiting_ = 0;
    co_await wait(progress.want);
  }
}

asio::awaitable<void> Stream::write(Bytes bytes) {
  while (!bytes.empty()) {
    const Progress progress = try_write(bytes);
    if (progress.error) throw std::system_error(progress.error);
    bytes = bytes.subspan(progress.bytes);
    if (progress.want != Want::nothing) co_await wait(progress.want);
  }
}

asio::awaitable<void> Stream::finish() {
  for (;;) {
    const Progress progress = try_finish();
    if (progress.error) throw std::system_error(progress.error);
    if (progress.ended) co_return;
    co_await wait(progress.want);
  }
}

void Stream::abort(std::error_code why) noexcept {
  if (!aborted_) aborted_ = why;
  ErrorCode ignored;
  socket_.shutdown(Socket::shutdown_both, ignored);
  socket_.cancel(ignored);
}

void PlainStream::reset(std::error_code why) noexcept {
  if (!aborted_) aborted_ = why;
  ErrorCode ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

Progress PlainStream::try_read(Buffer into) {
  if (aborted_) return {.error = aborted_};
  const ssize_t n = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
  if (n > 0) return {.bytes = std::size_t(n)};
  if (n == 0) return {.ended = true};
  if (would_block()) return {.want = Want::read};
  return {.error = last_error()};
}

Progress PlainStream::try_write(Bytes bytes) {
  if (aborted_) return {.error = aborted_};
  const ssize_t n = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (n >= 0) return {.bytes = std::size_t(n)};
  if (would_block()) return {.want = Want::write};
  return {.error = last_error()};
}

Progress PlainStream::try_finish() {
  if (aborted_) return {.error = aborted_};
  ErrorCode ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  return {.ended = true};
}

}  // namespace tasuki::net
