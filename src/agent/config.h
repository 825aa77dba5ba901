// agent.toml: what an agent connects its clients to. Defaults here are the ones
// that hold.
#pragma once

#include "config/forward_rule.h"
#include "config/netblock.h"
#include "config/proxy_settings.h"
#include "config/table.h"
#include "log/log.h"
#include "net/address.h"

#include <boost/asio/ip/tcp.hpp>

#include <chrono>

namespace tasuki::agent {

// Something a client may ask for by name.
struct Target {
  enum class Kind { vnc, rdp, ssh, tcp };
  net::Address address;
  Kind kind = Kind::tcp;  // tells the client which viewer fits
};
std::string_view text(Target::Kind kind);  // "vnc"

struct Forwarding {
  std::vector<config::ForwardRule> allow;  // empty: nothing but the targets
};

// Connections that come without a gateway, from the LAN.
struct Direct {
  std::optional<boost::asio::ip::tcp::endpoint> listen;  // none: off, nothing listens
  bool announce = true;                                  // by multicast DNS, while it listens
  // Who may come. Empty: neighbours on this machine's own networks, by private addresses.
  std::vector<config::Netblock> allow;
};

struct Limits {
  unsigned sessions = 32;            // at the same time
  std::chrono::seconds resume{300};  // how long a session outlives its line; 0: not at all
};

// Which of the profile's gateways.
struct GatewayChoice {
  std::chrono::seconds return_after{30};  // at a later one: how often the earlier are tried
};

struct AgentConfig {
  std::filesystem::path state;  // absolute after load_config
  GatewayChoice gateway;
  config::ProxySettings proxy;
  std::map<std::string, Target> targets;  // empty: `desktop`, if a VNC or RDP port is found
  Forwarding forward;
  Direct direct;
  Limits limits;
  log::Settings log;  // prefix "AG"

  AgentConfig();  // the defaults
};

config::Table<AgentConfig> config_table();

// Reads the file; relative paths in it are taken from its own directory, which is
// also the default for `state`.
config::Loaded<AgentConfig> load_config(const std::filesystem::path& file);

}  // namespace tasuki::agent
