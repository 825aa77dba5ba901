#include "gateway/rendezvous.h"

namespace tasuki::gateway {

asio::awaitable<net::StreamPtr> Rendezvous::wait(const control::Token& token, Waiting waiting,
                                                 std::chrono::steady_clock::duration limit) {
  const auto executor = waiting.client->executor();
  const auto place =
      std::make_shared<Place>(Place{std::move(waiting), asio::steady_timer(executor, limit)});
  waiting_.emplace(token, place);

  ErrorCode cancelled;
  co_await place->timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));

  waiting_.erase(token);  // unless it was taken: then it is gone already
  co_return std::move(place->waiting.client);
}

// Tokens are 256 random bits: how long a look-up takes tells nothing worth knowing.
std::optional<crypto::PublicKey> Rendezvous::agent_of(const control::Token& token) const {
  const auto it = waiting_.find(token);
  if (it == waiting_.end()) return std::nullopt;
  return it->second->waiting.agent;
}

std::optional<Rendezvous::Waiting> Rendezvous::take(const control::Token& token) {
  const auto it = waiting_.find(token);
  if (it == waiting_.end()) return std::nullopt;
  const std::shared_ptr<Place> place = it->second;
  waiting_.erase(it);
  place->timer.cancel();
  return std::move(place->waiting);
}

void Rendezvous::decline(const control::Token& token, const crypto::PublicKey& agent) {
  const auto it = waiting_.find(token);
  if (it == waiting_.end() || !(it->second->waiting.agent == agent)) return;
  it->second->timer.cancel();
}

void Rendezvous::agent_gone(const crypto::PublicKey& agent) {
  for (const auto& [token, place] : waiting_)
    if (place->waiting.agent == agent) place->timer.cancel();
}

}  // namespace tasuki::gateway
