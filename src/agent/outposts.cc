#include "agent/outposts.h"

#include "log/log.h"

namespace tasuki::agent {

using namespace std::chrono_literals;

namespace {

// Most lost sessions are back by then, over the gateway where we are.
constexpr auto first_pause = 700ms;

// A gateway that does not take us is asked again after so long.
constexpr auto between_attempts = 2'000ms;

}  // namespace

Outposts::Outposts(asio::io_context& loop, const peer::Door& door, const Identity& identity,
                   Events events)
    : loop_(loop), door_(door), identity_(identity), events_(std::move(events)) {}

void Outposts::open() {
  if (wanted_ || door_.profile.gateways.size() < 2) return;
  wanted_ = std::make_shared<bool>(true);
  for (const net::Address& gateway : door_.profile.gateways)
    asio::co_spawn(loop_, hold(gateway, wanted_), [](std::exception_ptr) {});
}

void Outposts::close() {
  if (!wanted_) return;
  *wanted_ = false;
  wanted_.reset();
  for (const auto& [gateway, weak] : lines_)
    if (const auto line = weak.lock()) line->leave();
  lines_.clear();
}

asio::awaitable<void> Outposts::hold(net::Address gateway, Call wanted) {
  const auto self = shared_from_this();
  co_await pause(first_pause);
  Line::Events heard;
  heard.incoming = [self, gateway](const control::Incoming& message) {
    self->events_.incoming(message, gateway);
  };
  heard.drain = [](const control::Drain&) {};
  heard.end = events_.end;
  while (*wanted) {
    try {
      const auto own = events_.own_line();
      const bool ours = own && own->gateway().text() == gateway.text();
      if (!ours) {
        const auto other_than = own ? std::optional(own->gateway_id()) : std::nullopt;
        const std::shared_ptr<Line> line =
            co_await Line::open(door_, identity_, gateway, peer::hurried, other_than);
        if (!*wanted) co_return line->abort();
        log::info("OUTPOST", {{"gateway", gateway.text()}});
        lines_[gateway.text()] = line;
        co_await line->stay(heard);
      }
    } catch (const std::exception& error) {
      log::event(log::Level::debug, "NO_OUTPOST",
                 {{"gateway", gateway.text()}, {"reason", error.what()}});
    }
    if (*wanted) co_await pause(between_attempts);
  }
}

asio::awaitable<void> Outposts::pause(std::chrono::milliseconds time) {
  asio::steady_timer timer(loop_, time);
  ErrorCode cancelled;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

}  // namespace tasuki::agent
