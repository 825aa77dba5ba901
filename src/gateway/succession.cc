// A gateway takes another process's place, or makes room for one (upgrade.h): listening
// sockets that change hands, and what is asked of the other process meanwhile.
#include "gateway/gateway.h"
#include "gateway/predecessor.h"
#include "log/log.h"

#include <sys/socket.h>
#include <nlohmann/json.hpp>

namespace tasuki::gateway {

using control::RefusedError;
using namespace std::chrono_literals;

namespace {

// An agent that is told to move has registered here within milliseconds. A client waits
// for 20 seconds.
constexpr auto move_limit = 10s;
constexpr auto list_limit = 3s;
constexpr auto moment = 20ms;
constexpr unsigned moments_between_reminders = 25;

int option(int socket, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(socket, SOL_SOCKET, name, &value, &size) != 0)
    throw std::system_error(errno, std::generic_category(), "inherited socket");
  return value;
}

}  // namespace

void Gateway::adopt(std::vector<net::Descriptor> listeners) {
  for (net::Descriptor& listener : listeners) {
    const int family = option(listener.get(), SO_DOMAIN);
    if (option(listener.get(), SO_ACCEPTCONN) == 0 || (family != AF_INET && family != AF_INET6))
      throw std::system_error(std::make_error_code(std::errc::not_a_socket), "inherited socket");
    acceptors_.push_back(std::make_unique<tcp::acceptor>(
        loop_, family == AF_INET6 ? tcp::v6() : tcp::v4(), listener.release()));
  }
}

void Gateway::follow(std::shared_ptr<Predecessor> predecessor) {
  predecessor_ = std::move(predecessor);
}

bool Gateway::waits_for_agents() const {
  return predecessor_ && predecessor_->has_agents();
}

bool Gateway::is_successor() const {
  return predecessor_ && predecessor_->is_there();
}

// ---- what the predecessor still has ----

asio::awaitable<void> Gateway::all_moved() {
  asio::steady_timer pause(loop_);
  for (const auto until = Clock::now() + list_limit; waits_for_agents() && Clock::now() < until;) {
    pause.expires_after(moment);
    co_await pause.async_wait(asio::use_awaitable);
  }
}

// Until that agent is here, or is known not to come.
asio::awaitable<void> Gateway::moved(control::KeyLabel label, control::ComputerId computer) {
  asio::steady_timer pause(loop_);
  const auto until = Clock::now() + move_limit;
  for (unsigned i = 0; waits_for_agents() && Clock::now() < until; ++i) {
    if (registry_.find(label, computer)) co_return;
    if (i % moments_between_reminders == 0) predecessor_->wants(label, computer);
    pause.expires_after(moment);
    co_await pause.async_wait(asio::use_awaitable);
  }
}

// It is the predecessor that judges the token; we carry what both say.
void Gateway::attach_at_predecessor(net::StreamPtr agent, const control::WantsAttachment& wants,
                                    const std::string& source) {
  net::StreamPtr onward = predecessor_->attach(wants, source);
  const std::uint64_t number = ++last_pair_;
  to_predecessor_.emplace(
      number,
      net::Forwarder::join(std::move(onward), std::move(agent), [this, number](std::error_code) {
        const auto ended = to_predecessor_.extract(number);
      }));
}

void Gateway::pass_on(const nlohmann::json& admin_request) {
  if (is_successor()) predecessor_->pass_on(admin_request);
}

// ---- making room ----

std::vector<int> Gateway::listening_descriptors() {
  std::vector<int> descriptors;
  for (const auto& acceptor : acceptors_) descriptors.push_back(acceptor->native_handle());
  return descriptors;
}

void Gateway::stop_accepting() {
  accepting_ = false;
  for (const auto& acceptor : acceptors_) acceptor->cancel();
}

void Gateway::accept_again() {
  accepting_ = true;
  for (const auto& acceptor : acceptors_) accept_on(*acceptor);
}

void Gateway::close_listeners() {
  acceptors_.clear();
}

void Gateway::hasten(const control::KeyLabel& label, const control::ComputerId& computer) {
  AgentLine* const line = draining_ ? registry_.find(label, computer) : nullptr;
  if (line) line->shared_from_this()->drain(draining_->retry_after);
}

void Gateway::attach_from_successor(net::Descriptor agent, control::WantsAttachment wants,
                                    std::string source) {
  const asio::generic::stream_protocol unix_stream(AF_UNIX, 0);
  auto stream =
      std::make_unique<net::PlainStream>(net::Socket(loop_, unix_stream, agent.release()));
  asio::co_spawn(loop_,
                 serve_from_successor(std::move(stream), std::move(wants), std::move(source)),
                 [](std::exception_ptr) {});
}

asio::awaitable<void> Gateway::serve_from_successor(net::StreamPtr agent,
                                                    control::WantsAttachment wants,
                                                    std::string source) {
  std::optional<RefusedError> refused;
  try {
    Rendezvous::Waiting waiting = claim(wants);
    co_await pair(std::move(waiting), agent, source);
  } catch (const RefusedError& no) {
    refused = no;
  }
  if (!refused) co_return;
  log::warning("PEER_REFUSED", {{"ip", source},
                                {"reason", std::string(name(refused->reason))},
                                {"detail", refused->what()}});
  co_await say_no(*agent, refused->reason, refused->retry_after);
}

}  // namespace tasuki::gateway
