// Where gateways and agents keep their state, and what is said when there is none.
#pragma once

#include "cli/console.h"
#include "gateway/config.h"

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

namespace tasuki::cli {

// /var/lib/tasuki/gateway for root, else XDG_STATE_HOME/tasuki/gateway.
std::filesystem::path default_gateway_state();

// Throw Trouble when none was made in that directory.
void require_gateway(const std::filesystem::path& state);
void require_agent(const std::filesystem::path& state);

// Asks the gateway that runs with that state. nullopt: none runs. Throws Trouble when it
// makes no sense of it.
std::optional<nlohmann::json> ask_gateway(const std::filesystem::path& state,
                                          const nlohmann::json& request,
                                          std::chrono::seconds limit = std::chrono::seconds(5));

// The log as the configuration says; throws Trouble when it cannot be written.
void open_log(const log::Settings& settings);

}  // namespace tasuki::cli
