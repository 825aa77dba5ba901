#include "net/linux/local_socket.h"

#include "support/loop.h"

#include <unistd.h>
#include <boost/asio/local/stream_protocol.hpp>

namespace tasuki::net {
namespace {

// Asks, with the server gone or still there when the question is complete.
int times_answered(bool gone) {
  const auto path =
      std::filesystem::temp_directory_path() / ("tasuki-local-" + std::to_string(::getpid()));
  asio::io_context loop(1);
  int times = 0;
  std::optional<LocalServer> server;
  server.emplace(loop, path, [&](const std::string&) { return std::to_string(++times); });
  asio::local::stream_protocol::socket asking(loop);
  asking.connect(asio::local::stream_protocol::endpoint(path.string()));
  test::settle(loop);  // it has been taken in
  if (gone) server.reset();
  asking.send(asio::buffer("status\n", 7));
  test::settle(loop);
  return times;
}

// What a server speaks of may go when the server does.
TEST(LocalServer, SpeaksOfNothingOnceItIsGone) {
  EXPECT_EQ(times_answered(false), 1);
  EXPECT_EQ(times_answered(true), 0);
}

}  // namespace
}  // namespace tasuki::net
