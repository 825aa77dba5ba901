#include "net/linux/message_channel.h"

#include <sys/socket.h>
#include <cstring>

namespace tasuki::net {

MessageChannel::MessageChannel(asio::io_context& loop, Descriptor socket) : socket_(loop) {
  socket_.assign(socket.release());
  socket_.non_blocking(true);
}

bool MessageChannel::say(const std::string& text, const Descriptor* with) {
  if (!socket_.is_open() || text.size() > longest) return false;
  iovec part{const_cast<char*>(text.data()), text.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
  if (with) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int fd = with->get();
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  return ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) ==
         ssize_t(text.size());
}

std::optional<MessageChannel::Message> MessageChannel::receive() {
  Message got;
  got.text.resize(longest);
  iovec part{got.text.data(), got.text.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t n = ::recvmsg(socket_.native_handle(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (n <= 0) return std::nullopt;
  got.text.resize(std::size_t(n));
  for (cmsghdr* each = CMSG_FIRSTHDR(&message); each; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(each), sizeof fd);
    got.with.emplace(fd);
  }
  return got;
}

asio::awaitable<std::optional<MessageChannel::Message>> MessageChannel::hear() {
  if (!socket_.is_open()) co_return std::nullopt;
  ErrorCode error;
  co_await socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                              asio::redirect_error(asio::use_awaitable, error));
  if (error || !socket_.is_open()) co_return std::nullopt;
  co_return receive();
}

asio::awaitable<std::optional<MessageChannel::Message>> MessageChannel::hear(
    std::chrono::steady_clock::duration limit) {
  asio::steady_timer watch(socket_.get_executor(), limit);
  watch.async_wait([this](ErrorCode cancelled) {
    ErrorCode ignored;
    if (!cancelled) socket_.cancel(ignored);
  });
  std::optional<Message> heard = co_await hear();
  watch.cancel();
  co_return heard;
}

void MessageChannel::close() {
  ErrorCode ignored;
  socket_.close(ignored);
}

}  // namespace tasuki::net
