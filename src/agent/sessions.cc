#include "agent/sessions.h"

#include "agent/targets.h"
#include "log/log.h"
#include "peer/facts.h"

#include <nlohmann/json.hpp>

namespace tasuki::agent {

using namespace std::chrono_literals;
using inner::AgentEnd;
using Phase = inner::AgentEnd::Phase;

namespace {

// A client has this long to seal the connection, and a person this long to type.
constexpr auto sealing_limit = 20s;
constexpr auto password_limit = 120s;

// Clients at the same time that have not yet proved the password, or their session.
constexpr std::size_t most_unproved = 16;

std::int64_t unix_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string reason_of(std::exception_ptr failure) {
  if (!failure) return "finished";
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

Sessions::Sessions(asio::io_context& loop, const AgentConfig& config, const Identity& identity)
    : loop_(loop),
      config_(config),
      identity_(identity),
      passwords_(config.state),
      seal_(inner::SealContext::agent(identity.key, identity.certificate)) {}

bool Sessions::has_room() {
  if (newcomers_.size() < most_unproved) return true;
  const auto oldest = newcomers_.begin()->second.lock();
  if (!oldest) return false;
  oldest->fail(std::make_exception_ptr(std::runtime_error("had to make room for another client")));
  return true;
}

asio::awaitable<void> Sessions::serve(net::StreamPtr stream, ByteString arrived, std::string source,
                                      std::string way, std::shared_ptr<const void> unproved,
                                      std::optional<control::PairId> pair) {
  const auto self = shared_from_this();
  const unsigned number = ++last_newcomer_;
  std::string trouble;
  std::shared_ptr<peer::Carrier> carrier;  // shared with its own coroutines
  try {
    const AgentEnd::Self who{identity_.profile.realm, identity_.profile.key_label.text(),
                             identity_.computer.text(), identity_.id(),
                             std::uint16_t(config_.limits.resume.count())};
    auto owned_end = std::make_unique<AgentEnd>(seal_, who, passwords_);
    AgentEnd& end = *owned_end;
    if (sessions_.size() >= config_.limits.sessions) end.deny(inner::Denial::too_many_sessions);
    carrier =
        std::make_shared<peer::Carrier>(std::move(stream), std::move(owned_end), std::move(way));
    newcomers_[number] = carrier;
    std::erase_if(pairs_, [](const auto& each) { return each.second.expired(); });
    if (pair) pairs_[*pair] = carrier;
    carrier->start(std::move(arrived));
    co_await settle(carrier, end);
    newcomers_.erase(number);
    unproved.reset();
    if (end.phase() == Phase::open) {
      co_await begin(carrier, end, source);
      co_return;
    }
    if (end.phase() == Phase::wants_session) resume(carrier, end, source);
    if (end.phase() != Phase::open) co_await carrier->close(inner::CloseReason::done);
    if (end.phase() == Phase::connecting || end.phase() == Phase::proving)
      trouble = "the client did not prove the password";
  } catch (const std::exception& error) {
    trouble = error.what();
    if (carrier) carrier->detach();  // nothing more is done for it, or through it
  }
  newcomers_.erase(number);
  if (!trouble.empty()) log::info("CLIENT_NOT_LET_IN", {{"client", source}, {"reason", trouble}});
}

// Until it is known what the client wants, and it has proved what is needed for that.
asio::awaitable<void> Sessions::settle(std::shared_ptr<peer::Carrier> carrier, AgentEnd& end) {
  const auto late = std::make_exception_ptr(
      std::system_error(std::make_error_code(std::errc::timed_out), "before the password"));
  asio::steady_timer watch(loop_);
  const auto limit = [&](Phase phase, std::chrono::seconds time) {
    watch.expires_after(time);
    watch.async_wait([carrier, late, &end, phase](ErrorCode cancelled) {
      if (!cancelled && !carrier->over() && end.phase() == phase) carrier->fail(late);
    });
  };
  limit(Phase::connecting, sealing_limit);
  while (!carrier->over() && end.phase() == Phase::connecting) co_await carrier->changed();
  limit(Phase::proving, password_limit);
  while (!carrier->over() && end.phase() == Phase::proving) co_await carrier->changed();
  watch.cancel();
  if (carrier->failure()) std::rethrow_exception(carrier->failure());
}

// The client has logged in.
asio::awaitable<void> Sessions::begin(std::shared_ptr<peer::Carrier>& carrier, AgentEnd& end,
                                      std::string source) {
  const auto live = std::make_shared<peer::LiveSession>(loop_.get_executor(), end.take_session());
  const inner::SessionId id = live->session().ticket().session;
  const std::string user = end.client().user.value;
  const std::string host = end.client().host.value;
  sessions_[id] = {live, source, host, user, end.password(), unix_seconds()};
  log::info("SESSION_START", {{"client", source},
                              {"host", host},
                              {"user", user},
                              {"software", end.client().software.value}});

  // By value what outlives this call; weakly what owns the callback.
  const auto self = shared_from_this();
  const std::weak_ptr<peer::LiveSession> weak = live;
  live->on_asked = [self, weak](inner::ChannelNumber channel, const std::string& target) {
    const auto session = weak.lock();
    if (session)
      asio::co_spawn(self->loop_, self->connect_channel(session, channel, target),
                     [self](std::exception_ptr) {});
  };
  live->on_line = [self, id](const peer::LineNews& news) {
    if (news.lost)
      log::info("SESSION_LINE_LOST",
                {{"client", self->sessions_.at(id).source}, {"reason", reason_of(news.lost)}});
    // The agent's own line to that gateway may be as bad, and idle: it would not know.
    if (news.lost && self->on_doubt) self->on_doubt(news.way);
    if (self->on_change) self->on_change();
  };
  live->on_doubt = [self, weak] {
    const auto session = weak.lock();
    if (session && session->carrier() && self->on_doubt) self->on_doubt(session->carrier()->way());
  };
  live->adopt(std::move(carrier));
  while (!live->over()) co_await live->changed();
  log::info("SESSION_END",
            {{"client", sessions_.at(id).source}, {"reason", reason_of(live->failure())}});
  sessions_.erase(id);
  if (on_change) on_change();
}

// The client wants to go on with a session. Whatever does not fit is answered alike; the
// session itself is not touched unless all fits.
void Sessions::resume(std::shared_ptr<peer::Carrier> carrier, AgentEnd& end,
                      const std::string& source) {
  const auto found = sessions_.find(end.wanted());
  std::string why;
  if (found == sessions_.end() || found->second.live->over() ||
      !end.may_resume(found->second.live->session()))
    why = "no such session";
  else if (passwords_.stamp(found->second.user) != found->second.password)
    why = "the password was changed";
  if (!why.empty()) {
    end.deny(inner::Denial::no_session);
    carrier->flush();
    log::warning("SESSION_NOT_RESUMED", {{"client", source}, {"reason", why}});
    return;
  }
  Kept& kept = found->second;
  const std::shared_ptr<peer::LiveSession> live = kept.live;
  live->leave_carrier();
  end.resume(live->session());
  kept.source = source;
  live->adopt(carrier);
  carrier->flush();
  log::info("SESSION_RESUMED", {{"client", source}, {"way", carrier->way()}, {"user", kept.user}});
}

asio::awaitable<void> Sessions::connect_channel(std::shared_ptr<peer::LiveSession> live,
                                                inner::ChannelNumber number, std::string target) {
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

void Sessions::end(const control::PairId& pair) {
  const auto found = pairs_.find(pair);
  const auto carrier = found == pairs_.end() ? nullptr : found->second.lock();
  if (!carrier) return;
  for (const auto& [id, kept] : sessions_) {
    if (kept.live->carrier() != carrier) continue;
    log::info("SESSION_ENDED_BY_ADMINISTRATOR", {{"client", kept.source}});
    asio::co_spawn(loop_, kept.live->close(inner::CloseReason::ended_by_administrator),
                   [live = kept.live](std::exception_ptr) {});
    return;
  }
}

void Sessions::ask_to_move(const std::string& way) {
  for (const auto& [id, kept] : sessions_) {
    const auto carrier = kept.live->carrier();
    if (!carrier || carrier->way() != way) continue;
    kept.live->session().ask_to_move();
    kept.live->flush();
  }
}

bool Sessions::any_lost() const {
  return std::any_of(sessions_.begin(), sessions_.end(),
                     [](const auto& each) { return each.second.live->lost(); });
}

void Sessions::say_goodbye() {
  for (const auto& [id, kept] : sessions_)
    asio::co_spawn(loop_, kept.live->close(inner::CloseReason::shutting_down),
                   [live = kept.live](std::exception_ptr) {});
}

nlohmann::json Sessions::status() const {
  nlohmann::json all = nlohmann::json::array();
  for (const auto& [id, kept] : sessions_) {
    nlohmann::json one = peer::describe(*kept.live);
    one.update(
        {{"client", kept.source}, {"host", kept.host}, {"user", kept.user}, {"since", kept.since}});
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace tasuki::agent
