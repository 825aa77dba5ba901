#include "gateway/gateway.h"

#include "control/keepalive.h"
#include "log/log.h"
#include "net/deadline.h"
#include "net/frames.h"
#include "net/linux/tcp_options.h"

#include <boost/asio/ip/v6_only.hpp>
#include <random>

namespace tasuki::gateway {

using control::Refusal;
using control::RefusedError;
using namespace std::chrono_literals;

namespace {

// To deliver a last word, and for the peer to hear it out.
constexpr auto farewell_limit = 2s;

// The leaf is to be renewed by then; said at each start.
constexpr int expiry_warning_days = 21;

// Whoever wants to know more often comes again.
constexpr unsigned most_lists = 16;

// How often those that have gone silent are looked for.
constexpr auto sweep_interval = 5s;

std::int64_t unix_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

KnockLimits knock_limits(const Limits& limits) {
  KnockLimits knock;
  knock.concurrent = limits.source_concurrent;
  knock.per_second = limits.source_per_second;
  knock.burst = limits.source_burst;
  knock.unauthenticated = limits.unauthenticated;
  return knock;
}

Gatekeeper::Exempt exempt(const std::vector<config::Netblock>& allow) {
  return [allow](const asio::ip::address& address) {
    return std::any_of(allow.begin(), allow.end(),
                       [&](const config::Netblock& block) { return block.contains(address); });
  };
}

double random_share() {
  static std::minstd_rand generator(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

std::string text(const tcp::endpoint& endpoint) {
  auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  return net::Address{address.to_string(), endpoint.port()}.text();
}

}  // namespace

// One connection, from its first byte until it is somebody else's or over.
class Gateway::Visit {
public:
  Visit(std::shared_ptr<Gatekeeper> gatekeeper, std::shared_ptr<std::size_t> conversing,
        const tcp::endpoint& peer)
      : from(peer.address()),
        source(text(peer)),
        gatekeeper_(std::move(gatekeeper)),
        conversing_(std::move(conversing)) {
    ++*conversing_;
  }

  ~Visit() {
    has_asked();
    if (inside_) return;
    if (admission && admission->guessing()) gatekeeper_->wrong_key(from, Clock::now());
    gatekeeper_->left(from);
  }

  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  void admitted() {
    if (!std::exchange(inside_, true)) gatekeeper_->admitted(from);
  }

  // What is still to come does not depend on what we know now.
  void has_asked() {
    if (!std::exchange(asked_, true)) --*conversing_;
  }

  const asio::ip::address from;
  const std::string source;
  net::StreamPtr stream;  // empty before TLS is up, and once somebody else has it
  std::optional<net::Frames> frames;
  std::optional<control::GatewayAdmission> admission;

private:
  const std::shared_ptr<Gatekeeper> gatekeeper_;  // also for visits that the gateway's end cuts off
  const std::shared_ptr<std::size_t> conversing_;  // likewise
  bool inside_ = false;                            // has proved a gateway key, or a token
  bool asked_ = false;
};

Gateway::Gateway(asio::io_context& loop, GatewayConfig config, GatewayMaterial material,
                 store::Store& store)
    : loop_(loop),
      config_(std::move(config)),
      material_(std::move(material)),
      tls_(net::TlsContext::server(material_.leaf, material_.leaf_key.to_pem().bytes(),
                                   control::alpn)),
      store_(store),
      gatekeeper_(std::make_shared<Gatekeeper>(knock_limits(config_.limits),
                                               exempt(config_.limits.allow), random_share)),
      sweep_(loop),
      drain_timer_(loop) {}

Gateway::~Gateway() = default;

void Gateway::start() {
  if (acceptors_.empty())
    for (const tcp::endpoint& at : config_.listen) listen(at);
  for (const auto& acceptor : acceptors_) accept_on(*acceptor);
  warn_of_expiry();
  drop_silent_agents();
}

void Gateway::warn_of_expiry() const {
  const auto leaf = crypto::facts(material_.leaf);
  if (!leaf) return;
  const auto days = (leaf->not_after - unix_seconds()) / (24 * 60 * 60);
  if (days < expiry_warning_days)
    log::warning("CERTIFICATE_ENDS", {{"days", std::to_string(days)},
                                      {"cure", "tasuki gateway renew-leaf, then restart"}});
}

void Gateway::listen(const tcp::endpoint& given) {
  tcp::endpoint at = given;
  auto acceptor = std::make_unique<tcp::acceptor>(loop_);
  try {
    ErrorCode no_ipv6;
    acceptor->open(at.protocol(), no_ipv6);
    if (no_ipv6 == asio::error::address_family_not_supported &&
        at.address() == asio::ip::address_v6::any()) {
      at.address(asio::ip::address_v4::any());
      acceptor->open(at.protocol());
    } else if (no_ipv6) {
      throw boost::system::system_error(no_ipv6);
    }
    acceptor->set_option(tcp::acceptor::reuse_address(true));
    if (at.address().is_v6()) acceptor->set_option(asio::ip::v6_only(false));
    acceptor->bind(at);
    acceptor->listen(4096);
  } catch (const boost::system::system_error& error) {
    throw std::system_error(error.code(), text(at));  // Boost's own is not one
  }
  acceptors_.push_back(std::move(acceptor));
}

void Gateway::accept_on(tcp::acceptor& acceptor) {
  asio::co_spawn(loop_, accept(acceptor), asio::detached);
}

asio::awaitable<void> Gateway::accept(tcp::acceptor& acceptor) {
  while (!stopping_ && accepting_) {
    ErrorCode error;
    tcp::socket socket =
        co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (stopping_ || error == asio::error::operation_aborted) co_return;
    if (error) {
      // Out of descriptors, most likely: give those who are leaving time to do so.
      log::error("ACCEPT_FAILED", {{"reason", error.message()}});
      asio::steady_timer pause(loop_, 100ms);
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    // serve() lets nothing out but what only a bug or a broken machine can throw.
    asio::co_spawn(loop_, serve(std::move(socket)), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
  }
}

// greet → what the peer wants → refuse, or hand the stream on. Everything that can
// go wrong ends here, in one of three ways: we refuse and say why; the peer broke the
// protocol; or the network broke.
asio::awaitable<void> Gateway::serve(tcp::socket socket) {
  ErrorCode gone;
  const tcp::endpoint peer = socket.remote_endpoint(gone);
  if (gone || nobody_to_serve()) co_return;
  const Verdict verdict = gatekeeper_->knock(peer.address(), Clock::now());
  if (verdict != Verdict::enter) {
    TurnedAway& turned = turned_away_[verdict];
    ++turned.count;
    turned.last = text(peer);
    co_return;
  }
  net::set_tcp_options(socket.native_handle());
  Visit visit(gatekeeper_, conversing_, peer);

  std::optional<RefusedError> refused;  // an await cannot stand in a handler: say no after it
  try {
    control::Request request = co_await greet(visit, std::move(socket));
    for (unsigned lists = 1; std::holds_alternative<control::WantsListing>(request); ++lists) {
      if (lists > most_lists) throw wire::ProtocolError("asks for the list again and again");
      co_await list(visit);
      request = co_await next_request(visit);
    }
    if (auto* wants = std::get_if<control::WantsRegistration>(&request))
      co_await keep(visit, std::move(*wants));
    else if (auto* connection = std::get_if<control::WantsConnection>(&request))
      co_await connect(visit, std::move(*connection));
    else if (auto* attachment = std::get_if<control::WantsAttachment>(&request))
      co_await attach(visit, std::move(*attachment));
  } catch (const RefusedError& no) {
    refused = no;
  } catch (const wire::ProtocolError& error) {
    log::warning("PEER_MISBEHAVED", {{"ip", visit.source}, {"reason", error.what()}});
  } catch (const std::system_error& error) {
    // A peer that comes only to look, or leaves half-way, is not worth a warning.
    log::event(log::Level::debug, "PEER_LOST",
               {{"ip", visit.source}, {"reason", error.code().message()}});
  } catch (const std::runtime_error& error) {
    // The store, most likely. Those who are connected go on; newcomers are put off.
    log::error("SERVE_FAILED", {{"ip", visit.source}, {"reason", error.what()}});
    refused = RefusedError(Refusal::busy, error.what(), 30);
  }
  if (!refused) co_return;
  log::warning("PEER_REFUSED", {{"ip", visit.source},
                                {"key", visit.admission ? visit.admission->label().text() : ""},
                                {"reason", std::string(name(refused->reason))},
                                {"detail", refused->what()}});
  if (visit.stream) co_await say_no(*visit.stream, refused->reason, refused->retry_after);
}

// TLS, our Hello, and on to the first request.
asio::awaitable<control::Request> Gateway::greet(Visit& visit, tcp::socket socket) {
  auto tls = std::make_unique<net::TlsStream>(std::move(socket), tls_);
  const net::Deadline overall(*tls, config_.limits.greeting);
  {
    const net::Deadline handshake(*tls, config_.limits.handshake);
    co_await tls->accept();
  }
  const auto find_key =
      [this](const control::KeyLabel& label) -> std::optional<control::KeyRecord> {
    const auto key = store_.find_key(label);
    if (!key) return std::nullopt;
    return control::KeyRecord{key->record, key->stretch, key->revoked == 0};
  };
  const control::GatewayFacts facts{material_.gateway_id, std::uint16_t(config_.keepalive.count())};
  visit.admission.emplace(facts, material_.opaque, tls->exporter(control::outer_exporter_label),
                          find_key);
  visit.stream = std::move(tls);
  visit.frames.emplace(*visit.stream, config_.limits.frame);
  co_await visit.stream->write(visit.admission->hello());
  co_return co_await next_request(visit);
}

asio::awaitable<control::Request> Gateway::next_request(Visit& visit) {
  const net::Deadline deadline(*visit.stream, config_.limits.greeting);
  for (;;) {
    const wire::Frame frame = co_await visit.frames->expect();
    control::GatewayAdmission::Step step = visit.admission->receive(frame);
    if (visit.admission->admitted()) visit.admitted();
    if (step.request) co_return std::move(*step.request);
    if (!step.reply.empty()) co_await visit.stream->write(step.reply);
  }
}

asio::awaitable<void> Gateway::list(Visit& visit) {
  co_await all_moved();
  std::vector<AgentLine*> agents = registry_.with_key(visit.admission->label());
  ByteString answer;
  std::size_t at = 0;
  do {
    control::Listing page;
    for (; at < agents.size() && page.agents.value.size() < 100; ++at) {
      const AgentFacts& facts = agents[at]->facts();
      page.agents.value.push_back({{facts.computer.text()},
                                   facts.key.id().bytes(),
                                   std::uint64_t(facts.since),
                                   agents[at]->sessions});
    }
    page.more = at < agents.size();
    append(answer, wire::encode(page));
  } while (at < agents.size());
  const net::Deadline deadline(*visit.stream, config_.limits.greeting);
  co_await visit.stream->write(answer);
}

// A key may be revoked between its proof and what is done on the strength of it.
void Gateway::still_in_force(const control::KeyLabel& label) {
  const auto key = store_.find_key(label);
  if (!key || key->revoked != 0)
    throw RefusedError(Refusal::revoked, "key " + label.text() + " was revoked meanwhile");
}

// An agent registers: the Computer ID is its own, or free, or it is refused. From here
// on the connection is an idle AgentLine.
asio::awaitable<void> Gateway::keep(Visit& visit, control::WantsRegistration wants) {
  const control::KeyLabel label = visit.admission->label();
  if (draining_) throw RefusedError(Refusal::busy, "draining");
  still_in_force(label);
  if (!store_.claim(label, wants.computer, wants.key.id(), unix_seconds()))
    throw RefusedError(Refusal::id_taken, wants.computer.text() + " belongs to another agent");
  {
    const net::Deadline deadline(*visit.stream, farewell_limit);
    const ByteString registered = wire::encode(control::Registered{{visit.source}});
    co_await visit.stream->write(registered);
  }
  if (visit.frames->leftover()) throw wire::ProtocolError("frame before the answer");

  AgentLine::Events events;
  events.heard = [this](AgentLine& line) { registry_.heard(line); };
  events.declined = [this](AgentLine& line, const control::Token& token) {
    rendezvous_.decline(token, line.facts().key);
  };
  events.ended = [this](AgentLine& line, const std::string& why) {
    log::info("AGENT_DISCONNECT", {{"id", line.facts().computer.text()},
                                   {"key", line.facts().label.text()},
                                   {"ip", line.facts().source},
                                   {"reason", why}});
    registry_.remove(line);
    // One that left, or has another line now, still comes for those whom it was told of.
    if (line.died()) rendezvous_.agent_gone(line.facts().key);
  };
  AgentFacts facts{label,
                   wants.computer,
                   std::move(wants.key),
                   visit.source,
                   visit.admission->software(),
                   unix_seconds(),
                   wants.features};
  log::info("AGENT_CONNECT", {{"id", facts.computer.text()},
                              {"key", label.text()},
                              {"ip", visit.source},
                              {"agent", facts.key.id().text()},
                              {"software", facts.software}});
  const auto line =
      std::make_shared<AgentLine>(std::move(visit.stream), std::move(facts), std::move(events));
  const auto replaced = registry_.add(line);
  if (replaced) replaced->refuse(Refusal::replaced);
  line->start();
}

// A client asks for an agent: the agent is told a token, and the client waits for it to
// come with it. Unknown, offline, foreign and unwilling look the same from outside.
asio::awaitable<void> Gateway::connect(Visit& visit, control::WantsConnection wants) {
  const control::KeyLabel label = visit.admission->label();
  co_await moved(label, wants.computer);
  AgentLine* agent = registry_.find(label, wants.computer);
  if (!agent || agent->pending >= config_.limits.pending_pairings)
    throw RefusedError(Refusal::unavailable,
                       wants.computer.text() + (agent ? " has too many pending" : " is not here"));
  if (visit.frames->leftover()) throw wire::ProtocolError("frame before the answer");

  const std::weak_ptr<AgentLine> line = agent->weak_from_this();
  const auto token = crypto::random_array<32>();
  ++agent->pending;
  agent->send(wire::encode(
      control::Incoming{token, std::uint16_t(config_.limits.pairing.count()), {visit.source}}));

  visit.has_asked();
  Rendezvous::Waiting waiting{label, wants.computer, agent->facts().key, visit.source,
                              std::move(visit.stream)};
  net::StreamPtr back =
      co_await rendezvous_.wait(token, std::move(waiting), config_.limits.pairing);
  if (const auto still = line.lock()) --still->pending;
  if (!back) co_return;  // the agent's visit has taken our stream along
  visit.stream = std::move(back);
  throw RefusedError(Refusal::unavailable, wants.computer.text() + " did not come");
}

// An agent comes for a client. Whoever presents a token uses it up, rightly or not.
asio::awaitable<void> Gateway::attach(Visit& visit, control::WantsAttachment wants) {
  const bool known_there = !rendezvous_.agent_of(wants.token) && waits_for_agents();
  std::optional<Rendezvous::Waiting> waiting;
  if (!known_there) waiting = claim(wants);
  visit.admitted();
  if (visit.frames->leftover()) throw wire::ProtocolError("frame before the answer");
  if (known_there) co_return attach_at_predecessor(std::move(visit.stream), wants, visit.source);
  co_await pair(std::move(*waiting), visit.stream, visit.source);
}

Rendezvous::Waiting Gateway::claim(const control::WantsAttachment& wants) {
  const auto agent = rendezvous_.agent_of(wants.token);
  if (!agent) throw RefusedError(Refusal::unavailable, "no such token");
  if (!agent->verify(wants.statement, wants.signature)) {
    rendezvous_.decline(wants.token, *agent);  // its client is told, and comes again
    throw RefusedError(Refusal::bad_proof, "token presented by another than its agent");
  }
  std::optional<Rendezvous::Waiting> waiting = rendezvous_.take(wants.token);
  still_in_force(waiting->label);
  return std::move(*waiting);
}

asio::awaitable<void> Gateway::pair(Rendezvous::Waiting waiting, net::StreamPtr& agent,
                                    std::string agent_source) {
  const auto id = crypto::random_array<16>();
  const ByteString paired = wire::encode(control::Paired{id, 0});
  {
    const net::Deadline for_client(*waiting.client, farewell_limit);
    const net::Deadline for_agent(*agent, farewell_limit);
    co_await agent->write(paired);
    co_await waiting.client->write(paired);
  }
  forward(std::move(waiting), std::move(agent), std::move(agent_source), id);
}

void Gateway::forward(Rendezvous::Waiting waiting, net::StreamPtr agent, std::string agent_source,
                      const control::PairId& id) {
  const std::uint64_t number = ++last_pair_;
  if (AgentLine* line = registry_.find(waiting.label, waiting.computer)) ++line->sessions;
  log::info("SESSION_OPEN", {{"pair", std::to_string(number)},
                             {"id", waiting.computer.text()},
                             {"key", waiting.label.text()},
                             {"ip", waiting.client_source},
                             {"agent_ip", agent_source}});
  Pair pair{{number,
             waiting.label,
             waiting.computer,
             waiting.client_source,
             std::move(agent_source),
             unix_seconds(),
             {}},
            waiting.agent,
            id,
            net::Forwarder::join(std::move(waiting.client), std::move(agent),
                                 [this, number](std::error_code why) { pair_ended(number, why); })};
  pairs_.emplace(number, std::move(pair));
}

void Gateway::pair_ended(std::uint64_t number, std::error_code why) {
  const auto it = pairs_.find(number);
  if (it == pairs_.end()) return;
  const Pair pair = std::move(it->second);
  pairs_.erase(it);
  AgentLine* line = registry_.find(pair.facts.label, pair.facts.computer);
  if (line && line->sessions > 0) --line->sessions;
  const net::Traffic& traffic = pair.forwarder->traffic();
  log::info("SESSION_CLOSE", {{"pair", std::to_string(number)},
                              {"id", pair.facts.computer.text()},
                              {"key", pair.facts.label.text()},
                              {"ip", pair.facts.client_source},
                              {"reason", why ? why.message() : "finished"},
                              {"bytes_up", std::to_string(traffic.from_left)},
                              {"bytes_down", std::to_string(traffic.from_right)},
                              {"dur", std::to_string(unix_seconds() - pair.facts.since)}});
}

// The last word, and then a moment for the peer to hear it: a socket that is closed
// while bytes of the peer lie unread in it is reset, and the word lost.
asio::awaitable<void> Gateway::say_no(net::Stream& stream, Refusal reason,
                                      std::uint16_t retry_after) {
  const ByteString refused = wire::encode(control::Refused{reason, retry_after});
  try {
    const net::Deadline deadline(stream, farewell_limit);
    co_await stream.write(refused);
    co_await stream.finish();
    std::array<std::uint8_t, 1024> ignored;
    std::size_t n = 1;
    while (n > 0) n = co_await stream.read_some(ignored);
  } catch (const std::system_error&) {
    // The peer left before it could be told: nothing to add to the log.
  }
}

// Summed up, or a flood of connections would wash everything else out of the log.
void Gateway::log_turned_away() {
  for (const auto& [verdict, turned] : turned_away_)
    log::warning("PEERS_TURNED_AWAY", {{"reason", std::string(name(verdict))},
                                       {"count", std::to_string(turned.count)},
                                       {"last_ip", turned.last}});
  turned_away_.clear();
}

void Gateway::drop_silent_agents() {
  const auto limit = control::silence_limit(config_.keepalive);
  for (const auto& line : registry_.silent(Clock::now() - limit))
    line->abort(std::make_error_code(std::errc::timed_out));
  log_turned_away();
  sweep_.expires_after(sweep_interval);
  sweep_.async_wait([this](ErrorCode cancelled) {
    if (!cancelled) drop_silent_agents();
  });
}

void Gateway::stop() {
  stopping_ = true;
  sweep_.cancel();
  drain_timer_.cancel();
  for (const auto& acceptor : acceptors_) acceptor->close();
  for (AgentLine* line : registry_.all())
    line->shared_from_this()->abort(std::make_error_code(std::errc::operation_canceled));
  while (!pairs_.empty()) {
    const auto forwarder = pairs_.begin()->second.forwarder;
    forwarder->abort(std::make_error_code(std::errc::operation_canceled));
  }
  while (!to_predecessor_.empty()) {
    const auto forwarder = to_predecessor_.begin()->second;
    forwarder->abort(std::make_error_code(std::errc::operation_canceled));
  }
}

std::vector<tcp::endpoint> Gateway::listening() const {
  std::vector<tcp::endpoint> at;
  for (const auto& acceptor : acceptors_) at.push_back(acceptor->local_endpoint());
  return at;
}

}  // namespace tasuki::gateway
