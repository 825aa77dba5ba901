// A question and an answer between programs of one user on one machine: a Unix
// socket, one line each way. Only the socket's owner and root are served.
#pragma once

#include "net/asio.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace tasuki::net {

class LocalServer {
public:
  // Gives the answer to a line (without its line end); called on the loop.
  using Answer = std::function<std::string(const std::string& line)>;
  // The same where the answer takes its time.
  using SlowAnswer = std::function<asio::awaitable<std::string>(std::string line)>;

  // Makes the socket, mode 0600. The socket of a program that died is replaced; of one
  // that lives it is not: std::system_error(address_in_use), so that two programs never
  // share one state. Throws std::system_error otherwise too, when it cannot be made.
  LocalServer(asio::io_context& loop, std::filesystem::path path, Answer answer);
  LocalServer(asio::io_context& loop, std::filesystem::path path, SlowAnswer answer);
  ~LocalServer();

private:
  class Server;
  std::shared_ptr<Server> server_;  // shared with the conversations that are under way
};

// Asks the program behind the socket; blocks for at most `limit`. nullopt: none is
// there. Throws std::system_error when it does not answer, or not to this user.
std::optional<std::string> ask_local(const std::filesystem::path& path, const std::string& line,
                                     std::chrono::seconds limit = std::chrono::seconds(5));

}  // namespace tasuki::net
