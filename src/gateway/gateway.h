// The relay: accept → greet → register or pair → forward. Read gateway.cc from
// the top.
//
// Runs on one loop; everything here is called on it. It opens no connection, and
// knows nothing of what client and agent say to each other once they are paired.
#pragma once

#include "control/gateway_admission.h"
#include "gateway/config.h"
#include "gateway/gatekeeper.h"
#include "gateway/registry.h"
#include "gateway/rendezvous.h"
#include "gateway/setup.h"
#include "net/descriptor.h"
#include "net/forward.h"
#include "net/tls_stream.h"
#include "store/store.h"

#include <nlohmann/json_fwd.hpp>

namespace tasuki::gateway {

// An administrator may give a gateway no longer than this to go.
inline constexpr std::chrono::seconds longest_drain{24 * 3600};

class Predecessor;

class Gateway {
public:
  // `store` must outlive the gateway.
  Gateway(asio::io_context& loop, GatewayConfig config, GatewayMaterial material,
          store::Store& store);
  ~Gateway();

  // Opens the port(s) and serves until stop(). Throws std::system_error, with the
  // address, when a port cannot be had.
  void start();
  // Before start(): serve these listening sockets, and open none. Throws
  // std::system_error when one is something else.
  void adopt(std::vector<net::Descriptor> listeners);
  // Before start(): ask that gateway for the agents that have not come to us yet.
  void follow(std::shared_ptr<Predecessor> predecessor);
  void stop();
  std::vector<tcp::endpoint> listening() const;

  // For `tasuki admin`.
  struct PairFacts {
    std::uint64_t number = 0;  // for people to name it by, from 1
    control::KeyLabel label;
    control::ComputerId computer;
    std::string client_source, agent_source;
    std::int64_t since = 0;  // seconds since 1970
    net::Traffic traffic;
  };
  std::vector<AgentLine*> agents() const { return registry_.all(); }
  std::vector<PairFacts> pairs() const;
  // The session that it carries ends with it, if the agent still has a line here.
  bool end_pair(std::uint64_t number);
  // The key's agents and pairs are ended; others notice nothing.
  void key_revoked(const control::KeyLabel& label);
  // The agent that holds the ID is told to go; the ID is free.
  void released(const control::KeyLabel& label, const control::ComputerId& computer);

  // Going away without anybody being lost (draining.cc). Agents are told to register
  // elsewhere, and none is taken any more; those who are still here are served. When no
  // agent and no pair is left, or at the limit, `drained` is called. Said again, it
  // changes the limit.
  enum class After { nobody, successor };
  void drain(std::chrono::seconds limit, std::function<void()> drained,
             After after = After::nobody);
  void stop_draining();  // and be as before
  struct DrainFacts {
    bool draining = false;
    std::size_t agents = 0, pairs = 0;  // still here
    std::chrono::seconds left{0};       // until the limit
  };
  DrainFacts drain_facts() const;

  // Making room for a successor (upgrade.h).
  std::vector<int> listening_descriptors();
  void stop_accepting();  // newcomers wait in the kernel
  void accept_again();
  void close_listeners();
  bool converses() const { return *conversing_ > 0; }  // with somebody who has not asked yet
  bool serves_agents() const { return registry_.size() > 0 || rendezvous_.size() > 0; }
  bool waits_for_agents() const;  // those of a predecessor that have not come yet
  bool is_successor() const;      // of a process that is still there
  // That agent is waited for at the successor: it is told before the others.
  void hasten(const control::KeyLabel& label, const control::ComputerId& computer);
  void attach_from_successor(net::Descriptor agent, control::WantsAttachment wants,
                             std::string source);
  // To our own predecessor, which may hold lines and pairs of that key.
  void pass_on(const nlohmann::json& admin_request);

private:
  struct Pair {
    PairFacts facts;
    crypto::PublicKey agent;
    control::PairId id{};
    std::shared_ptr<net::Forwarder> forwarder;
  };
  struct TurnedAway {
    std::uint64_t count = 0;
    std::string last;  // the last one's address
  };
  struct Draining {
    std::function<void()> drained;
    Clock::time_point ends;
    std::size_t per_step = 0;  // agents that are told at a time
    std::uint16_t retry_after = 0;
  };
  class Visit;

  void listen(const tcp::endpoint& given);
  void accept_on(tcp::acceptor& acceptor);
  void warn_of_expiry() const;
  void still_in_force(const control::KeyLabel& label);
  asio::awaitable<void> accept(tcp::acceptor& acceptor);
  asio::awaitable<void> serve(tcp::socket socket);
  asio::awaitable<control::Request> greet(Visit& visit, tcp::socket socket);
  asio::awaitable<control::Request> next_request(Visit& visit);
  asio::awaitable<void> list(Visit& visit);
  asio::awaitable<void> connect(Visit& visit, control::WantsConnection wants);
  asio::awaitable<void> keep(Visit& visit, control::WantsRegistration wants);
  asio::awaitable<void> attach(Visit& visit, control::WantsAttachment wants);
  Rendezvous::Waiting claim(const control::WantsAttachment& wants);
  asio::awaitable<void> pair(Rendezvous::Waiting waiting, net::StreamPtr& agent,
                             std::string agent_source);
  asio::awaitable<void> all_moved();
  asio::awaitable<void> moved(control::KeyLabel label, control::ComputerId computer);
  asio::awaitable<void> serve_from_successor(net::StreamPtr agent, control::WantsAttachment wants,
                                             std::string source);
  void attach_at_predecessor(net::StreamPtr agent, const control::WantsAttachment& wants,
                             const std::string& source);
  asio::awaitable<void> say_no(net::Stream& stream, control::Refusal reason,
                               std::uint16_t retry_after);

  void forward(Rendezvous::Waiting waiting, net::StreamPtr agent, std::string agent_source,
               const control::PairId& id);
  void cut_pair(std::uint64_t number);
  void pair_ended(std::uint64_t number, std::error_code why);
  void next_drain_step(Clock::duration pause);
  void drain_step();
  bool nobody_to_serve() const;
  void drop_silent_agents();
  void log_turned_away();

  asio::io_context& loop_;
  const GatewayConfig config_;
  const GatewayMaterial material_;
  const net::TlsContext tls_;
  store::Store& store_;
  const std::shared_ptr<Gatekeeper> gatekeeper_;  // shared with the visits
  std::map<Verdict, TurnedAway> turned_away_;     // since the last sweep
  Registry registry_;
  Rendezvous rendezvous_;
  std::map<std::uint64_t, Pair> pairs_;
  std::uint64_t last_pair_ = 0;
  std::vector<std::unique_ptr<tcp::acceptor>> acceptors_;
  bool accepting_ = true;
  const std::shared_ptr<std::size_t> conversing_ = std::make_shared<std::size_t>(0);  // visits'
  std::shared_ptr<Predecessor> predecessor_;  // shared with its own coroutine; empty: nobody
  std::map<std::uint64_t, std::shared_ptr<net::Forwarder>> to_predecessor_;
  asio::steady_timer sweep_;
  std::optional<Draining> draining_;
  asio::steady_timer drain_timer_;
  bool stopping_ = false;
};

}  // namespace tasuki::gateway
