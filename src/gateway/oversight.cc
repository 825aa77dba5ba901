// What an administrator may see of a running gateway, and do to it (admin.h).
#include "gateway/gateway.h"

namespace tasuki::gateway {

using control::Refusal;

std::vector<Gateway::PairFacts> Gateway::pairs() const {
  std::vector<PairFacts> facts;
  for (const auto& [number, pair] : pairs_) {
    facts.push_back(pair.facts);
    facts.back().traffic = pair.forwarder->traffic();
  }
  return facts;
}

bool Gateway::end_pair(std::uint64_t number) {
  const auto it = pairs_.find(number);
  if (it == pairs_.end()) return false;
  const auto forwarder = it->second.forwarder;
  forwarder->abort(std::make_error_code(std::errc::operation_canceled));
  return true;
}

void Gateway::key_revoked(const control::KeyLabel& label) {
  for (AgentLine* line : registry_.with_key(label))
    line->shared_from_this()->refuse(Refusal::revoked);
  for (const PairFacts& pair : pairs())
    if (pair.label == label) end_pair(pair.number);
}

void Gateway::released(const control::KeyLabel& label, const control::ComputerId& computer) {
  if (AgentLine* line = registry_.find(label, computer))
    line->shared_from_this()->refuse(Refusal::ended);
}

}  // namespace tasuki::gateway
