// Where clients of the same LAN come in, without a gateway: listens, where the agent's
// owner allowed it, and says so by multicast DNS. Who comes is let in by the agent as
// if he had come through a gateway; nothing is said to him before he has spoken.
#pragma once

#include "agent/config.h"
#include "agent/knocks.h"
#include "lan/announcer.h"
#include "net/stream.h"

#include <functional>

namespace tasuki::agent {

// The agent cannot listen where its configuration says.
struct CannotListen : std::runtime_error {
  CannotListen(const std::string& where, std::error_code why)
      : std::runtime_error("cannot listen on " + where + ": " + why.message()),
        at(where),
        code(why) {}
  std::string at;
  std::error_code code;
};

class DirectEntrance {
public:
  // Somebody who may come in. `unproved` is his place among those that have not proved
  // the password: to be dropped when he has, or when he goes.
  struct Visitor {
    net::StreamPtr carrier;
    std::string from;  // "192.168.1.7:51234"
    Knocks::Place unproved;
  };
  using Take = std::function<void(Visitor)>;

  // Listens from now on; `name`: the one to announce. Only where config.listen is set.
  // Throws CannotListen.
  DirectEntrance(asio::io_context& loop, const Direct& config, std::string name, Take take);
  ~DirectEntrance();  // listens no more; visitors stay
  DirectEntrance(const DirectEntrance&) = delete;
  DirectEntrance& operator=(const DirectEntrance&) = delete;

  tcp::endpoint listening() const;
  std::string text() const;  // the same: "[::]:3086"

private:
  class Listener;
  std::shared_ptr<Listener> listener_;  // shared with its own coroutine
  std::optional<lan::Announcer> announcer_;
};

}  // namespace tasuki::agent
