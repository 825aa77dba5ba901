#include "peer/facts.h"

#include <nlohmann/json.hpp>

namespace tasuki::peer {

nlohmann::json describe(const LiveSession& live) {
  const inner::Session& session = live.session();
  const auto& carrier = live.carrier();
  nlohmann::json channels = nlohmann::json::array();
  for (const auto& channel : session.facts())
    channels.push_back({{"channel", channel.number},
                        {"target", channel.target},
                        {"priority", name(channel.priority)},
                        {"open", channel.open},
                        {"sent", channel.sent},
                        {"received", channel.received},
                        {"may_send", channel.credit},
                        {"may_receive", channel.room},
                        {"queued", channel.queued}});
  const auto round_trip = std::chrono::duration_cast<std::chrono::microseconds>(
      carrier ? carrier->round_trip() : Carrier::Time::duration{});
  return {{"way", carrier ? carrier->way() : ""},
          {"lost", live.lost()},
          {"round_trip_us", round_trip.count()},
          {"resumes", live.resumes()},
          {"memory", session.memory_used()},
          {"bytes_sent", session.bytes_sent()},
          {"bytes_received", session.bytes_received()},
          {"channels", channels}};
}

}  // namespace tasuki::peer
