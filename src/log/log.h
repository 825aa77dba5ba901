// What happened, one event a line. The only global state there is.
//
//   2026-01-31T12:34:56.789+09:00 GW001 seq=17 lvl=info evt=CLIENT_REFUSED ip=192.0.2.7
//   reason=unavailable
//
// Goes to numbered files in a directory, to journald when systemd started us, or
// to standard error. Values are quoted and escaped as needed, so that no peer can
// forge a line. Never pass a secret. Thread-safe.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>

namespace tasuki::log {

enum class Level { debug, info, warning, error };

struct Settings {
  std::filesystem::path directory{};  // empty: journald or standard error
  std::string prefix = "GW";          // file names: prefix, three digits, ".log"
  std::size_t file_mebibytes = 16;    // a file is closed when it is this large
  std::size_t files = 10;             // the oldest is then removed
  Level level = Level::info;
  bool new_file = false;  // begin one at once: another process still writes to the last
};

// Opens the log. Throws std::system_error when the directory cannot be used.
void open(const Settings& settings);

struct Field {
  std::string_view key;
  std::string value;
};

void event(Level level, std::string_view name, std::initializer_list<Field> fields);

inline void info(std::string_view name, std::initializer_list<Field> fields = {}) {
  event(Level::info, name, fields);
}
inline void warning(std::string_view name, std::initializer_list<Field> fields = {}) {
  event(Level::warning, name, fields);
}
inline void error(std::string_view name, std::initializer_list<Field> fields = {}) {
  event(Level::error, name, fields);
}

}  // namespace tasuki::log
