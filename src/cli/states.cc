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

namespace {

void require(const fs::path& file, const Message& missing) {
  std::error_code why;
  if (fs::exists(file, why)) return;
  const Filling state = place("state", file.parent_path().string());
  const bool closed = why == std::errc::permission_denied;
  throw Trouble(Exit::configuration, fill(closed ? say::state_closed : missing, {state}));
}

}  // namespace

void require_gateway(const fs::path& state) {
  require(state / "store.db", say::no_gateway_here);
}

void require_agent(const fs::path& state) {
  require(state / "identity.key", say::no_agent_here);
}

std::optional<nlohmann::json> ask_gateway(const fs::path& state, const nlohmann::json& request,
                                          std::chrono::seconds limit) {
  try {
    return gateway::ask_gateway(state / "admin.sock", request, limit);
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
