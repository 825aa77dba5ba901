// What list, connect and forward have in common: a person's configuration, the
// profile, the way through the proxy, the session.
#pragma once

#include "agent/enrolment.h"
#include "cli/conduct.h"
#include "client/client.h"
#include "client/config.h"
#include "crypto/secret.h"

#include <nlohmann/json_fwd.hpp>

namespace tasuki::cli {

// What the person said about the gateway.
struct GatewayChoice {
  std::string profile;  // empty: the preferred or only one
  std::string proxy;    // a URL; empty: configuration or environment
};

// A user and password for the proxy, once a person was asked for them.
struct ProxyLogin {
  std::string user;
  std::optional<crypto::Secret> password;
};

// HOME/client.toml; mistakes in it are shown and thrown as Trouble.
client::ClientConfig read_home_config(Console& console, const std::filesystem::path& home);

// Shows warnings and mistakes; throws Trouble if there are mistakes.
void judge(Console& console, const std::filesystem::path& file,
           const std::vector<config::Mistake>& mistakes,
           const std::vector<config::Mistake>& warnings);

// With a proxy that asks for a password, and a person who can be asked: asks, and says
// that it is worth another try. False: nobody to ask, or asked often enough.
bool ask_proxy_login(Console& console, const net::Proxy& proxy, net::ReachError::Cause cause,
                     ProxyLogin& login, unsigned& asked);

// Conducts the work with a door to the profile's gateway; again, when the proxy wants a
// password and the person gives one.
using GatewayWork = std::function<asio::awaitable<Exit>(asio::io_context& loop,
                                                        std::shared_ptr<const peer::Door> door)>;
Exit with_gateway(Console& console, const GatewayChoice& choice, const client::ClientConfig& config,
                  const GatewayWork& work);

// What the person said about the session.
struct SessionChoice {
  control::ComputerId computer{};
  std::string user{agent::owner};
  std::optional<int> password_fd{};
  std::vector<net::Address> direct{};  // where its agent listens, besides what client.toml says
};

// What a command adds to what is shown of its session; all of it may be left out.
struct SessionView {
  std::string command;                                 // "connect"
  std::function<nlohmann::json()> more;                // for `tasuki status`
  std::function<void(const peer::LineNews&)> on_line;  // beside the words for the person
  bool reopens = false;  // on a terminal, a session that is lost for good is followed by another
};

// Opens the session, lets `use` work with it, and says goodbye, also when cancelled.
using SessionWork = std::function<asio::awaitable<Exit>(client::ClientSession& session)>;
Exit with_session(Console& console, const GatewayChoice& gateway, const SessionChoice& choice,
                  const SessionView& view, const SessionWork& use);

inline const std::string software = "tasuki " TASUKI_VERSION;

}  // namespace tasuki::cli
