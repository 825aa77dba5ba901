// A program that we start and that ends with us.
#pragma once

#include "net/asio.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <optional>
#include <string>
#include <vector>

namespace tasuki::net {

// The path of a program: itself if it has a slash, else looked for along PATH.
// nullopt: there is none that can be run.
std::optional<std::string> find_program(const std::string& name);

class Child {
public:
  // Starts the program; its standard streams are ours. Throws std::system_error.
  Child(asio::any_io_executor executor, const std::string& path,
        const std::vector<std::string>& arguments);
  ~Child();  // a program that still runs is told to end (SIGTERM), and waited for briefly
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Its exit status; 128 and the signal's number if a signal ended it, as shells say.
  asio::awaitable<int> exited();

private:
  std::optional<int> reap(bool wait);

  pid_t pid_;
  asio::posix::stream_descriptor descriptor_;  // of the process (pidfd_open(2))
  std::optional<int> status_;
};

}  // namespace tasuki::net
