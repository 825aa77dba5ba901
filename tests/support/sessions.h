// Two sessions that talk to each other, in memory.
#pragma once

#include "inner/session.h"
#include "support/frames.h"

#include <gtest/gtest.h>

namespace tasuki::test {

using inner::Session;

inline void deliver(Bytes bytes, Session& to) {
  for (const wire::Frame& frame : frames_in(bytes)) to.receive(frame);
}

// The next event, which is an E; a failure, and an empty one, if it is not.
template <typename E>
E next(Session& session) {
  auto event = session.next_event();
  if (event && std::holds_alternative<E>(*event)) return std::get<E>(std::move(*event));
  ADD_FAILURE() << (event ? "another event, number " + std::to_string(event->index()) : "no event");
  return {};
}

struct Sessions {
  Session client{Session::Side::client};
  Session agent{Session::Side::agent};

  // Passes on what both have said, until both are silent.
  void pass() {
    while (client.waiting() + agent.waiting() > 0) {
      deliver(client.take(), agent);
      deliver(agent.take(), client);
    }
  }

  void forget_events() {
    while (client.next_event() || agent.next_event()) continue;
  }

  // A channel that is open on both sides.
  inner::ChannelNumber open(const std::string& target = "desktop") {
    const inner::ChannelNumber channel = client.open(target);
    pass();
    next<Session::Asked>(agent);
    agent.accept(channel, inner::TargetKind::tcp);
    pass();
    next<Session::WasOpened>(client);
    return channel;
  }
};

}  // namespace tasuki::test
