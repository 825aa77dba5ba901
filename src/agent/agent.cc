#include "agent/agent.h"

#include "agent/passwords.h"
#include "agent/registration.h"
#include "agent/targets.h"
#include "log/log.h"
#include "net/deadline.h"
#include "net/linux/local_socket.h"
#include "peer/live_session.h"

#include <nlohmann/json.hpp>

namespace tasuki::agent {

using namespace std::chrono_literals;

namespace {

const std::string software = "tasuki " TASUKI_VERSION;

// A client has this long to seal the connection, and a person this long to type.
constexpr auto sealing_limit = 20s;
constexpr auto password_limit = 120s;

// Clients at the same time that have not yet proved the password.
constexpr std::size_t most_unproved = 16;

std::int64_t unix_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

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
        passwords_(config_.state),
        door_(make_door(identity_, config_)),
        seal_(inner::SealContext::agent(identity_.key, identity_.certificate)) {}

  void start(std::function<void(std::exception_ptr)> on_fatal) {
    control_.emplace(loop_, config_.state / "control.sock",
                     [weak = weak_from_this()](const std::string&) {
                       const auto self = weak.lock();
                       return self ? self->status_json() : std::string("{}");
                     });
    register_us(std::move(on_fatal));
  }

  void stop() {
    control_.reset();
    if (registration_) registration_->stop();
    for (const auto& [number, session] : sessions_) {
      const auto live = session.live.lock();
      if (live)
        asio::co_spawn(loop_, live->close(inner::CloseReason::shutting_down),
                       [live](std::exception_ptr) {});
    }
  }

  Status status() const;

private:
  struct Session {
    SessionStatus status;
    std::weak_ptr<peer::LiveSession> live;  // owned by the coroutine that serves it
    bool proved = false;                    // the password
  };

  void register_us(std::function<void(std::exception_ptr)> on_fatal);
  asio::awaitable<void> take(control::Incoming incoming, net::Address gateway);
  asio::awaitable<void> serve(unsigned number, control::Incoming incoming, net::Address gateway);
  asio::awaitable<net::StreamPtr> attach(const control::Token& token, net::Address gateway,
                                         ByteString& arrived);
  asio::awaitable<bool> let_in(std::shared_ptr<peer::LiveSession> live, inner::AgentEnd& end);
  asio::awaitable<void> connect_channel(std::shared_ptr<peer::LiveSession> live,
                                        inner::ChannelNumber number, std::string target);
  bool has_room();
  std::string status_json() const;

  asio::io_context& loop_;
  const AgentConfig config_;
  const Identity identity_;
  Passwords passwords_;
  const peer::Door door_;
  const inner::SealContext seal_;
  std::optional<net::LocalServer> control_;
  std::shared_ptr<Registration> registration_;  // shared with its own coroutines
  std::map<unsigned, Session> sessions_;
  unsigned last_session_ = 0;
};

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
    return self && !self->sessions_.empty();
  };
  events.fatal = std::move(on_fatal);
  registration_ = std::make_shared<Registration>(loop_, door_, identity_,
                                                 config_.gateway.return_after, std::move(events));
  registration_->start();
}

// A client wants in. Everything that can go wrong with it ends here.
asio::awaitable<void> Agent::Running::take(control::Incoming incoming, net::Address gateway) {
  if (!has_room()) {
    log::warning("SESSION_REFUSED", {{"client", incoming.source.value}, {"reason", "too_many"}});
    registration_->decline(incoming.token);
    co_return;
  }
  const unsigned number = ++last_session_;
  sessions_[number].status = {incoming.source.value, {}, {}, unix_seconds(), 0};
  std::string reason = "finished";
  try {
    co_await serve(number, incoming, gateway);
  } catch (const std::exception& error) {
    reason = error.what();
  }
  log::info("SESSION_END", {{"client", incoming.source.value}, {"reason", reason}});
  sessions_.erase(number);
}

// Sessions are limited, and so are clients that have proved nothing. Of these the one that
// has been there longest has to go, so that nobody keeps everyone out by doing nothing.
bool Agent::Running::has_room() {
  std::size_t proved = 0;
  std::shared_ptr<peer::LiveSession> oldest;
  for (const auto& [number, session] : sessions_) {
    proved += session.proved;
    if (!session.proved && !oldest) oldest = session.live.lock();
  }
  if (proved >= config_.limits.sessions) return false;
  if (sessions_.size() - proved < most_unproved) return true;
  if (!oldest) return false;
  oldest->fail(std::make_exception_ptr(std::runtime_error("had to make room for another client")));
  return true;
}

// Meet the client at the gateway, let it in, and connect the channels it asks for.
asio::awaitable<void> Agent::Running::serve(unsigned number, control::Incoming incoming,
                                            net::Address gateway) {
  ByteString arrived;
  net::StreamPtr carrier = co_await attach(incoming.token, gateway, arrived);

  const inner::AgentEnd::Self self{identity_.profile.realm, identity_.profile.key_label.text(),
                                   identity_.computer.text(), identity_.id()};
  auto owned_end = std::make_unique<inner::AgentEnd>(seal_, self, passwords_);
  inner::AgentEnd& end = *owned_end;
  const auto live = std::make_shared<peer::LiveSession>(std::move(carrier), std::move(owned_end));
  sessions_[number].live = live;
  // By value what outlives this call; weakly what owns the callback.
  live->on_asked = [running = shared_from_this(), weak = std::weak_ptr(live)](
                       inner::ChannelNumber channel, const std::string& target) {
    const auto session = weak.lock();
    if (session)
      asio::co_spawn(running->loop_, running->connect_channel(session, channel, target),
                     [running](std::exception_ptr) {});
  };
  live->start(std::move(arrived));

  const bool in = co_await let_in(live, end);
  if (!in) {
    co_await live->close(inner::CloseReason::done);
    throw std::runtime_error("the client did not prove the password");
  }
  sessions_[number].proved = true;
  SessionStatus& status = sessions_[number].status;
  status.user = end.client().user.value;
  status.host = end.client().host.value;
  log::info("SESSION_START", {{"client", incoming.source.value},
                              {"host", status.host},
                              {"user", status.user},
                              {"software", end.client().software.value}});
  live->keep_alive();
  while (!live->over()) co_await live->changed();
  if (live->failure()) std::rethrow_exception(live->failure());
}

asio::awaitable<net::StreamPtr> Agent::Running::attach(const control::Token& token,
                                                       net::Address gateway, ByteString& arrived) {
  peer::Greeted line = co_await peer::greet(door_, gateway);
  const ByteString request = control::attach(line.hello, token, identity_.key, line.exporter);
  co_await peer::say(line, request);
  const wire::Frame answer = co_await peer::next_answer(line);
  control::expect<control::Paired>(answer);
  arrived = line.frames->take_leftover();
  co_return std::move(line.stream);
}

asio::awaitable<bool> Agent::Running::let_in(std::shared_ptr<peer::LiveSession> live,
                                             inner::AgentEnd& end) {
  using Phase = inner::AgentEnd::Phase;
  const auto late = std::make_exception_ptr(
      std::system_error(std::make_error_code(std::errc::timed_out), "before the password"));
  asio::steady_timer watch(loop_);
  const auto limit = [&](Phase phase, std::chrono::seconds time) {
    watch.expires_after(time);
    watch.async_wait([live, late, &end, phase](ErrorCode cancelled) {
      if (!cancelled && !live->over() && end.phase() == phase) live->fail(late);
    });
  };
  limit(Phase::connecting, sealing_limit);
  while (!live->over() && end.phase() == Phase::connecting) co_await live->changed();
  limit(Phase::proving, password_limit);
  while (!live->over() && end.phase() == Phase::proving) co_await live->changed();
  watch.cancel();
  if (live->failure()) std::rethrow_exception(live->failure());
  co_return end.phase() == Phase::open;
}

asio::awaitable<void> Agent::Running::connect_channel(std::shared_ptr<peer::LiveSession> live,
                                                      inner::ChannelNumber number,
                                                      std::string target) {
  std::variant<Reached, inner::ChannelError> outcome = co_await reach_target(config_, target);
  if (const auto* error = std::get_if<inner::ChannelError>(&outcome)) {
    log::warning("CHANNEL_REFUSED", {{"target", target}, {"reason", std::string(name(*error))}});
    live->refuse(number, *error);
    co_return;
  }
  Reached& reached = std::get<Reached>(outcome);
  log::info("CHANNEL_OPEN", {{"target", target}, {"kind", std::string(name(reached.kind))}});
  live->accept(number, reached.kind);
  const auto broken = co_await live->bridge(number, std::move(reached.stream));
  log::info("CHANNEL_CLOSE",
            {{"target", target}, {"reason", broken ? std::string(name(*broken)) : "finished"}});
}

Status Agent::Running::status() const {
  Status status{identity_.computer.text(),
                identity_.id().text(),
                identity_.profile.realm,
                registration_ ? registration_->gateway() : "",
                registration_ ? registration_->trouble() : "",
                {}};
  for (const auto& [number, session] : sessions_) {
    status.sessions.push_back(session.status);
    const auto live = session.live.lock();
    if (live) status.sessions.back().channels = live->session().channels();
  }
  return status;
}

std::string Agent::Running::status_json() const {
  const Status now = status();
  nlohmann::json sessions = nlohmann::json::array();
  for (const SessionStatus& session : now.sessions)
    sessions.push_back({{"client", session.client},
                        {"host", session.host},
                        {"user", session.user},
                        {"since", session.since},
                        {"channels", session.channels}});
  return nlohmann::json{{"id", now.computer},     {"agent", now.agent_id},  {"realm", now.realm},
                        {"gateway", now.gateway}, {"trouble", now.trouble}, {"sessions", sessions}}
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
