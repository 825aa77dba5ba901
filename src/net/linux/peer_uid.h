// Which user of this machine is at the other end of a loopback connection.
#pragma once

#include "net/asio.h"

#include <sys/types.h>
#include <optional>

namespace tasuki::net {

// The owner of the socket that is connected to `ours` from `theirs`, both on this
// machine. nullopt: the kernel knows of none (it has gone already).
std::optional<uid_t> peer_uid(const tcp::endpoint& ours, const tcp::endpoint& theirs);

}  // namespace tasuki::net
