#include "cli/states.h"

#include "cli/catalogue.h"
#include "cli/exit.h"
#include "gateway/admin.h"

#include <unistd.h>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace tasuki::cli {

namespace fs = std::filesystem;

fs::path default_gateway_state() {
  if (::geteuid() == 0) return "/var/lib/tasuki/gateway";
  // The XDG specification says to ignore a relative path.
  const char* const state = std::getenv("XDG_STATE_HOME");
  if (state && fs::path(state).is_absolute()) return fs::path(state) / "tasuki/gateway";
  const char* const home = std::getenv("HOME");
  if (home && *home) return fs::path(home) / ".local/state/tasuki/gateway";
  throw Trouble(Exit::configuration, fill(say::no_home));
}

void require_gateway(const fs::path& state) {
  std::error_code unknown;
  if (fs::exists(state / "store.db", unknown)) return;
  throw Trouble(Exit::configuration, fill(say::no_gateway_here, {place("state", state.string())}));
}

std::optional<nlohmann::json> ask_gateway(const fs::path& state, const nlohmann::json& request) {
  try {
    return gateway::ask_gateway(state / "admin.sock", request);
  } catch (const std::runtime_error& error) {
    throw Trouble(Exit::failure,
                  fill(say::gateway_does_not_answer,
                       {place("state", state.string()), place("detail", error.what())}));
  }
}

void open_log(const log::Settings& settings) {
  try {
    log::open(settings);
  } catch (const std::system_error& error) {
    throw Trouble(Exit::configuration,
                  fill(say::log_unusable, {place("directory", settings.directory.string()),
                                           place("detail", error.code().message())}));
  }
}

}  // namespace tasuki::cli
