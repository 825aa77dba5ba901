#include "store/database.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>

namespace tasuki::store {
namespace {

constexpr int busy_milliseconds = 5000;  // how long another process may hold the file

// SQLite would make the file readable for all that the umask lets.
void make_private(const std::string& file) {
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (made >= 0) {
    ::close(made);
  } else if (errno != EEXIST) {
    throw std::runtime_error(file + ": cannot be made: " + std::generic_category().message(errno));
  }
}

// SQLite takes a file that is cut within its first page for an empty one, and would
// begin it anew. (One without any bytes is new: another process just made it.)
bool is_cut(const std::string& file) {
  constexpr off_t smallest_page = 512;
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 && status.st_size > 0 && status.st_size < smallest_page;
}

}  // namespace

Database::Database(const std::filesystem::path& file) : file_(file.string()) {
  make_private(file_);
  if (is_cut(file_)) damaged("is cut short");
  ::sqlite3* handle = nullptr;
  const int code = ::sqlite3_open_v2(file_.c_str(), &handle,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) fail(code);
  ::sqlite3_extended_result_codes(handle, 1);
  ::sqlite3_busy_timeout(handle, busy_milliseconds);
}

void Database::run(const char* sql) {
  const int code = ::sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t Database::number(const char* sql) {
  Statement query(*this, sql);
  return query.step() ? query.number(0) : 0;
}

std::string Database::text(const char* sql) {
  Statement query(*this, sql);
  return query.step() ? query.text(0) : std::string();
}

void Database::fail(int code) const {
  const int kind = code & 0xff;
  if (kind == SQLITE_NOTADB) damaged("is not a database");
  if (kind == SQLITE_CORRUPT) damaged("is damaged");
  if (kind == SQLITE_BUSY || kind == SQLITE_LOCKED)
    throw std::runtime_error(file_ + ": another process holds it; try again");
  const char* const why = handle_ ? ::sqlite3_errmsg(handle_.get()) : ::sqlite3_errstr(code);
  throw std::runtime_error(file_ + ": " + why);
}

void Database::damaged(const std::string& what) const {
  throw std::runtime_error(file_ + ": " + what +
                           "; put back a copy of it, or move it away (with its -wal and -shm "
                           "files) to begin with an empty store and add the gateway keys anew");
}

Statement::Statement(Database& database, const char* sql) : database_(&database) {
  ::sqlite3_stmt* handle = nullptr;
  const int code =
      ::sqlite3_prepare_v3(database.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  handle_.reset(handle);
  // The statements are ours and right: it is the tables that are not.
  if (code == SQLITE_ERROR) database.damaged("does not have the tables it should have");
  check(code);
}

bool Statement::step() {
  const int code = ::sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  reset();
  if (code != SQLITE_DONE) database_->fail(code);
  return false;
}

std::string Statement::text(int column) const {
  return std::string(as_text(bytes(column)));
}

Bytes Statement::bytes(int column) const {
  const void* const start = ::sqlite3_column_blob(handle_.get(), column);
  const int size = ::sqlite3_column_bytes(handle_.get(), column);
  return {static_cast<const std::uint8_t*>(start), start ? std::size_t(size) : 0};
}

void Statement::put(int index, std::int64_t value) {
  check(::sqlite3_bind_int64(handle_.get(), index, value));
}

void Statement::put(int index, const std::string& value) {
  check(
      ::sqlite3_bind_text(handle_.get(), index, value.data(), int(value.size()), SQLITE_TRANSIENT));
}

void Statement::put(int index, Bytes value) {
  check(
      ::sqlite3_bind_blob(handle_.get(), index, value.data(), int(value.size()), SQLITE_TRANSIENT));
}

void Statement::check(int code) {
  if (code != SQLITE_OK) database_->fail(code);
}

Transaction::~Transaction() {
  if (open_) ::sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

}  // namespace tasuki::store
