// The two ends of a measurement, over plain TCP: what stands behind the agent and what
// stands in front of the client, or both without anything between.
//
//   bench_probe serve PORT               greets with 12 bytes, then by the first byte:
//                                        'e' echoes, 's' swallows and answers the sum at the end
//   bench_probe first HOST:PORT FILE     appends the moment of the first byte to FILE (ns,
//   CLOCK_MONOTONIC) bench_probe ping HOST:PORT COUNT     64-byte round trips; prints p50 and p99
//   in ns bench_probe bulk HOST:PORT MEGABYTES sends; prints the bytes counted at the other end and
//   ns
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <csignal>

namespace {

constexpr std::string_view greeting = "RFB 003.008\n";  // what a desktop says first
constexpr std::size_t block_size = 256 * 1024;

std::int64_t now() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return std::int64_t(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

class Socket {
public:
  explicit Socket(int fd) : fd_(fd) {
    if (fd_ < 0) fail("socket");
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  Socket& operator=(Socket&&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const { return fd_; }
  void no_delay() const {
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  std::size_t read(void* into, std::size_t size) const {
    const ssize_t n = ::recv(fd_, into, size, 0);
    if (n < 0) fail("recv");
    return std::size_t(n);
  }
  void read_all(char* into, std::size_t size) const {
    while (size > 0) {
      const std::size_t n = read(into, size);
      if (n == 0) throw std::runtime_error("ended too soon");
      into += n;
      size -= n;
    }
  }
  void write_all(const char* from, std::size_t size) const {
    while (size > 0) {
      const ssize_t n = ::send(fd_, from, size, MSG_NOSIGNAL);
      if (n < 0) fail("send");
      from += n;
      size -= std::size_t(n);
    }
  }

private:
  int fd_;
};

sockaddr_in loopback(const std::string& at) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  const std::size_t colon = at.rfind(':');
  const std::string host = colon == at.npos ? "127.0.0.1" : at.substr(0, colon);
  address.sin_port = htons(std::uint16_t(std::stoi(at.substr(colon == at.npos ? 0 : colon + 1))));
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1)
    throw std::runtime_error("not an IPv4 address: " + host);
  return address;
}

Socket connect_to(const std::string& at) {
  Socket socket(::socket(AF_INET, SOCK_STREAM, 0));
  const sockaddr_in address = loopback(at);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail("connect");
  socket.no_delay();
  return socket;
}

void attend(Socket socket) {
  socket.no_delay();
  socket.write_all(greeting.data(), greeting.size());
  char mode = 0;
  if (socket.read(&mode, 1) == 0) return;
  std::vector<char> block(block_size);
  std::uint64_t sum = 0;
  for (;;) {
    const std::size_t n = socket.read(block.data(), block.size());
    if (n == 0) break;
    sum += n;
    if (mode == 'e') socket.write_all(block.data(), n);
  }
  if (mode == 's') socket.write_all(reinterpret_cast<const char*>(&sum), sizeof sum);
}

void serve(const std::string& port) {
  Socket listener(::socket(AF_INET, SOCK_STREAM, 0));
  const int on = 1;
  ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback(port);
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener.get(), 64) != 0)
    fail("listen");
  for (;;) {
    Socket peer(::accept(listener.get(), nullptr, nullptr));
    std::thread([socket = std::move(peer)]() mutable {
      try {
        attend(std::move(socket));
      } catch (const std::exception&) {
        // The other end has gone: it says so itself.
      }
    }).detach();
  }
}

void first_byte(const std::string& at, const char* file) {
  const Socket socket = connect_to(at);
  char byte = 0;
  socket.read_all(&byte, 1);
  const std::int64_t moment = now();
  std::FILE* out = std::fopen(file, "a");
  if (!out) fail(file);
  std::fprintf(out, "%lld\n", static_cast<long long>(moment));
  std::fclose(out);
}

void ping(const std::string& at, int count) {
  const Socket socket = connect_to(at);
  std::array<char, 64> message{};
  socket.read_all(message.data(), greeting.size());
  socket.write_all("e", 1);
  std::vector<std::int64_t> times;
  for (int i = -count / 10; i < count; ++i) {
    const std::int64_t start = now();
    socket.write_all(message.data(), message.size());
    socket.read_all(message.data(), message.size());
    if (i >= 0) times.push_back(now() - start);
  }
  std::sort(times.begin(), times.end());
  std::printf("%lld %lld\n", static_cast<long long>(times[times.size() / 2]),
              static_cast<long long>(times[times.size() * 99 / 100]));
}

void bulk(const std::string& at, std::uint64_t megabytes) {
  const Socket socket = connect_to(at);
  std::vector<char> block(block_size, 'x');
  socket.read_all(block.data(), greeting.size());
  const std::int64_t start = now();
  socket.write_all("s", 1);
  for (std::uint64_t left = megabytes * 1'000'000; left > 0;) {
    const std::size_t n = std::min<std::uint64_t>(left, block.size());
    socket.write_all(block.data(), n);
    left -= n;
  }
  ::shutdown(socket.get(), SHUT_WR);
  std::uint64_t sum = 0;
  socket.read_all(reinterpret_cast<char*>(&sum), sizeof sum);
  std::printf("%llu %lld\n", static_cast<unsigned long long>(sum),
              static_cast<long long>(now() - start));
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    if (words.size() == 2 && words[0] == "serve")
      serve(words[1]);
    else if (words.size() == 3 && words[0] == "first")
      first_byte(words[1], words[2].c_str());
    else if (words.size() == 3 && words[0] == "ping")
      ping(words[1], std::stoi(words[2]));
    else if (words.size() == 3 && words[0] == "bulk")
      bulk(words[1], std::stoull(words[2]));
    else if (words.size() == 1 && words[0] == "now")
      std::printf("%lld\n", static_cast<long long>(now()));
    else
      throw std::runtime_error("see the top of bench/probe.cc for how to call this");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_probe: %s\n", error.what());
    return 1;
  }
}
