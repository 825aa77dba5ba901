// How a session that runs is shown to people: by `tasuki status`, `tasuki agent status`
// and while it runs. What is shown comes as peer::describe() gives it.
#pragma once

#include "cli/console.h"
#include "peer/live_session.h"

#include <nlohmann/json_fwd.hpp>

namespace tasuki::cli {

std::string round_trip_text(const nlohmann::json& session);              // "0.8 ms", "-"
std::string byte_text(std::uint64_t bytes);                              // "512 B", "3.1 MB"
std::string way_text(const nlohmann::json& session, Language language);  // "lost" among it

// Its channels, a row each; nothing when there are none.
void show_channels(Console& console, const nlohmann::json& session);

std::string span_text(std::chrono::seconds time);  // "61 min", "40 s"

// One line when the line is lost, and one when it is back.
void tell(Console& console, const std::string& computer, const peer::LineNews& news);

}  // namespace tasuki::cli
