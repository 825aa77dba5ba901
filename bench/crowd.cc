// Many agents in one process, registered and idle: what does the gateway keep of each? They
// move when they are told to.
//
//   bench_crowd PROFILE COUNT     registers COUNT agents, says "ready COUNT", and stays
//                                 until its standard input ends
#include "agent/registration.h"
#include "log/log.h"

#include <unistd.h>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include <boost/asio/posix/stream_descriptor.hpp>

namespace {

using namespace tasuki;

// So many dial at once: enough to keep the gateway busy, few enough to be served in time.
constexpr unsigned at_once = 16;

// One agent, with what its registration refers to.
struct Member {
  agent::Identity identity;
  std::shared_ptr<agent::Registration> registration;
};

struct Crowd {
  asio::io_context loop{1};
  unsigned next = 0, count = 0, here = 0;
};

std::shared_ptr<Member> make_member(Crowd& crowd, const peer::Door& door, const std::string& link,
                                    unsigned number) {
  auto parsed = config::parse_profile(link);
  crypto::SigningKey key = crypto::SigningKey::generate();
  ByteString certificate = crypto::self_signed(key, "crowd");
  const auto member = std::make_shared<Member>(
      Member{{std::get<config::Profile>(parsed).copy(),
              *control::ComputerId::parse("crowd-" + std::to_string(number)), std::move(key),
              std::move(certificate)},
             nullptr});
  agent::Registration::Events events;
  events.incoming = [](const control::Incoming&, const net::Address&) {};
  events.has_sessions = [] { return false; };
  events.fatal = [](std::exception_ptr why) { std::rethrow_exception(why); };
  member->registration = std::make_shared<agent::Registration>(
      crowd.loop, door, member->identity, std::chrono::seconds(30), std::move(events));
  return member;
}

asio::awaitable<void> dial(Crowd& crowd, const peer::Door& door, const std::string& link) {
  asio::steady_timer pause(crowd.loop);
  while (crowd.next < crowd.count) {
    const std::shared_ptr<Member> member = make_member(crowd, door, link, crowd.next++);
    member->registration->start(member);  // from here on they keep each other alive
    while (member->registration->gateway().empty()) {
      pause.expires_after(std::chrono::milliseconds(5));
      co_await pause.async_wait(asio::use_awaitable);
    }
    if (++crowd.here == crowd.count) {
      std::printf("ready %u\n", crowd.here);
      std::fflush(stdout);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bench_crowd PROFILE COUNT\n");
    return 2;
  }
  std::stringstream file;
  file << std::ifstream(argv[1]).rdbuf();
  const std::string link = file.str();
  auto parsed = config::parse_profile(link);
  if (!std::holds_alternative<config::Profile>(parsed)) {
    std::fprintf(stderr, "bench_crowd: not a profile: %s\n", argv[1]);
    return 2;
  }
  const peer::Door door(std::move(std::get<config::Profile>(parsed)), "bench_crowd");

  log::open({.level = log::Level::error});
  Crowd crowd;
  crowd.count = unsigned(std::stoul(argv[2]));
  for (unsigned i = 0; i < at_once; ++i)
    asio::co_spawn(crowd.loop, dial(crowd, door, link), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
  asio::posix::stream_descriptor input(crowd.loop, ::dup(STDIN_FILENO));
  input.async_wait(asio::posix::stream_descriptor::wait_read,
                   [&](ErrorCode) { crowd.loop.stop(); });
  try {
    crowd.loop.run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_crowd: %s\n", error.what());
    return 1;
  }
}
