#include "client/client.h"

#include <unistd.h>

namespace tasuki::client {

using inner::ClientEnd;
using namespace std::chrono_literals;

namespace {

const std::string software = "tasuki " TASUKI_VERSION;

// The gateway gives the agent 15 seconds to come; a little more for its answer to us.
constexpr auto pairing_limit = 20s;

// For any one answer of the agent's. Not for people: they are waited for elsewhere.
constexpr auto agent_limit = 20s;

// More agents than a gateway can have under one key.
constexpr std::size_t most_listed = 1'000'000;

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

// Waits while the end is in this phase, for at most agent_limit.
asio::awaitable<void> while_in(std::shared_ptr<peer::LiveSession> live, const ClientEnd& end,
                               ClientEnd::Phase phase) {
  const auto executor = co_await asio::this_coro::executor;
  const auto late = std::make_exception_ptr(
      std::system_error(std::make_error_code(std::errc::timed_out), "the agent does not answer"));
  asio::steady_timer limit(executor, agent_limit);
  limit.async_wait([live, late](ErrorCode cancelled) {
    if (!cancelled) live->fail(late);
  });
  while (!live->over() && end.phase() == phase) co_await live->changed();
  limit.cancel();
  if (live->failure()) std::rethrow_exception(live->failure());
  if (live->over() && end.phase() == phase)
    throw inner::SealError(inner::SealError::Cause::truncated, "the agent hung up");
}

// Asks the person and lets the agent judge, until the password is right or enough have
// been wrong.
asio::awaitable<void> prove_password(std::shared_ptr<peer::LiveSession> live, ClientEnd& end,
                                     const AskPassword& ask) {
  co_await while_in(live, end, ClientEnd::Phase::connecting);
  for (unsigned tries = 0;; ++tries) {
    if (end.phase() == ClientEnd::Phase::denied)
      throw Denied(end.denied().reason, end.denied().message.value);
    if (end.phase() == ClientEnd::Phase::open) co_return;
    if (tries == inner::AgentAuthentication::tries_per_connection)
      throw WrongPassword("wrong password");
    std::optional<crypto::Secret> password = ask(tries > 0);
    if (!password) throw WrongPassword("no password was given");
    end.password(std::move(*password));
    live->flush();
    co_await while_in(live, end, ClientEnd::Phase::connecting);
  }
}

}  // namespace

asio::awaitable<std::vector<control::ListedAgent>> list_agents(const peer::Door& door) {
  peer::Admitted admitted = co_await peer::enter(door, control::Role::client);
  const ByteString request = admitted.admission->list();
  co_await peer::say(admitted.line, request);
  std::vector<control::ListedAgent> agents;
  for (bool more = true; more;) {
    const wire::Frame answer = co_await peer::next_answer(admitted.line);
    const auto page = control::expect<control::Listing>(answer);
    for (const control::ListedAgent& listed : page.agents.value)
      if (!control::ComputerId::parse(listed.computer.value))
        throw wire::ProtocolError("malformed Computer ID in the list");
    agents.insert(agents.end(), page.agents.value.begin(), page.agents.value.end());
    if (agents.size() > most_listed) throw wire::ProtocolError("the list does not end");
    more = page.more != 0;
  }
  co_return agents;
}

// Gateway, agent, password, pin: in this order, and none without the one before.
asio::awaitable<std::unique_ptr<ClientSession>> ClientSession::open(const peer::Door& door,
                                                                    Pins& pins, Reach reach) {
  const auto step = [&](std::string_view name) {
    if (reach.progress) reach.progress(name);
  };
  const config::Profile& profile = door.profile;
  const auto pin = pins.find(profile.realm, profile.key_label.text(), reach.computer);

  step("gateway");
  peer::Admitted admitted = co_await peer::enter(door, control::Role::client);
  const ByteString request = admitted.admission->connect(reach.computer);
  co_await peer::say(admitted.line, request);
  step("agent");
  const wire::Frame answer = co_await peer::next_answer(admitted.line, pairing_limit);
  control::expect<control::Paired>(answer);

  const inner::SealContext seal = inner::SealContext::client();
  const ClientEnd::Whom whom{profile.realm, profile.key_label.text(), reach.computer.text(), pin};
  const inner::ClientAuthentication::Self self{reach.user, software, host_name()};
  auto owned_end = std::make_unique<ClientEnd>(seal, whom, self);
  ClientEnd& end = *owned_end;
  ByteString arrived = admitted.line.frames->take_leftover();
  const auto live =
      std::make_shared<peer::LiveSession>(std::move(admitted.line.stream), std::move(owned_end));
  live->start(std::move(arrived));

  step("password");
  std::exception_ptr failure;
  try {
    co_await prove_password(live, end, reach.ask_password);
  } catch (const std::exception&) {
    failure = std::current_exception();
  }
  if (failure) {
    co_await live->close(inner::CloseReason::done);
    std::rethrow_exception(failure);
  }
  live->keep_alive();

  auto session = std::make_unique<ClientSession>(Private{});
  session->live_ = live;
  session->agent_ = end.agent();
  session->gateway_ = admitted.line.gateway;
  session->first_contact_ = !pin;
  // Only now: the agent has shown, on this very connection, that it knows the password.
  // Another program of this person may have been first, and must have met the same one.
  const auto meanwhile = pins.find(profile.realm, profile.key_label.text(), reach.computer);
  if (meanwhile && *meanwhile != end.agent()) {
    live->fail(std::make_exception_ptr(inner::IdentityChanged(*meanwhile, end.agent())));
    std::rethrow_exception(live->failure());
  }
  if (!meanwhile)
    pins.set(
        {profile.realm, profile.key_label.text(), reach.computer, end.agent(), unix_seconds()});
  step("open");
  co_return session;
}

}  // namespace tasuki::client
