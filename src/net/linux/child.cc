#include "net/linux/child.h"

#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace tasuki::net {
namespace {

constexpr int patience_ms = 2000;

bool can_run(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

pid_t spawn(const std::string& path, const std::vector<std::string>& arguments) {
  std::vector<std::string> words{path};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  // We ignore SIGPIPE and hold signals back; a program expects neither.
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none, defaults;
  ::sigemptyset(&none);
  ::sigemptyset(&defaults);
  ::sigaddset(&defaults, SIGPIPE);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  // Nothing of ours but the standard streams: not the gateway's connection, not the
  // descriptor that a password was read from.
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, path.c_str(), &actions, &attributes, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) throw std::system_error(error, std::generic_category(), path);
  return pid;
}

}  // namespace

std::optional<std::string> find_program(const std::string& name) {
  if (name.find('/') != name.npos) return can_run(name) ? std::optional(name) : std::nullopt;
  const char* path = std::getenv("PATH");
  std::string_view rest = path ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!name.empty() && !rest.empty()) {
    const std::size_t colon = rest.find(':');
    const std::string candidate = std::string(rest.substr(0, colon)) + "/" + name;
    if (can_run(candidate)) return candidate;
    rest = colon == rest.npos ? std::string_view{} : rest.substr(colon + 1);
  }
  return std::nullopt;
}

Child::Child(asio::any_io_executor executor, const std::string& path,
             const std::vector<std::string>& arguments)
    : pid_(spawn(path, arguments)), descriptor_(executor) {
  // By number: glibc 2.36 declares pidfd_open() for C only.
  const int fd = int(::syscall(SYS_pidfd_open, pid_, 0));
  if (fd < 0) {
    const int error = errno;
    ::kill(pid_, SIGTERM);
    reap(true);
    throw std::system_error(error, std::generic_category(), "pidfd_open");
  }
  descriptor_.assign(fd);
}

asio::awaitable<int> Child::exited() {
  while (!status_) {
    ErrorCode error;
    co_await descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                                    asio::redirect_error(asio::use_awaitable, error));
    reap(false);
    if (error && !status_) throw std::system_error(error);
  }
  co_return *status_;
}

std::optional<int> Child::reap(bool wait) {
  int status = 0;
  if (!status_ && ::waitpid(pid_, &status, wait ? 0 : WNOHANG) == pid_)
    status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return status_;
}

Child::~Child() {
  if (reap(false)) return;
  ::kill(pid_, SIGTERM);
  pollfd ended{descriptor_.native_handle(), POLLIN, 0};
  if (::poll(&ended, 1, patience_ms) <= 0) ::kill(pid_, SIGKILL);
  reap(true);
}

}  // namespace tasuki::net
