#include "client/forwards.h"

#include "net/linux/tcp_options.h"
#include "net/signal.h"

#include <charconv>

namespace tasuki::client {
namespace {

using Changed = std::function<void(const ForwardState&)>;
using Kind = ForwardState::Kind;

std::optional<std::uint16_t> parse_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port > 65535) return std::nullopt;
  return std::uint16_t(port);
}

std::string text(const tcp::endpoint& at) {
  return net::Address{at.address().to_string(), at.port()}.text();
}

// One connection to a forwarded port: a channel of its own.
asio::awaitable<void> carry(std::shared_ptr<peer::LiveSession> session, tcp::socket socket,
                            ForwardSpec forward, std::size_t index, Changed changed) {
  std::optional<inner::ChannelError> refused;
  inner::ChannelNumber number = 0;
  auto local = std::make_unique<net::PlainStream>(std::move(socket));
  try {
    const auto channel = co_await session->open(forward.target, forward.priority);
    number = channel.number;
  } catch (const peer::ChannelRefused& no) {
    refused = no.reason;
  }
  if (refused) {
    local->reset(std::make_error_code(std::errc::connection_refused));
    changed({index, Kind::refused, std::string(name(*refused))});
    co_return;
  }
  changed({index, Kind::opened, {}});
  const auto broken = co_await session->bridge(number, std::move(local));
  changed({index, Kind::closed, broken ? std::string(name(*broken)) : ""});
}

asio::awaitable<void> accept_all(std::shared_ptr<tcp::acceptor> acceptor,
                                 std::shared_ptr<peer::LiveSession> session, ForwardSpec forward,
                                 std::size_t index, Changed changed) {
  while (acceptor->is_open() && !session->over()) {
    ErrorCode error;
    tcp::socket socket =
        co_await acceptor->async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      asio::steady_timer pause(acceptor->get_executor(), std::chrono::milliseconds(100));
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    net::set_local_tcp_options(socket.native_handle());
    asio::co_spawn(acceptor->get_executor(),
                   carry(session, std::move(socket), forward, index, changed),
                   [](std::exception_ptr) {});
  }
}

// Throws std::system_error, where Asio would throw Boost's, which is not one.
std::shared_ptr<tcp::acceptor> listen(const asio::any_io_executor& executor,
                                      const net::Address& bind) {
  const tcp::endpoint at(asio::ip::make_address(bind.host), bind.port);
  const auto acceptor = std::make_shared<tcp::acceptor>(executor);
  try {
    acceptor->open(at.protocol());
    acceptor->set_option(tcp::acceptor::reuse_address(true));
    acceptor->bind(at);
    acceptor->listen();
  } catch (const boost::system::system_error& error) {
    throw std::system_error(error.code());
  }
  return acceptor;
}

}  // namespace

// The local part is a port, or an address and a port; what follows is the target, which
// may hold colons of its own. So the first field decides: a number is a port.
std::optional<ForwardSpec> ForwardSpec::parse(std::string_view text) {
  ForwardSpec spec;
  std::size_t colon = text.find(':');
  if (!text.empty() && text.front() == '[') {
    const std::size_t bracket = text.find("]:");
    if (bracket == text.npos) return std::nullopt;
    spec.bind.host = text.substr(1, bracket - 1);
    text.remove_prefix(bracket + 2);
    colon = text.find(':');
  } else if (colon != text.npos && !parse_port(text.substr(0, colon))) {
    spec.bind.host = text.substr(0, colon);
    text.remove_prefix(colon + 1);
    colon = text.find(':');
  }
  if (colon == text.npos) return std::nullopt;
  const auto port = parse_port(text.substr(0, colon));
  ErrorCode not_an_address;
  asio::ip::make_address(spec.bind.host, not_an_address);
  spec.target = text.substr(colon + 1);
  if (!port || not_an_address || spec.target.empty() || spec.target.size() > 255)
    return std::nullopt;
  spec.bind.port = *port;
  return spec;
}

std::string ForwardSpec::text() const {
  return bind.text() + " → " + target;
}

asio::awaitable<void> run_forwards(ClientSession& session, std::vector<ForwardSpec> forwards,
                                   Changed changed) {
  const auto executor = co_await asio::this_coro::executor;
  const std::shared_ptr<peer::LiveSession> live = session.live().shared_from_this();
  std::vector<std::shared_ptr<tcp::acceptor>> listening;
  for (std::size_t index = 0; index < forwards.size(); ++index) {
    const ForwardSpec& forward = forwards[index];
    try {
      listening.push_back(listen(executor, forward.bind));
    } catch (const std::system_error& error) {
      changed({index, Kind::failed, error.code().message()});
      continue;
    }
    changed({index, Kind::listening, text(listening.back()->local_endpoint())});
    asio::co_spawn(executor, accept_all(listening.back(), live, forward, index, changed),
                   [](std::exception_ptr) {});
  }
  if (listening.empty()) co_return;
  while (!live->over()) co_await live->changed();
  for (const auto& acceptor : listening) acceptor->close();
  if (live->failure()) std::rethrow_exception(live->failure());
}

}  // namespace tasuki::client
