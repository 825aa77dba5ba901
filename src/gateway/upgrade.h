// A running gateway's program is replaced without anybody being lost: it starts the
// program file again (another one by then, usually), hands its listening sockets over, and
// when the new process serves it drains and ends. If the new one fails, nothing has
// happened. What the two say to each other: predecessor.h.
#pragma once

#include "gateway/gateway.h"
#include "net/linux/message_channel.h"
#include "net/linux/succession.h"

#include <nlohmann/json_fwd.hpp>

namespace tasuki::gateway {

// Does what a successor asks of the gateway that makes room for it.
void obey_successor(Gateway& gateway, net::MessageChannel::Message asked);

// Shared by its owner and its own coroutines.
class Upgrade : public std::enable_shared_from_this<Upgrade> {
public:
  // What does not belong to the gateway itself.
  struct Owner {
    std::function<void()> give_up_admin_socket;
    std::function<void()> take_admin_socket;
    std::function<void(pid_t)> announce;  // the process that is the gateway now
    std::function<void()> drained;        // end
  };

  // `gateway` must outlive this.
  Upgrade(asio::io_context& loop, Gateway& gateway, net::CommandLine command, Owner owner);

  // {"pid","version","agents","pairs"}: that process serves now, and those have still to
  // move, for which they have until `limit`. Or {"failed":{"en","ja"}}: all is as before.
  asio::awaitable<nlohmann::json> run(std::chrono::seconds limit);

private:
  using Channel = std::shared_ptr<net::MessageChannel>;  // shared with attend()

  asio::awaitable<nlohmann::json> hand_over(net::Successor& successor, Channel channel);
  asio::awaitable<int> end(net::Successor& successor);
  asio::awaitable<void> leave(Channel channel, std::chrono::seconds limit);
  asio::awaitable<void> attend(Channel channel);

  asio::io_context& loop_;
  Gateway& gateway_;
  const net::CommandLine command_;
  const Owner owner_;
  bool under_way_ = false;
};

}  // namespace tasuki::gateway
