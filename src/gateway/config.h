// gateway.toml: how a gateway runs. Defaults here are the ones that hold.
#pragma once

#include "config/netblock.h"
#include "config/table.h"
#include "log/log.h"

#include <boost/asio/ip/tcp.hpp>

#include <chrono>

namespace tasuki::gateway {

// What a peer may take up, by how far it has proved itself (docs: "Limits before
// and after authentication").
struct Limits {
  // Before a peer has proved a gateway key.
  std::chrono::seconds handshake{10};  // for the TLS handshake
  std::chrono::seconds greeting{20};   // for everything before the proof, TLS included
  std::chrono::seconds frame{5};       // from a frame's first byte to its last
  unsigned source_concurrent = 16;     // connections per source (/32 or /64)
  unsigned source_per_second = 10;     // new connections per source
  unsigned source_burst = 20;
  unsigned unauthenticated = 4096;      // connections, of all sources together
  std::vector<config::Netblock> allow;  // sources without the per-source limits: NATed offices

  // After it.
  unsigned pending_pairings = 8;     // per agent
  std::chrono::seconds pairing{15};  // for the agent to take up a pairing
};

struct GatewayConfig {
  std::filesystem::path state;  // absolute after load_config
  // [::] serves IPv4 as well; where the machine has no IPv6, 0.0.0.0 takes its place.
  std::vector<boost::asio::ip::tcp::endpoint> listen;  // at least one
  std::chrono::seconds keepalive{60};  // CMPI: how often an idle connection says that it lives
  Limits limits;
  log::Settings log;  // prefix "GW"

  GatewayConfig();  // the defaults
  std::filesystem::path admin_socket() const { return state / "admin.sock"; }
};

config::Table<GatewayConfig> config_table();

// Reads the file; relative paths in it are taken from its own directory, which is
// also the default for `state`.
config::Loaded<GatewayConfig> load_config(const std::filesystem::path& file);

}  // namespace tasuki::gateway
