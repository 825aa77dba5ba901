#include "agent/agent.h"

#include "agent/direct.h"
#include "agent/outposts.h"
#include "agent/registration.h"
#include "agent/sessions.h"
#include "log/log.h"
#include "net/deadline.h"
#include "net/linux/local_socket.h"
#include "peer/lan_name.h"

#include <nlohmann/json.hpp>

namespace tasuki::agent {

namespace {

const std::string software = "tasuki " TASUKI_VERSION;

std::function<net::Proxy(const net::Address&)> proxy_chooser(
    const config::ProxySettings& settings) {
  return [settings](const net::Address& to) { return config::choose_proxy({}, settings, to); };
}

peer::Door make_door(const Identity& identity, const AgentConfig& config) {
  peer::Door door(identity.profile.copy(), software);
  door.proxy_for = proxy_chooser(config.proxy);
  return door;
}

}  // namespace

class Agent::Running : public std::enable_shared_from_this<Running> {
public:
  Running(asio::io_context& loop, AgentConfig config, Identity identity)
      : loop_(loop),
        config_(std::move(config)),
        identity_(std::move(identity)),
        door_(make_door(identity_, config_)),
        sessions_(std::make_shared<Sessions>(loop, config_, identity_)) {}

  void start(std::function<void(std::exception_ptr)> on_fatal) {
    control_.emplace(loop_, config_.state / "control.sock",
                     [weak = weak_from_this()](const std::string&) {
                       const auto self = weak.lock();
                       return self ? self->status_json() : std::string("{}");
                     });
    if (config_.direct.listen) open_to_lan();
    register_us(std::move(on_fatal));
  }

  void stop() {
    control_.reset();
    lan_.reset();
    if (registration_) registration_->stop();
    if (outposts_) outposts_->close();
    sessions_->on_change = nullptr;
    sessions_->say_goodbye();
  }

  Status status() const;

private:
  void open_to_lan();
  asio::awaitable<void> welcome(DirectEntrance::Visitor visitor);
  void register_us(std::function<void(std::exception_ptr)> on_fatal);
  asio::awaitable<void> take(control::Incoming incoming, net::Address gateway);
  asio::awaitable<net::StreamPtr> attach(const control::Token& token, net::Address gateway,
                                         ByteString& arrived, control::PairId& pair);
  std::string status_json() const;

  asio::io_context& loop_;
  const AgentConfig config_;
  const Identity identity_;
  const peer::Door door_;
  const std::shared_ptr<Sessions> sessions_;  // shared with the clients that it serves
  std::optional<net::LocalServer> control_;
  std::shared_ptr<Registration> registration_;  // shared with its own coroutines
  std::shared_ptr<Outposts> outposts_;          // as well
  std::optional<DirectEntrance> lan_;           // if the owner allowed it
};

// Clients come from the LAN as well.
void Agent::Running::open_to_lan() {
  const auto take = [weak = weak_from_this()](DirectEntrance::Visitor visitor) {
    const auto self = weak.lock();
    if (self)
      asio::co_spawn(self->loop_, self->welcome(std::move(visitor)), [self](std::exception_ptr) {});
  };
  lan_.emplace(loop_, config_.direct, peer::lan_name(identity_.profile, identity_.computer), take);
}

asio::awaitable<void> Agent::Running::welcome(DirectEntrance::Visitor visitor) {
  if (!sessions_->has_room()) {
    log::warning("CLIENT_NOT_LET_IN", {{"client", visitor.from}, {"reason", "too_many"}});
    co_return;
  }
  ByteString nothing_yet;
  const std::string way = "direct " + visitor.from;
  co_await sessions_->serve(std::move(visitor.carrier), std::move(nothing_yet), visitor.from, way,
                            std::move(visitor.unproved));
}

// Registered, from here on, at one gateway or another. Clients come through it.
void Agent::Running::register_us(std::function<void(std::exception_ptr)> on_fatal) {
  const std::weak_ptr<Running> weak = weak_from_this();
  Registration::Events events;
  events.incoming = [weak](const control::Incoming& message, const net::Address& gateway) {
    const auto self = weak.lock();
    if (self)
      asio::co_spawn(self->loop_, self->take(message, gateway), [self](std::exception_ptr) {});
  };
  events.has_sessions = [weak] {
    const auto self = weak.lock();
    return self && self->sessions_->any();
  };
  events.on_drain = [weak](const net::Address& gateway) {
    if (const auto self = weak.lock()) self->sessions_->ask_to_move(gateway.text());
  };
  events.end = [weak](const control::PairId& pair) {
    if (const auto self = weak.lock()) self->sessions_->end(pair);
  };
  events.fatal = std::move(on_fatal);
  Outposts::Events from_outposts{events.incoming, events.end,
                                 [weak]() -> std::shared_ptr<const Line> {
                                   const auto self = weak.lock();
                                   return self ? self->registration_->line() : nullptr;
                                 }};
  outposts_ = std::make_shared<Outposts>(loop_, door_, identity_, std::move(from_outposts));
  registration_ = std::make_shared<Registration>(loop_, door_, identity_,
                                                 config_.gateway.return_after, std::move(events));
  sessions_->on_change = [weak] {
    const auto self = weak.lock();
    if (self) self->sessions_->any_lost() ? self->outposts_->open() : self->outposts_->close();
  };
  sessions_->on_doubt = [weak](const std::string& way) {
    const auto self = weak.lock();
    if (self && self->registration_->gateway() == way) self->registration_->check_now();
  };
  registration_->start(shared_from_this());
}

// A client wants in: meet it at the gateway.
asio::awaitable<void> Agent::Running::take(control::Incoming incoming, net::Address gateway) {
  const std::string source = incoming.source.value;
  std::string trouble = "too_many";
  if (sessions_->has_room()) {
    trouble.clear();
    try {
      ByteString arrived;
      control::PairId pair{};
      net::StreamPtr stream = co_await attach(incoming.token, gateway, arrived, pair);
      co_await sessions_->serve(std::move(stream), std::move(arrived), source, gateway.text(),
                                nullptr, pair);
    } catch (const std::exception& error) {
      trouble = error.what();
    }
  } else {
    registration_->decline(incoming.token);
  }
  if (!trouble.empty())
    log::warning("CLIENT_NOT_LET_IN", {{"client", source}, {"reason", trouble}});
}

asio::awaitable<net::StreamPtr> Agent::Running::attach(const control::Token& token,
                                                       net::Address gateway, ByteString& arrived,
                                                       control::PairId& pair) {
  peer::Greeted line = co_await peer::greet(door_, gateway);
  const ByteString request = control::attach(line.hello, token, identity_.key, line.exporter);
  co_await peer::say(line, request);
  const wire::Frame answer = co_await peer::next_answer(line);
  pair = control::expect<control::Paired>(answer).pair;
  arrived = line.frames->take_leftover();
  co_return std::move(line.stream);
}

Status Agent::Running::status() const {
  return {identity_.computer.text(),
          identity_.id().text(),
          identity_.profile.realm,
          registration_ ? registration_->gateway() : "",
          registration_ ? registration_->trouble() : "",
          lan_ ? lan_->text() : ""};
}

std::string Agent::Running::status_json() const {
  const Status now = status();
  return nlohmann::json{{"id", now.computer},
                        {"agent", now.agent_id},
                        {"realm", now.realm},
                        {"gateway", now.gateway},
                        {"trouble", now.trouble},
                        {"direct", now.direct},
                        {"sessions", sessions_->status()}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Agent::Agent(asio::io_context& loop, AgentConfig config, Identity identity)
    : running_(std::make_shared<Running>(loop, std::move(config), std::move(identity))) {}

Agent::~Agent() = default;

void Agent::start(std::function<void(std::exception_ptr)> on_fatal) {
  running_->start(std::move(on_fatal));
}

void Agent::stop() {
  running_->stop();
}

Status Agent::status() const {
  return running_->status();
}

// The first gateway that is there and not busy decides.
asio::awaitable<void> try_registration(const Identity& identity, const AgentConfig& config) {
  const peer::Door door = make_door(identity, config);
  std::exception_ptr first_failure;
  for (const net::Address& gateway : door.profile.gateways) {
    try {
      const std::shared_ptr<Line> line = co_await Line::open(door, identity, gateway);
      line->abort();
      co_return;
    } catch (const control::RefusedByGateway& refused) {
      if (refused.reason != control::Refusal::busy) throw;
      if (!first_failure) first_failure = std::current_exception();
    } catch (const std::exception&) {
      if (!first_failure) first_failure = std::current_exception();
    }
  }
  std::rethrow_exception(first_failure);  // a profile has at least one gateway
}

std::optional<std::string> ask_status(const std::filesystem::path& state) {
  return net::ask_local(state / "control.sock", "{\"op\":\"status\"}");
}

}  // namespace tasuki::agent
