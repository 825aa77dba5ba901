// Many agents in one process, registered and idle: what does the gateway keep of each?
//
//   bench_crowd PROFILE COUNT     registers COUNT agents, says "ready COUNT", and stays
//                                 until its standard input ends
#include "agent/line.h"

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

struct Crowd {
  asio::io_context loop{1};
  unsigned next = 0, count = 0, here = 0;
  std::vector<std::shared_ptr<agent::Line>> lines;
};

asio::awaitable<void> dial(Crowd& crowd, const peer::Door& door, const std::string& link) {
  while (crowd.next < crowd.count) {
    const unsigned number = crowd.next++;
    auto parsed = config::parse_profile(link);
    crypto::SigningKey key = crypto::SigningKey::generate();
    ByteString certificate = crypto::self_signed(key, "crowd");
    const agent::Identity identity{std::get<config::Profile>(parsed).copy(),
                                   *control::ComputerId::parse("crowd-" + std::to_string(number)),
                                   std::move(key), std::move(certificate)};
    std::shared_ptr<agent::Line> line = co_await agent::Line::open(door, identity);
    crowd.lines.push_back(line);
    asio::co_spawn(crowd.loop, line->stay([](const control::Incoming&) {}),
                   [line](std::exception_ptr) {});
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
