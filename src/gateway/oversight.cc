// What an administrator may see of a running gateway, and do to it (admin.h).
#include "gateway/gateway.h"

namespace tasuki::gateway {

using control::Refusal;

namespace {

// For client and agent, to say goodbye to each other.
constexpr std::chrono::seconds last_words_limit{1};

}  // namespace

std::vector<Gateway::PairFacts> Gateway::pairs() const {
  std::vector<PairFacts> facts;
  for (const auto& [number, pair] : pairs_) {
    facts.push_back(pair.facts);
    facts.back().traffic = pair.forwarder->traffic();
  }
  return facts;
}

// The agent is told, and ends the session in so many words, while it still has the pair.
bool Gateway::end_pair(std::uint64_t number) {
  const auto it = pairs_.find(number);
  if (it == pairs_.end()) return false;
  AgentLine* const line = registry_.find(it->second.facts.label, it->second.facts.computer);
  if (!line || !line->end_session(it->second.id)) {
    cut_pair(number);
    return true;
  }
  const auto moment = std::make_shared<asio::steady_timer>(loop_, last_words_limit);
  moment->async_wait([this, number, moment](ErrorCode cancelled) {
    if (!cancelled) cut_pair(number);
  });
  return true;
}

void Gateway::cut_pair(std::uint64_t number) {
  const auto it = pairs_.find(number);
  if (it == pairs_.end()) return;
  const auto forwarder = it->second.forwarder;
  forwarder->abort(std::make_error_code(std::errc::operation_canceled));
}

void Gateway::key_revoked(const control::KeyLabel& label) {
  for (AgentLine* line : registry_.with_key(label))
    line->shared_from_this()->refuse(Refusal::revoked);
  for (const PairFacts& pair : pairs())
    if (pair.label == label) cut_pair(pair.number);
}

void Gateway::released(const control::KeyLabel& label, const control::ComputerId& computer) {
  if (AgentLine* line = registry_.find(label, computer))
    line->shared_from_this()->refuse(Refusal::ended);
}

}  // namespace tasuki::gateway
