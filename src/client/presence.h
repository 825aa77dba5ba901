// What the sessions of a person say of themselves while they run, each behind a Unix
// socket of its own process; and whoever asks them all: `tasuki status`.
#pragma once

#include "net/linux/local_socket.h"

#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace tasuki::client {

// Answers for as long as it lives, to this user and root. `describe` is called on the
// loop. Throws std::system_error when there can be no socket.
class Presence {
public:
  Presence(asio::io_context& loop, std::function<nlohmann::json()> describe);

private:
  net::LocalServer server_;
};

// Every running session of this user, the oldest first. Forgets those that died. Blocks.
std::vector<nlohmann::json> ask_everyone();

}  // namespace tasuki::client
