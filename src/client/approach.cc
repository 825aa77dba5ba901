#include "client/approach.h"

namespace tasuki::client {
namespace {

int weight(std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const control::RefusedByGateway& refused) {
    return refused.reason == control::Refusal::unavailable ? 2 : 1;
  } catch (const std::exception&) {
    return 0;
  }
}

}  // namespace

asio::awaitable<Approach> approach(const peer::Door& door, net::Address gateway,
                                   control::ComputerId computer, peer::Patience patience,
                                   std::chrono::seconds pairing) {
  peer::Admitted admitted = co_await peer::enter(door, control::Role::client, gateway, patience);
  const ByteString request = admitted.admission->connect(computer);
  co_await peer::say(admitted.line, request);
  const wire::Frame answer = co_await peer::next_answer(admitted.line, pairing);
  control::expect<control::Paired>(answer);
  Approach made;
  made.arrived = admitted.line.frames->take_leftover();
  made.stream = std::move(admitted.line.stream);
  made.way = gateway.text();
  co_return made;
}

asio::awaitable<Approach> approach(const peer::Door& door, control::ComputerId computer) {
  std::exception_ptr telling;
  const auto& gateways = door.profile.gateways;
  for (std::size_t i = 0; i < gateways.size(); ++i) {
    std::exception_ptr failure;
    try {
      const peer::Patience patience = i + 1 < gateways.size() ? peer::hurried : peer::Patience{};
      Approach made = co_await approach(door, gateways[i], computer, patience);
      co_return made;
    } catch (const std::exception&) {
      failure = std::current_exception();
    }
    if (!telling || weight(failure) > weight(telling)) telling = failure;
  }
  std::rethrow_exception(telling);  // a profile has at least one gateway
}

}  // namespace tasuki::client
