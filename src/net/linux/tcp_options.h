// What every TCP connection of ours asks of the kernel.
#pragma once

namespace tasuki::net {

// For a connection across networks: no waiting for more bytes to fill a packet; the kernel
// says every 20 seconds of silence that we live, so that no NAT forgets us; a dead peer is
// noticed within about a minute when idle and 30 seconds when something is unacknowledged.
void set_tcp_options(int socket) noexcept;

// For one to a program nearby: it may pause for as long as it likes.
void set_local_tcp_options(int socket) noexcept;

}  // namespace tasuki::net
