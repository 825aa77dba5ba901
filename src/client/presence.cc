#include "client/presence.h"

#include "client/config.h"

#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace tasuki::client {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view suffix = ".sock";

// One that is stopped, or busy beyond reason, must not hold the others up for long.
constexpr std::chrono::seconds patience{1};

// A directory itself, not a link to one, and ours: `su` and `sudo -E` leave us another
// person's environment, who could lead us anywhere.
bool is_our_directory(const fs::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
         status.st_uid == ::geteuid();
}

// Where systemd keeps what lasts as long as a person is logged in; else with the profiles.
fs::path directory() {
  const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime && *runtime == '/' && is_our_directory(runtime)) return fs::path(runtime) / "tasuki";
  return home_directory() / "run";
}

fs::path ours() {
  const fs::path where = directory();
  fs::create_directories(where);
  if (!is_our_directory(where))
    throw std::system_error(std::make_error_code(std::errc::permission_denied), where.string());
  fs::permissions(where, fs::perms::owner_all);
  return where / (std::to_string(::getpid()) + std::string(suffix));
}

}  // namespace

Presence::Presence(asio::io_context& loop, std::function<nlohmann::json()> describe)
    : server_(loop, ours(), [describe = std::move(describe)](const std::string&) {
        return describe().dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      }) {}

std::vector<nlohmann::json> ask_everyone() {
  std::vector<nlohmann::json> answers;
  const fs::path where = directory();
  if (!is_our_directory(where)) return answers;
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator(where, none)) {
    if (entry.path().extension() != suffix) continue;
    std::optional<std::string> answer;
    bool silent = false;
    try {
      answer = net::ask_local(entry.path(), "{\"op\":\"status\"}", patience);
    } catch (const std::system_error&) {
      silent = true;  // it is there, and does not answer: it may, another time
    }
    if (!answer && !silent) fs::remove(entry.path(), none);
    if (!answer) continue;
    auto parsed = nlohmann::json::parse(*answer, nullptr, false);
    if (parsed.is_object()) answers.push_back(std::move(parsed));
  }
  std::sort(answers.begin(), answers.end(), [](const auto& left, const auto& right) {
    return left.value("since", std::int64_t(0)) < right.value("since", std::int64_t(0));
  });
  return answers;
}

}  // namespace tasuki::client
