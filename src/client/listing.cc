// Who can be reached: asked of every gateway of the profile, since an agent is at one of
// them, and not always at the first.
#include "client/attempt.h"
#include "client/client.h"

#include <list>

namespace tasuki::client {
namespace {

using Agents = std::vector<control::ListedAgent>;

// More agents than a gateway can have under one key.
constexpr std::size_t most_listed = 1'000'000;

asio::awaitable<Agents> list_at(const peer::Door& door, net::Address gateway,
                                peer::Patience patience) {
  peer::Admitted admitted = co_await peer::enter(door, control::Role::client, gateway, patience);
  const ByteString request = admitted.admission->list();
  co_await peer::say(admitted.line, request);
  Agents agents;
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

}  // namespace

asio::awaitable<Agents> list_agents(const peer::Door& door) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer bell(executor);
  const auto& gateways = door.profile.gateways;
  const peer::Patience patience = gateways.size() > 1 ? peer::hurried : peer::Patience{};
  std::list<Attempt<Agents>> asked;
  for (const net::Address& gateway : gateways)
    asked.emplace_back(
        executor, [&bell] { bell.cancel(); }, list_at(door, gateway, patience));
  const auto is_done = [](const Attempt<Agents>& each) { return each.done(); };
  while (!std::all_of(asked.begin(), asked.end(), is_done)) {
    bell.expires_at(std::chrono::steady_clock::time_point::max());
    ErrorCode rung;
    co_await bell.async_wait(asio::redirect_error(asio::use_awaitable, rung));
  }

  // Where two name the same computer, it has moved: the later one is right.
  std::map<std::string, control::ListedAgent> newest;
  bool answered = false;
  for (Attempt<Agents>& each : asked) {
    if (each.failure()) continue;
    answered = true;
    for (control::ListedAgent& agent : each.take()) {
      const auto known = newest.find(agent.computer.value);
      if (known == newest.end() || known->second.since < agent.since)
        newest[agent.computer.value] = agent;
    }
  }
  if (!answered) std::rethrow_exception(asked.front().failure());
  Agents agents;
  for (auto& [name, agent] : newest) agents.push_back(std::move(agent));
  co_return agents;
}

}  // namespace tasuki::client
