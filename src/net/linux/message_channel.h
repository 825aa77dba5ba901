// Short messages between two processes of one machine, each with a descriptor or without:
// over a SOCK_SEQPACKET socket, which keeps them apart.
#pragma once

#include "net/asio.h"
#include "net/descriptor.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <optional>
#include <string>

namespace tasuki::net {

class MessageChannel {
public:
  static constexpr std::size_t longest = 16 * 1024;  // bytes

  struct Message {
    std::string text;
    std::optional<Descriptor> with;
  };

  MessageChannel(asio::io_context& loop, Descriptor socket);

  // False: the other side is gone, or has not listened for very long. Never waits.
  bool say(const std::string& text, const Descriptor* with = nullptr);

  // nullopt: the other side is gone, or nothing came before the limit.
  asio::awaitable<std::optional<Message>> hear();
  asio::awaitable<std::optional<Message>> hear(std::chrono::steady_clock::duration limit);

  void close();

private:
  std::optional<Message> receive();  // what is there now

  asio::posix::stream_descriptor socket_;
};

}  // namespace tasuki::net
