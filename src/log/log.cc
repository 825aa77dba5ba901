// A line is made here, and given to spdlog, which filters by level, keeps threads
// apart, and survives a full disk. The sinks below add what depends on where the line
// goes: its time, its file's tag, its number.
#include "log/log.h"

#include "log/escape.h"
#include "log/numbered_files.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include <sys/stat.h>
#include <unistd.h>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <mutex>

namespace tasuki::log {
namespace {

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warning: return spdlog::level::warn;
    case Level::error: break;
  }
  return spdlog::level::err;
}

std::string_view level_name(spdlog::level::level_enum level) {
  if (level <= spdlog::level::debug) return "debug";
  if (level == spdlog::level::info) return "info";
  return level == spdlog::level::warn ? "warning" : "error";
}

// "2026-01-31T12:34:56.789+09:00"
std::string local_time(spdlog::log_clock::time_point at) {
  using namespace std::chrono;
  const std::time_t seconds = spdlog::log_clock::to_time_t(at);
  const auto millis = duration_cast<milliseconds>(at.time_since_epoch()).count() % 1000;
  std::tm local{};
  ::localtime_r(&seconds, &local);
  const long offset = local.tm_gmtoff / 60;  // minutes
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}{}{:02}:{:02}", local.tm_year + 1900,
                     local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec,
                     millis, offset < 0 ? '-' : '+', std::abs(offset) / 60, std::abs(offset) % 60);
}

// Numbers the lines, under the lock that also orders them.
class Sink : public spdlog::sinks::base_sink<std::mutex> {
protected:
  virtual void line(const spdlog::details::log_msg& message, const std::string& numbered) = 0;

private:
  void sink_it_(const spdlog::details::log_msg& message) final {
    line(message, fmt::format("seq={} lvl={} {}\n", ++sequence_, level_name(message.level),
                              std::string_view(message.payload.data(), message.payload.size())));
  }
  void flush_() final {}  // each line is written as it comes

  std::uint64_t sequence_ = 0;
};

class FileSink final : public Sink {
public:
  explicit FileSink(const Settings& settings)
      : files_(settings.directory, settings.prefix, settings.file_mebibytes * 1024 * 1024,
               settings.files, settings.new_file) {}

private:
  void line(const spdlog::details::log_msg& message, const std::string& numbered) override {
    const std::string time = local_time(message.time) + " ";
    files_.make_room(time.size() + files_.tag().size() + 1 + numbered.size());
    files_.write(time + files_.tag() + " " + numbered);
  }

  NumberedFiles files_;
};

class ErrorSink : public Sink {
protected:
  void line(const spdlog::details::log_msg& message, const std::string& numbered) override {
    put(local_time(message.time) + " " + numbered);
  }
  static void put(std::string_view text) {
    // Nobody is left to be told when this fails.
    while (!text.empty()) {
      const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
      if (written <= 0 && errno != EINTR) return;
      if (written > 0) text.remove_prefix(std::size_t(written));
    }
  }
};

// Standard error that journald reads: it has its own time, and takes a line's
// priority from "<N>" (sd-daemon(3)).
class JournalSink final : public ErrorSink {
private:
  void line(const spdlog::details::log_msg& message, const std::string& numbered) override {
    const int priority = message.level <= spdlog::level::debug  ? 7
                         : message.level == spdlog::level::info ? 6
                         : message.level == spdlog::level::warn ? 4
                                                                : 3;
    put("<" + std::to_string(priority) + ">" + numbered);
  }
};

// True if standard error itself goes to the journal: a program that a service has
// started inherits the variable, but may have been given another standard error.
bool journal_reads_us() {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (!stream || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

std::shared_ptr<spdlog::logger> make_logger(const Settings& settings) {
  spdlog::sink_ptr sink;
  if (!settings.directory.empty())
    sink = std::make_shared<FileSink>(settings);
  else if (journal_reads_us())
    sink = std::make_shared<JournalSink>();
  else
    sink = std::make_shared<ErrorSink>();
  auto logger = std::make_shared<spdlog::logger>("tasuki", std::move(sink));
  logger->set_level(spdlog_level(settings.level));
  return logger;
}

// Shared: by the holder, and by threads that are writing a line while it is replaced.
struct Current {
  std::mutex lock;
  std::shared_ptr<spdlog::logger> logger;
};

Current& current() {
  static Current current;
  return current;
}

std::shared_ptr<spdlog::logger> logger() {
  Current& now = current();
  const std::scoped_lock hold(now.lock);
  if (!now.logger) now.logger = make_logger({});
  return now.logger;
}

}  // namespace

void open(const Settings& settings) {
  auto opened = make_logger(settings);
  const std::scoped_lock hold(current().lock);
  current().logger = std::move(opened);
}

void event(Level level, std::string_view name, std::initializer_list<Field> fields) {
  const auto log = logger();
  if (!log->should_log(spdlog_level(level))) return;
  std::string line = "evt=" + word(name);
  for (const Field& field : fields) line += " " + word(field.key) + "=" + escaped(field.value);
  log->log(spdlog_level(level), line);
}

}  // namespace tasuki::log
