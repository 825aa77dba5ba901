#include "client/desktop.h"

#include "net/linux/child.h"
#include "net/linux/peer_uid.h"
#include "net/linux/tcp_options.h"

#include <unistd.h>
#include <boost/asio/ip/address_v4.hpp>
#include <filesystem>

namespace tasuki::client {

using inner::TargetKind;

namespace {

struct Viewer {
  std::string path;
  std::vector<std::string> arguments;
};

std::vector<std::string> candidates(TargetKind kind, const Viewers& viewers,
                                    const std::string& asked) {
  if (!asked.empty()) return {asked};
  if (kind == TargetKind::rdp) {
    if (!viewers.rdp.empty()) return {viewers.rdp};
    return {"xfreerdp", "xfreerdp3", "remmina"};
  }
  if (kind == TargetKind::vnc) {
    if (!viewers.vnc.empty()) return {viewers.vnc};
    return {"xtigervncviewer", "vncviewer", "remmina"};
  }
  return {};
}

// How the viewers that people have want to be told where to go. What is not known here
// gets the address alone, and {host} and {port} in its arguments are filled in.
std::vector<std::string> address_arguments(const std::string& program, TargetKind kind,
                                           const std::string& port) {
  const std::string name = std::filesystem::path(program).filename().string();
  const std::string at = "127.0.0.1:" + port;
  if (name.find("remmina") != name.npos)
    return {"-c", (kind == TargetKind::rdp ? "rdp://" : "vnc://") + at};
  // The certificate is that of a connection inside the agent's own machine: the way there
  // is sealed and its end proved already, and the port is another each time.
  if (name.find("freerdp") != name.npos) return {"/v:" + at, "/cert:ignore"};
  if (name.find("vncviewer") != name.npos) return {"127.0.0.1::" + port};
  return {at};
}

std::string filled_in(std::string text, const std::string& port) {
  for (const auto& [word, value] :
       {std::pair<std::string, std::string>{"{host}", "127.0.0.1"}, {"{port}", port}})
    for (std::size_t at = 0; (at = text.find(word, at)) != text.npos; at += value.size())
      text.replace(at, word.size(), value);
  return text;
}

Viewer find_viewer(TargetKind kind, const Viewers& viewers, const DesktopRequest& request,
                   std::uint16_t port_number) {
  const std::string port = std::to_string(port_number);
  const auto names = candidates(kind, viewers, request.viewer);
  for (const std::string& name : names) {
    const auto path = net::find_program(name);
    if (!path) continue;
    Viewer viewer{*path, {}};
    bool names_address = false;
    for (const std::string& argument : request.arguments) {
      viewer.arguments.push_back(filled_in(argument, port));
      names_address = names_address || viewer.arguments.back() != argument;
    }
    if (!names_address)
      for (const std::string& argument : address_arguments(*path, kind, port))
        viewer.arguments.push_back(argument);
    return viewer;
  }
  throw NoViewer(kind, names);
}

std::string command_line(const Viewer& viewer) {
  std::string text = viewer.path;
  for (const std::string& argument : viewer.arguments) text += " " + argument;
  return text;
}

// The local port behind which the desktop is: for one connection at a time, of this user.
class Doorway {
public:
  Doorway(asio::any_io_executor executor, std::shared_ptr<peer::LiveSession> session,
          peer::LiveSession::OpenChannel first, std::string target)
      : acceptor_(executor, {asio::ip::address_v4::loopback(), 0}),
        session_(std::move(session)),
        first_(first),
        target_(std::move(target)) {
    acceptor_.listen(1);
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  void close() {
    ErrorCode ignored;
    acceptor_.close(ignored);
  }

  // A VNC viewer connects once, and then nobody can any more. RDP viewers come again
  // while they settle how to talk; each time on a fresh channel.
  static asio::awaitable<void> serve(std::shared_ptr<Doorway> self, bool only_once) {
    while (self->acceptor_.is_open()) {
      tcp::endpoint from;
      ErrorCode error;
      tcp::socket socket = co_await self->acceptor_.async_accept(
          from, asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;
      const auto user = net::peer_uid(socket.local_endpoint(), from);
      if (!user || *user != ::geteuid()) continue;  // another user of this machine
      if (only_once) self->close();
      net::set_local_tcp_options(socket.native_handle());
      auto local = std::make_unique<net::PlainStream>(std::move(socket));

      if (!self->first_) {
        std::string target = self->target_;
        try {
          const auto again = co_await self->session_->open(std::move(target));
          self->first_ = again;
        } catch (const std::exception&) {
          continue;  // the viewer sees its connection end, and says so
        }
      }
      const inner::ChannelNumber number = self->first_->number;
      self->first_.reset();
      co_await self->session_->bridge(number, std::move(local));
    }
  }

private:
  tcp::acceptor acceptor_;
  std::shared_ptr<peer::LiveSession> session_;
  std::optional<peer::LiveSession::OpenChannel> first_;  // open, and not yet used
  std::string target_;
};

}  // namespace

NoViewer::NoViewer(TargetKind what, std::vector<std::string> tried_programs)
    : std::runtime_error("no viewer for " + std::string(name(what))),
      kind(what),
      tried(std::move(tried_programs)) {}

asio::awaitable<int> show_desktop(ClientSession& session, const Viewers& viewers,
                                  DesktopRequest request) {
  const auto executor = co_await asio::this_coro::executor;
  const std::shared_ptr<peer::LiveSession> live = session.live().shared_from_this();
  std::string target = request.target;
  const peer::LiveSession::OpenChannel channel = co_await live->open(std::move(target));

  const auto doorway = std::make_shared<Doorway>(executor, live, channel, request.target);
  const Viewer viewer = find_viewer(channel.kind, viewers, request, doorway->port());
  asio::co_spawn(executor, Doorway::serve(doorway, channel.kind == TargetKind::vnc),
                 [doorway](std::exception_ptr) {});
  net::Child child(executor, viewer.path, viewer.arguments);
  if (request.started) request.started(command_line(viewer));

  const int status = co_await child.exited();
  doorway->close();
  if (live->failure()) std::rethrow_exception(live->failure());
  co_return status;
}

}  // namespace tasuki::client
