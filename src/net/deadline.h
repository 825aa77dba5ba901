// Time limits as scopes: while a Deadline lives, its stream has until the limit;
// then it is aborted with std::errc::timed_out.
//
//   {
//     const Deadline deadline(stream, 10s);
//     co_await stream.accept();
//   }  // from here on, no limit
//
// Lives on the loop that owns the stream.
#pragma once

#include "net/stream.h"

#include <chrono>

namespace tasuki::net {

class Deadline {
public:
  Deadline(Stream& stream, std::chrono::steady_clock::duration limit)
      : watch_(
            std::make_shared<Watch>(Watch{asio::steady_timer(stream.executor(), limit), &stream})) {
    watch_->timer.async_wait([watch = watch_](ErrorCode) {
      if (watch->stream) watch->stream->abort(std::make_error_code(std::errc::timed_out));
    });
  }

  ~Deadline() {
    watch_->stream = nullptr;  // a timer that has already fired finds nothing to abort
    watch_->timer.cancel();
  }

  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

private:
  // Shared with the timer's handler, which may run after we are gone.
  struct Watch {
    asio::steady_timer timer;
    Stream* stream;
  };
  std::shared_ptr<Watch> watch_;
};

}  // namespace tasuki::net
