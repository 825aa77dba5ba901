#include "agent/registration.h"

#include "log/log.h"

namespace tasuki::agent {

using control::Refusal;
using control::RefusedByGateway;
using Clock = GatewayOrder::Clock;
using How = GatewayOrder::Failure;

Registration::Registration(asio::io_context& loop, const peer::Door& door, const Identity& identity,
                           std::chrono::seconds return_after, Events events)
    : loop_(loop),
      door_(door),
      identity_(identity),
      events_(std::move(events)),
      order_(door.profile.gateways.size(), return_after),
      timer_(loop) {}

void Registration::start(const std::shared_ptr<const void>& keeper) {
  keeper_ = keeper;
  asio::co_spawn(loop_, stay_registered(),
                 [self = shared_from_this(), keeper](std::exception_ptr why) {
                   if (why && !self->stopping_) self->events_.fatal(why);
                 });
}

// The next gateway, or a pause. What happens to the line meanwhile ends the pause.
asio::awaitable<void> Registration::stay_registered() {
  const auto self = shared_from_this();
  while (!stopping_) {
    const GatewayOrder::Step step = order_.next(Clock::now());
    const auto* const wait = std::get_if<GatewayOrder::Wait>(&step);
    if (wait)
      co_await pause(wait->until);
    else
      co_await dial(std::get<GatewayOrder::Dial>(step));
  }
}

asio::awaitable<void> Registration::pause(Clock::time_point until) {
  timer_.expires_at(until);
  ErrorCode cancelled;
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

asio::awaitable<void> Registration::dial(GatewayOrder::Dial step) {
  const net::Address gateway = door_.profile.gateways[step.gateway];
  const peer::Patience patience = step.last ? peer::Patience{} : peer::hurried;
  std::shared_ptr<Line> line;
  std::exception_ptr why;
  dialling_ = true;
  try {
    line = co_await Line::open(door_, identity_, gateway, patience);
  } catch (const std::exception&) {
    why = std::current_exception();
  }
  dialling_ = false;
  if (stopping_) {
    if (line) line->abort();
    co_return;
  }
  if (line) co_return move_to(std::move(line), step.gateway);

  const Failure failure = judge(why);
  order_.failed(step.gateway, failure.how, failure.retry_after, Clock::now());
  // Somebody is there to read it only at the start; later, an agent does not give up.
  if (!ever_registered_ && order_.all_refuse()) std::rethrow_exception(why);
  if (line_) {
    log::event(log::Level::debug, "GATEWAY_NOT_BACK",
               {{"gateway", gateway.text()}, {"reason", failure.text}});
    co_return;
  }
  trouble_ = failure.text;
  log_not_registered(gateway, failure);
}

// Make before break: the new line stands, the old one is left.
void Registration::move_to(std::shared_ptr<Line> line, std::size_t place) {
  const bool drained = order_.is_drained();
  const std::shared_ptr<Line> old = std::exchange(line_, std::move(line));
  order_.registered(place, Clock::now());
  ever_registered_ = true;
  trouble_.clear();
  log::info("REGISTERED", {{"id", identity_.computer.text()}, {"gateway", gateway()}});
  if (old) {
    log::info("MOVED", {{"from", old->gateway().text()},
                        {"to", gateway()},
                        {"reason", drained ? "drained" : "returned"}});
    old->leave();
    left_ = old;
  }
  asio::co_spawn(loop_, keep(line_),
                 [self = shared_from_this(), keeper = keeper_.lock()](std::exception_ptr) {});
  if (old && drained && events_.on_drain) events_.on_drain(old->gateway());
}

asio::awaitable<void> Registration::keep(std::shared_ptr<Line> line) {
  const auto self = shared_from_this();
  const net::Address gateway = line->gateway();
  Line::Events events;
  events.incoming = [self, gateway](const control::Incoming& message) {
    if (!self->stopping_) self->events_.incoming(message, gateway);
  };
  events.end = [self](const control::PairId& pair) {
    if (!self->stopping_) self->events_.end(pair);
  };
  events.drain = [self, where = std::weak_ptr(line)](const control::Drain& drain) {
    if (where.lock() == self->line_ && !self->stopping_) self->drained(drain);
  };
  std::exception_ptr why;
  try {
    co_await line->stay(events);
  } catch (const std::exception&) {
    why = std::current_exception();
  }
  if (line == line_ && !stopping_) lost(std::move(why));
}

void Registration::lost(std::exception_ptr why) {
  const Failure failure = judge(std::move(why));
  const net::Address gateway = line_->gateway();
  line_.reset();
  trouble_ = failure.text;
  order_.lost(failure.how, failure.retry_after, events_.has_sessions(), Clock::now());
  timer_.cancel();
  // Two addresses of one gateway: the line that we are opening took our own one's place.
  const bool by_ourselves = failure.how == How::replaced && dialling_;
  if (!by_ourselves) log_not_registered(gateway, failure);
}

// The line stays until another one stands.
void Registration::drained(const control::Drain& drain) {
  if (order_.is_drained()) return;  // it has been said
  log::info("DRAINED", {{"gateway", gateway()}});
  order_.drained(std::chrono::seconds(drain.retry_after), Clock::now());
  timer_.cancel();
}

void Registration::log_not_registered(const net::Address& gateway, const Failure& failure) {
  log::warning("NOT_REGISTERED", {{"gateway", gateway.text()}, {"reason", failure.text}});
}

Registration::Failure Registration::judge(std::exception_ptr why) {
  try {
    std::rethrow_exception(std::move(why));
  } catch (const RefusedByGateway& refused) {
    const auto how = [&] {
      switch (refused.reason) {
        case Refusal::gateway_key:
        case Refusal::revoked:
        case Refusal::id_taken:
        case Refusal::bad_proof:
        case Refusal::version:
        case Refusal::ended: return How::lasting;
        case Refusal::replaced: return How::replaced;
        case Refusal::busy:
        case Refusal::unavailable: break;
      }
      return How::busy;
    };
    return {how(), std::chrono::seconds(refused.retry_after), refused.what()};
  } catch (const net::ReachError& error) {
    const bool silent = error.cause == net::ReachError::Cause::timed_out;
    return {silent ? How::silent : How::broken, {}, error.what()};
  } catch (const std::system_error& error) {
    const bool silent = error.code() == std::errc::timed_out;
    return {silent ? How::silent : How::broken, {}, error.what()};
  } catch (const std::exception& error) {
    return {How::broken, {}, error.what()};
  }
}

void Registration::check_now() {
  if (line_) line_->check_now();
}

// On whichever line it came: the other gateway knows no such token.
void Registration::decline(const control::Token& token) {
  if (line_) line_->decline(token);
  const std::shared_ptr<Line> left = left_.lock();
  if (left) left->decline(token);
}

void Registration::stop() {
  stopping_ = true;
  timer_.cancel();
  if (line_) line_->abort();
  const std::shared_ptr<Line> left = left_.lock();
  if (left) left->abort();
}

}  // namespace tasuki::agent
