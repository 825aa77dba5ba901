// Runs one piece of work on a loop of its own, until it is done or somebody wants us
// to stop.
//
//   const Exit exit = conduct([&](asio::io_context& loop) { return list(loop, …); });
//
// Ctrl-C, SIGTERM and SIGHUP cancel the work, which then has a moment to say goodbye;
// then Interrupted is thrown. A second Ctrl-C does not wait.
#pragma once

#include "cli/console.h"
#include "cli/exit.h"
#include "net/asio.h"

#include <functional>

namespace tasuki::cli {

using Work = std::function<asio::awaitable<Exit>(asio::io_context& loop)>;
Exit conduct(const Work& work);

// Says what is going on when it takes longer than a second.
class Progress {
public:
  Progress(asio::io_context& loop, Console& console);
  ~Progress() { over(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void step(const Words& what);
  void over();  // before a person is asked, or told, something else

private:
  struct Line;
  std::shared_ptr<Line> line_;  // shared with the timer's handler, which may run after us
};

// A program that runs until it is told to stop, or until finish() is called: gateway
// and agent.
class Service {
public:
  Service(asio::io_context& loop, std::function<void()> stop);
  ~Service();

  void finish(std::exception_ptr why);  // stops, and lets run() throw this
  // Done after SIGTERM; throws Interrupted after Ctrl-C.
  Exit run();

  // To systemd, if it started us: "READY=1". Nothing is said to anybody else.
  static void notify(const std::string& state);

private:
  struct Signals;

  void stop();

  asio::io_context& loop_;
  std::function<void()> stop_;
  std::unique_ptr<Signals> signals_;
  int signal_ = 0;
  std::exception_ptr failure_;
  bool stopping_ = false;
};

}  // namespace tasuki::cli
