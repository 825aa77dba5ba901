#include "net/linux/succession.h"

#include "net/linux/child.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tasuki::net {
namespace {

constexpr int first_descriptor = STDERR_FILENO + 1;  // SD_LISTEN_FDS_START
constexpr std::string_view channel_name = "predecessor";
constexpr int most_inherited = 64;

std::string take_variable(const char* name) {
  const char* const value = std::getenv(name);
  std::string text = value ? value : "";
  ::unsetenv(name);
  return text;
}

int number(const std::string& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

// Where the caller's own descriptors cannot be in the way when they are put in place.
Descriptor moved_up(int fd, int above) {
  return Descriptor(::fcntl(fd, F_DUPFD_CLOEXEC, above));
}

using Pair = Successor::Pair;

Pair pair_of_sockets() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw std::system_error(errno, std::generic_category(), "socketpair");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

// Closed by a program that starts, written to by one that does not.
Pair pipe_for_report(int above) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe2");
  const Descriptor low(ends[1]);
  return {Descriptor(ends[0]), moved_up(low.get(), above)};
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  all.reserve(words.size() + 1);
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

// Our environment, and what sd_listen_fds(3) wants; the process's number is still to come.
std::vector<std::string> environment_for(std::size_t count) {
  std::string names;
  for (std::size_t i = 0; i + 1 < count; ++i) names += "listen:";
  std::vector<std::string> all;
  for (char** each = environ; *each; ++each) all.emplace_back(*each);
  all.push_back("LISTEN_FDS=" + std::to_string(count));
  all.push_back("LISTEN_FDNAMES=" + names + std::string(channel_name));
  all.push_back("LISTEN_PID=0000000000");
  return all;
}

// As std::to_string does, without memory of its own.
void put_number(char* to, pid_t number) {
  int length = 1;
  for (pid_t rest = number; rest > 9; rest /= 10) ++length;
  to[length] = '\0';
  for (; length > 0; number /= 10) to[--length] = char('0' + number % 10);
}

pid_t start(const CommandLine& command, const std::vector<Descriptor>& given, Descriptor report) {
  std::vector<std::string> words = command.words, environment = environment_for(given.size());
  const std::vector<char*> argv = pointers(words), envp = pointers(environment);
  char* const digits = environment.back().data() + std::strlen("LISTEN_PID=");
  const int last = first_descriptor + int(given.size());

  const pid_t pid = ::fork();
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid > 0) return pid;
  // Until exec, nothing that a signal handler might not do as well.
  put_number(digits, ::getpid());
  for (int i = first_descriptor; i < last; ++i)
    ::dup2(given[std::size_t(i - first_descriptor)].get(), i);  // without FD_CLOEXEC
  ::dup2(report.get(), last);
  ::fcntl(last, F_SETFD, FD_CLOEXEC);
  if (::close_range(unsigned(last) + 1, ~0u, 0) == 0)
    ::execve(command.program.c_str(), argv.data(), envp.data());
  const int error = errno;
  [[maybe_unused]] const ssize_t told = ::write(last, &error, sizeof error);
  ::_exit(127);
}

}  // namespace

Inherited take_inherited() {
  Inherited taken;
  const bool ours = number(take_variable("LISTEN_PID")) == ::getpid();
  const int count = number(take_variable("LISTEN_FDS"));
  std::istringstream names(take_variable("LISTEN_FDNAMES"));
  if (!ours || count < 1 || count > most_inherited) return taken;
  for (int i = 0; i < count; ++i) {
    Descriptor descriptor(first_descriptor + i);
    std::string name;
    std::getline(names, name, ':');
    if (::fcntl(descriptor.get(), F_SETFD, FD_CLOEXEC) != 0)
      throw std::system_error(errno, std::generic_category(), "LISTEN_FDS");
    if (name == channel_name)
      taken.channel = std::move(descriptor);
    else
      taken.listeners.push_back(std::move(descriptor));
  }
  return taken;
}

CommandLine how_we_were_started() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  CommandLine command;
  for (std::string word; std::getline(file, word, '\0');) command.words.push_back(word);
  if (command.words.empty()) throw std::runtime_error("/proc/self/cmdline cannot be read");
  const auto found = find_program(command.words.front());
  command.program =
      found ? std::filesystem::absolute(*found) : std::filesystem::read_symlink("/proc/self/exe");
  return command;
}

Successor::Successor(const CommandLine& command, const std::vector<int>& listeners)
    : Successor(command, listeners, pair_of_sockets()) {}

Successor::Successor(const CommandLine& command, const std::vector<int>& listeners, Pair channel)
    : channel_(std::move(channel.ours)) {
  const int above = first_descriptor + int(listeners.size()) + 1;
  std::vector<Descriptor> given;
  given.reserve(listeners.size() + 1);
  for (const int listener : listeners) given.push_back(moved_up(listener, above));
  given.push_back(moved_up(channel.theirs.get(), above));
  Pair report = pipe_for_report(above);
  pid_ = start(command, given, std::move(report.theirs));

  int error = 0;
  ssize_t told = 0;
  do told = ::read(report.ours.get(), &error, sizeof error);
  while (told < 0 && errno == EINTR);
  if (told != sizeof error) return;
  end();
  throw std::system_error(error, std::generic_category(), command.program);
}

std::optional<int> Successor::reap(bool wait) {
  int status = 0;
  if (!status_ && ::waitpid(pid_, &status, wait ? 0 : WNOHANG) == pid_)
    status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return status_;
}

std::optional<int> Successor::ended() {
  return reap(false);
}

int Successor::end() {
  if (!reap(false)) ::kill(pid_, SIGKILL);
  return reap(true).value_or(127);
}

}  // namespace tasuki::net
