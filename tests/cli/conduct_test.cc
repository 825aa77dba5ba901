#include "cli/conduct.h"

#include <gtest/gtest.h>

#include <csignal>
#include <sstream>

namespace tasuki::cli {
namespace {

using namespace std::chrono_literals;

asio::awaitable<Exit> sleep_for(asio::io_context& loop, std::chrono::milliseconds time) {
  asio::steady_timer timer(loop, time);
  co_await timer.async_wait(asio::use_awaitable);
  co_return Exit::target;
}

asio::awaitable<Exit> fail_at_once() {
  throw std::runtime_error("broken");
  co_return Exit::done;
}

// Raised on the loop, as if a person had pressed Ctrl-C meanwhile.
void raise_soon(asio::io_context& loop, int signal) {
  asio::post(loop, [signal] { ::raise(signal); });
}

TEST(Conduct, GivesWhatTheWorkGives) {
  EXPECT_EQ(conduct([](asio::io_context& loop) { return sleep_for(loop, 1ms); }), Exit::target);
}

TEST(Conduct, ThrowsWhatTheWorkThrows) {
  EXPECT_THROW(conduct([](asio::io_context&) { return fail_at_once(); }), std::runtime_error);
}

TEST(Conduct, IsStoppedBySignalsAtOnce) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const auto began = std::chrono::steady_clock::now();
    EXPECT_THROW(conduct([&](asio::io_context& loop) {
                   raise_soon(loop, signal);
                   return sleep_for(loop, 60s);
                 }),
                 Interrupted);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
  }
}

asio::awaitable<Exit> say_goodbye(asio::io_context& loop, bool& said) {
  try {
    co_await sleep_for(loop, 60s);
  } catch (const boost::system::system_error&) {
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await sleep_for(loop, 10ms);
  said = true;
  co_return Exit::done;
}

TEST(Conduct, LetsTheWorkSayGoodbye) {
  bool said = false;
  EXPECT_THROW(conduct([&](asio::io_context& loop) {
                 raise_soon(loop, SIGINT);
                 return say_goodbye(loop, said);
               }),
               Interrupted);
  EXPECT_TRUE(said);
}

asio::awaitable<Exit> step_for(asio::io_context& loop, Console& console,
                               std::chrono::milliseconds time) {
  Progress progress(loop, console);
  progress.step({"going", "進行中"});
  co_await sleep_for(loop, time);
  progress.step({"still", "継続中"});
  co_return Exit::done;
}

TEST(Progress, SaysNothingOfWhatIsQuick) {
  std::ostringstream out, err;
  Console::Terminals terminals;
  terminals.err = true;
  Console console(Language::english, terminals, out, err);
  conduct([&](asio::io_context& loop) { return step_for(loop, console, 10ms); });
  EXPECT_EQ(err.str(), "");
}

TEST(Progress, SaysWhatTakesLongerThanASecond) {
  std::ostringstream out, err;
  Console::Terminals terminals;
  terminals.err = true;
  Console console(Language::english, terminals, out, err);
  conduct([&](asio::io_context& loop) { return step_for(loop, console, 1200ms); });
  EXPECT_EQ(err.str(), "going\r\x1b[Kstill\r\x1b[K");
}

TEST(Service, EndsWellOnSigterm) {
  asio::io_context loop;
  bool stopped = false;
  Service service(loop, [&] { stopped = true; });
  raise_soon(loop, SIGTERM);
  EXPECT_EQ(service.run(), Exit::done);
  EXPECT_TRUE(stopped);
}

TEST(Service, IsInterruptedByCtrlC) {
  asio::io_context loop;
  Service service(loop, [] {});
  raise_soon(loop, SIGINT);
  EXPECT_THROW(service.run(), Interrupted);
}

TEST(Service, ThrowsWhatEndedIt) {
  asio::io_context loop;
  Service service(loop, [] {});
  asio::post(loop, [&] { service.finish(std::make_exception_ptr(std::runtime_error("over"))); });
  EXPECT_THROW(service.run(), std::runtime_error);
}

}  // namespace
}  // namespace tasuki::cli
