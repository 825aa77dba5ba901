// Announces or looks for a name on the LAN of the machine it runs on, for tests/lab.
//
//   lan_probe announce NAME PORT     until it is told to end
//   lan_probe discover NAME          prints what was found, an address a line
#include "lan/announcer.h"
#include "lan/discovery.h"

#include <boost/asio/signal_set.hpp>

#include <iostream>

using namespace tasuki;

namespace {

asio::awaitable<void> discover(std::string name) {
  const auto found = co_await lan::discover(std::move(name), std::chrono::milliseconds(300));
  for (const tcp::endpoint& each : found) std::cout << each << std::endl;
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) return 2;
  asio::io_context loop(1);
  const std::string what = words[1], name = words[2];
  if (what == "discover") {
    asio::co_spawn(loop, discover(name), [](std::exception_ptr) {});
    loop.run();
    return 0;
  }
  if (count < 4) return 2;
  {
    const tcp::endpoint listening(tcp::v6(), std::uint16_t(std::stoi(words[3])));
    const lan::Announcer announcer(loop.get_executor(), name, {listening});
    asio::signal_set end(loop, SIGINT, SIGTERM);
    end.async_wait([&](ErrorCode, int) { loop.stop(); });
    loop.run();
  }
  return 0;
}
