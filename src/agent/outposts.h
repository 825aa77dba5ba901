// Registrations at the other gateways of the profile, for as long as a session waits for
// its client: the line that the client lost may be good for us and bad for it alone, and
// another gateway the only one that it still reaches.
//
// Begins when a session has been lost for a moment (most are back before), ends when none
// is. Gateways do not know of each other, so one more registration disturbs nobody.
#pragma once

#include "agent/line.h"

#include <map>

namespace tasuki::agent {

// Shared by its owner and its own coroutines.
class Outposts : public std::enable_shared_from_this<Outposts> {
public:
  struct Events {
    std::function<void(const control::Incoming&, const net::Address& gateway)> incoming;
    std::function<void(const control::PairId& pair)> end;
    // The line that we have anyway; nullptr: none.
    std::function<std::shared_ptr<const Line>()> own_line;
  };

  // `door` and `identity` must outlive this.
  Outposts(asio::io_context& loop, const peer::Door& door, const Identity& identity, Events events);

  void open();   // a session is lost
  void close();  // none is any more

private:
  using Call = std::shared_ptr<bool>;  // true until the call for outposts is over

  asio::awaitable<void> hold(net::Address gateway, Call wanted);
  asio::awaitable<void> pause(std::chrono::milliseconds time);

  asio::io_context& loop_;
  const peer::Door& door_;
  const Identity& identity_;
  const Events events_;
  Call wanted_;                                       // shared with those who hold an outpost
  std::map<std::string, std::weak_ptr<Line>> lines_;  // by gateway; owned by who holds it
};

}  // namespace tasuki::agent
