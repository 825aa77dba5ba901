#include "cli/conduct.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace tasuki::cli {
namespace {

using namespace std::chrono_literals;

// For what must still be said to the other side when we are told to stop, a session's
// goodbye included.
constexpr auto farewell_limit = 3s;

// For what is left on the loop when the work is done: the last words are said by then.
constexpr auto clear_up_limit = 50ms;

// Shorter waits need no explanation.
constexpr auto worth_mentioning = 1s;

}  // namespace

Exit conduct(const Work& work) {
  asio::cancellation_signal cancel;  // outlives the work that may still listen to it
  asio::io_context loop(1);
  asio::signal_set signals(loop, SIGINT, SIGTERM, SIGHUP);
  asio::steady_timer farewell(loop);
  int signal = 0;
  bool done = false;
  Exit exit = Exit::failure;
  std::exception_ptr failure;

  // Each of these lives until the loop has ended: none outlives what it refers to.
  std::function<void(ErrorCode, int)> on_signal = [&](ErrorCode cancelled, int number) {
    if (cancelled) return;
    if (signal != 0) return loop.stop();
    signal = number;
    cancel.emit(asio::cancellation_type::terminal);
    farewell.expires_after(farewell_limit);
    farewell.async_wait([&](ErrorCode in_time) {
      if (!in_time) loop.stop();
    });
    signals.async_wait(on_signal);
  };
  signals.async_wait(on_signal);
  asio::co_spawn(loop, work(loop),
                 asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr why, Exit how) {
                   done = true;
                   failure = why;
                   exit = how;
                 }));

  while (!done && !loop.stopped()) loop.run_one();
  farewell.cancel();
  signals.cancel();
  if (done) loop.run_for(clear_up_limit);
  if (signal != 0) throw Interrupted(signal);
  if (failure) std::rethrow_exception(failure);
  return exit;
}

struct Progress::Line {
  Line(asio::io_context& loop, Console& where) : timer(loop), console(&where) {}
  asio::steady_timer timer;
  Console* console;  // of use only while waiting or shown
  Words text;
  bool waiting = false, shown = false;
};

Progress::Progress(asio::io_context& loop, Console& console)
    : line_(std::make_shared<Line>(loop, console)) {}

void Progress::step(const Words& what) {
  line_->text = what;
  if (line_->shown) return line_->console->progress(what);
  if (std::exchange(line_->waiting, true)) return;
  line_->timer.expires_after(worth_mentioning);
  line_->timer.async_wait([line = line_](ErrorCode cancelled) {
    if (cancelled || !line->waiting) return;
    line->shown = true;
    line->console->progress(line->text);
  });
}

void Progress::over() {
  line_->waiting = false;
  line_->timer.cancel();
  if (std::exchange(line_->shown, false)) line_->console->progress_over();
}

struct Service::Signals {
  explicit Signals(asio::io_context& loop) : set(loop, SIGINT, SIGTERM, SIGHUP) {}
  asio::signal_set set;
};

Service::Service(asio::io_context& loop, std::function<void()> stop)
    : loop_(loop), stop_(std::move(stop)), signals_(std::make_unique<Signals>(loop)) {
  signals_->set.async_wait([this](ErrorCode cancelled, int number) {
    if (cancelled) return;
    signal_ = number;
    this->stop();
  });
}

Service::~Service() = default;

void Service::finish(std::exception_ptr why) {
  failure_ = why;
  stop();
}

void Service::stop() {
  if (std::exchange(stopping_, true)) return;
  notify("STOPPING=1");
  // From here on, a second Ctrl-C ends us at once, as it does any program.
  ErrorCode ignored;
  signals_->set.clear(ignored);
  signals_->set.cancel(ignored);
  stop_();
}

Exit Service::run() {
  while (!stopping_ && loop_.run_one() > 0) {
  }
  loop_.run_for(farewell_limit);
  if (failure_) std::rethrow_exception(failure_);
  if (signal_ == SIGINT) throw Interrupted(signal_);
  return Exit::done;
}

// sd_notify(3): one datagram to the socket that the environment names. A leading "@"
// stands for the zero byte of an abstract address.
void Service::notify(const std::string& state) {
  const char* const name = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (!name || !*name || std::strlen(name) >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  const std::size_t length = std::strlen(name);
  std::memcpy(address.sun_path, name, length);
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return;
  ::sendto(socket, state.data(), state.size(), MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&address),
           socklen_t(offsetof(sockaddr_un, sun_path) + length));
  ::close(socket);
}

}  // namespace tasuki::cli
