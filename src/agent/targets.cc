#include "agent/targets.h"

#include "net/linux/tcp_options.h"
#include "net/lookup.h"
#include "net/reach.h"

namespace tasuki::agent {

using inner::ChannelError;
using inner::TargetKind;
using Outcome = std::variant<Reached, ChannelError>;

namespace {

constexpr std::chrono::seconds connect_limit{10};

// Where a desktop is looked for when no target is configured: VNC's displays 0 to 9,
// then RDP. Loopback only: what is elsewhere, the owner has to name.
constexpr std::uint16_t first_vnc_port = 5900;
constexpr std::uint16_t last_vnc_port = 5909;
constexpr std::uint16_t rdp_port = 3389;

TargetKind wire_kind(Target::Kind kind) {
  switch (kind) {
    case Target::Kind::vnc: return TargetKind::vnc;
    case Target::Kind::rdp: return TargetKind::rdp;
    case Target::Kind::ssh: return TargetKind::ssh;
    case Target::Kind::tcp: return TargetKind::tcp;
  }
  return TargetKind::tcp;
}

// Tries each address in turn, within one limit.
asio::awaitable<Outcome> connect(std::vector<tcp::endpoint> to, TargetKind kind) {
  const auto executor = co_await asio::this_coro::executor;
  ChannelError reason = ChannelError::unreachable;
  for (const tcp::endpoint& endpoint : to) {
    const auto socket = std::make_shared<tcp::socket>(executor);
    asio::steady_timer limit(executor, connect_limit);
    limit.async_wait([socket](ErrorCode cancelled) {
      ErrorCode ignored;
      if (!cancelled) socket->close(ignored);
    });
    ErrorCode error;
    co_await socket->async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
    limit.cancel();
    if (!error) {
      net::set_local_tcp_options(socket->native_handle());
      Reached reached;
      reached.stream = std::make_unique<net::PlainStream>(std::move(*socket));
      reached.kind = kind;
      co_return reached;
    }
    if (error == asio::error::connection_refused) reason = ChannelError::not_listening;
  }
  co_return reason;
}

asio::awaitable<std::vector<tcp::endpoint>> resolve(net::Address address) {
  try {
    std::vector<tcp::endpoint> found =
        co_await net::look_up(address, std::chrono::steady_clock::now() + connect_limit);
    co_return found;
  } catch (const net::ReachError&) {
    // Nothing to connect to; what is said of it is decided by the caller.
  }
  co_return std::vector<tcp::endpoint>{};
}

asio::awaitable<Outcome> find_desktop() {
  for (std::uint16_t port = first_vnc_port; port <= last_vnc_port; ++port) {
    const std::vector<tcp::endpoint> at{{asio::ip::address_v4::loopback(), port},
                                        {asio::ip::address_v6::loopback(), port}};
    Outcome outcome = co_await connect(at, TargetKind::vnc);
    if (std::holds_alternative<Reached>(outcome)) co_return outcome;
  }
  const std::vector<tcp::endpoint> at{{asio::ip::address_v4::loopback(), rdp_port},
                                      {asio::ip::address_v6::loopback(), rdp_port}};
  Outcome outcome = co_await connect(at, TargetKind::rdp);
  co_return outcome;
}

}  // namespace

asio::awaitable<Outcome> reach_target(const AgentConfig& config, std::string asked) {
  if (const auto it = config.targets.find(asked); it != config.targets.end()) {
    const Target& target = it->second;
    const std::vector<tcp::endpoint> at = co_await resolve(target.address);
    Outcome outcome = co_await connect(at, wire_kind(target.kind));
    co_return outcome;
  }
  if (asked == "desktop" && config.targets.empty()) {
    Outcome outcome = co_await find_desktop();
    co_return outcome;
  }
  const auto address = net::Address::parse(asked, 0);
  if (!address || address->port == 0 || asked.find(':') == asked.npos)
    co_return ChannelError::unknown_target;

  // A name may be allowed as it is written, or by every address that it stands for. Only
  // addresses that were looked at are connected to: the name may mean others a moment later.
  const auto& rules = config.forward.allow;
  const bool by_name = config::allows(rules, address->host, address->port);
  if (!by_name && rules.empty()) co_return ChannelError::not_allowed;
  const std::vector<tcp::endpoint> at = co_await resolve(*address);
  if (!by_name && at.empty()) co_return ChannelError::not_allowed;
  for (const tcp::endpoint& endpoint : at)
    if (!by_name && !config::allows(rules, endpoint.address(), address->port))
      co_return ChannelError::not_allowed;
  Outcome outcome = co_await connect(at, TargetKind::tcp);
  co_return outcome;
}

}  // namespace tasuki::agent
