#include "net/linux/local_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

namespace tasuki::net {
namespace {

using Local = asio::local::stream_protocol;

constexpr std::size_t longest_line = 1024 * 1024;
constexpr auto idle_limit = std::chrono::seconds(10);

bool may_ask(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == 0 || peer.uid == ::geteuid();
}

bool somebody_listens(const std::filesystem::path& path) {
  asio::io_context loop;
  Local::socket probe(loop);
  ErrorCode error;
  probe.connect(Local::endpoint(path.string()), error);
  return !error;
}

std::system_error failure(int error, const std::filesystem::path& path) {
  return std::system_error(error, std::generic_category(), path.string());
}

}  // namespace

class LocalServer::Server : public std::enable_shared_from_this<Server> {
public:
  Server(asio::io_context& loop, std::filesystem::path path, SlowAnswer answer)
      : loop_(loop), acceptor_(loop), path_(std::move(path)), answer_(std::move(answer)) {
    if (path_.string().size() >= sizeof(sockaddr_un::sun_path)) throw failure(ENAMETOOLONG, path_);
    if (somebody_listens(path_)) throw failure(EADDRINUSE, path_);
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
    const mode_t before = ::umask(0177);  // never, not for a moment, open to others
    ErrorCode error;
    acceptor_.open(Local(), error);
    if (!error) acceptor_.bind(Local::endpoint(path_.string()), error);
    ::umask(before);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) throw failure(error.value(), path_);
  }

  void start() {
    asio::co_spawn(loop_, accept(), [self = shared_from_this()](std::exception_ptr) {});
  }

  void stop() {
    ErrorCode ignored;
    answer_ = nullptr;  // what it would speak of may be gone
    if (!acceptor_.is_open()) return;
    acceptor_.close(ignored);
    std::error_code gone;
    std::filesystem::remove(path_, gone);
  }

private:
  asio::awaitable<void> accept() {
    while (acceptor_.is_open()) {
      ErrorCode error;
      Local::socket socket =
          co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (error == asio::error::operation_aborted) co_return;
      if (error || !may_ask(socket.native_handle())) continue;
      asio::co_spawn(loop_, converse(std::move(socket)),
                     [self = shared_from_this()](std::exception_ptr) {});
    }
  }

  asio::awaitable<void> converse(Local::socket given) {
    // Shared with the timer, which may fire when the conversation is over.
    const auto socket = std::make_shared<Local::socket>(std::move(given));
    asio::steady_timer timer(loop_);
    const auto limit = [&timer, socket] {
      timer.expires_after(idle_limit);
      timer.async_wait([socket](ErrorCode cancelled) {
        ErrorCode ignored;
        if (!cancelled) socket->close(ignored);
      });
    };
    limit();
    std::string line;
    auto buffer = asio::dynamic_buffer(line, longest_line);
    const std::size_t size =
        co_await asio::async_read_until(*socket, buffer, '\n', asio::use_awaitable);
    line.resize(size - 1);
    if (!answer_) co_return;
    timer.cancel();
    const SlowAnswer give_answer = answer_;  // outlives the call, even if we are stopped meanwhile
    std::string answer = co_await give_answer(line);
    answer += "\n";
    limit();
    co_await asio::async_write(*socket, asio::buffer(answer), asio::use_awaitable);
  }

  asio::io_context& loop_;
  Local::acceptor acceptor_;
  const std::filesystem::path path_;
  SlowAnswer answer_;  // empty once stopped
};

LocalServer::LocalServer(asio::io_context& loop, std::filesystem::path path, Answer answer)
    : LocalServer(loop, std::move(path),
                  SlowAnswer([answer = std::move(answer)](std::string line)
                                 -> asio::awaitable<std::string> { co_return answer(line); })) {}

LocalServer::LocalServer(asio::io_context& loop, std::filesystem::path path, SlowAnswer answer)
    : server_(std::make_shared<Server>(loop, std::move(path), std::move(answer))) {
  server_->start();
}

LocalServer::~LocalServer() {
  server_->stop();
}

std::optional<std::string> ask_local(const std::filesystem::path& path, const std::string& line,
                                     std::chrono::seconds limit) {
  if (path.string().size() >= sizeof(sockaddr_un::sun_path)) throw failure(ENAMETOOLONG, path);
  asio::io_context loop;
  Local::socket socket(loop);
  ErrorCode error;
  socket.connect(Local::endpoint(path.string()), error);
  if (error == asio::error::connection_refused || error.value() == ENOENT) return std::nullopt;
  if (error) throw failure(error.value(), path);

  const std::string question = line + "\n";
  std::string answer;
  const auto exchange = [&]() -> asio::awaitable<void> {
    co_await asio::async_write(socket, asio::buffer(question), asio::use_awaitable);
    auto buffer = asio::dynamic_buffer(answer, 64 * longest_line);
    co_await asio::async_read_until(socket, buffer, '\n', asio::use_awaitable);
  };
  std::exception_ptr broken;
  bool done = false;
  asio::co_spawn(loop, exchange(), [&](std::exception_ptr e) {
    broken = e;
    done = true;
    loop.stop();
  });
  loop.run_for(limit);
  if (!done) throw failure(ETIMEDOUT, path);
  if (broken) throw failure(ECONNRESET, path);
  answer.resize(answer.find('\n'));
  return answer;
}

}  // namespace tasuki::net
