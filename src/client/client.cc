#include "client/client.h"

#include "client/approach.h"
#include "client/lifeline.h"
#include "client/way_in.h"
#include "peer/lan_name.h"

#include <unistd.h>

namespace tasuki::client {

using inner::ClientEnd;
using namespace std::chrono_literals;

namespace {

const std::string software = "tasuki " TASUKI_VERSION;

// For any one answer of the agent's. Not for people: they are waited for elsewhere.
constexpr auto agent_limit = 20s;

std::int64_t unix_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string host_name() {
  char name[256] = "";
  if (::gethostname(name, sizeof name - 1) != 0) return {};
  return name;
}

// Asks the person and lets the agent judge, until the password is right or enough have
// been wrong.
asio::awaitable<void> prove_password(std::shared_ptr<peer::Carrier> carrier, ClientEnd& end,
                                     const AskPassword& ask) {
  for (unsigned tries = 0;; ++tries) {
    if (end.phase() == ClientEnd::Phase::denied)
      throw Denied(end.denied().reason, end.denied().message.value);
    if (end.phase() == ClientEnd::Phase::open) co_return;
    if (tries == inner::AgentAuthentication::tries_per_connection)
      throw WrongPassword("wrong password");
    std::optional<crypto::Secret> password = ask(tries > 0);
    if (!password) throw WrongPassword("no password was given");
    end.password(std::move(*password));
    carrier->flush();
    co_await while_in(carrier, end, ClientEnd::Phase::connecting, agent_limit);
  }
}

}  // namespace

// The way, agent, password, pin: in this order, and none without the one before.
asio::awaitable<std::unique_ptr<ClientSession>> ClientSession::open(
    std::shared_ptr<const peer::Door> door, Pins& pins, Reach reach) {
  const auto step = [&](std::string_view name) {
    if (reach.progress) reach.progress(name);
  };
  const config::Profile& profile = door->profile;
  const auto pin = pins.find(profile.realm, profile.key_label.text(), reach.computer);

  step("gateway");
  ClientEnd::Whom whom{profile.realm, profile.key_label.text(), reach.computer.text(), pin};
  const inner::ClientAuthentication::Self self{reach.user, software, host_name()};
  DirectWays direct{reach.direct, {}};
  if (reach.discover) direct.name = peer::lan_name(profile, reach.computer);
  Sealed sealed = co_await find_way(door, reach.computer, direct, whom, self);
  const auto carrier = sealed.carrier();
  ClientEnd& end = sealed.end();

  step("password");
  std::exception_ptr failure;
  try {
    co_await prove_password(carrier, end, reach.ask_password);
  } catch (const std::exception&) {
    failure = std::current_exception();
  }
  if (failure) {
    co_await carrier->close(inner::CloseReason::done);
    std::rethrow_exception(failure);
  }

  // Only now: the agent has shown, on this very connection, that it knows the password.
  // Another program of this person may have been first, and must have met the same one.
  const auto meanwhile = pins.find(profile.realm, profile.key_label.text(), reach.computer);
  if (meanwhile && *meanwhile != end.agent()) {
    const inner::IdentityChanged changed(*meanwhile, end.agent());
    carrier->fail(std::make_exception_ptr(changed));
    throw changed;
  }
  if (!meanwhile)
    pins.set(
        {profile.realm, profile.key_label.text(), reach.computer, end.agent(), unix_seconds()});

  auto session = std::make_unique<ClientSession>(Private{});
  session->agent_ = end.agent();
  session->first_contact_ = !pin;
  session->way_ = carrier->way();
  session->live_ = std::make_shared<peer::LiveSession>(carrier->executor(), end.take_session());
  session->live_->on_line = reach.on_line;
  session->live_->adopt(sealed.release());
  whom.pin = end.agent();
  // Ends by itself when the session does.
  Lifeline line{door, reach.computer, std::move(whom), std::move(direct)};
  const bool resumable = session->live_->session().ticket().seconds > 0;
  if (resumable)
    asio::co_spawn(carrier->executor(), keep_alive(session->live_, std::move(line)),
                   [](std::exception_ptr) {});
  step("open");
  co_return session;
}

ClientSession::~ClientSession() {
  if (!live_) return;
  live_->fail(std::make_exception_ptr(
      std::system_error(std::make_error_code(std::errc::operation_canceled))));
}

}  // namespace tasuki::client
