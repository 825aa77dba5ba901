// SQLite in C++: handles that close themselves, statements that bind and read typed
// values, failures that are exceptions and name the file.
//
// Used by sqlite.cc alone. Not thread-safe.
#pragma once

#include "wire/bytes.h"

#include <sqlite3.h>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace tasuki::store {

class Database {
public:
  // Opens the file, or makes it with mode 0600.
  explicit Database(const std::filesystem::path& file);

  void run(const char* sql);             // statements without parameters or rows
  std::int64_t number(const char* sql);  // the one number that a query yields
  std::string text(const char* sql);     // the one text that a query yields
  int changes() const { return ::sqlite3_changes(handle_.get()); }

  // Throws what the last failure was, with the file's name and the cure.
  [[noreturn]] void fail(int code) const;
  [[noreturn]] void damaged(const std::string& what) const;

  const std::string& file() const { return file_; }
  ::sqlite3* handle() const { return handle_.get(); }

private:
  struct Close {
    void operator()(::sqlite3* handle) const { ::sqlite3_close_v2(handle); }
  };

  std::string file_;
  std::unique_ptr<::sqlite3, Close> handle_;
};

// A prepared statement:
//
//   Statement find(database, "SELECT name FROM gateway_key WHERE label = ?");
//   for (find.bind(label.text()); find.step();) use(find.text(0));
class Statement {
public:
  Statement(Database& database, const char* sql);

  // Starts anew with these parameters. Texts and bytes are copied.
  template <typename... Values>
  Statement& bind(const Values&... values) {
    reset();
    int index = 0;
    (put(++index, values), ...);
    return *this;
  }

  bool step();  // true: there is a row; false: done, and ready to be bound again
  void run() {
    while (step()) {
    }
  }

  // Columns of the row, counted from 0. Text and bytes are valid until the next step.
  std::int64_t number(int column) const { return ::sqlite3_column_int64(handle_.get(), column); }
  std::string text(int column) const;
  Bytes bytes(int column) const;

private:
  struct Finalize {
    void operator()(::sqlite3_stmt* handle) const { ::sqlite3_finalize(handle); }
  };

  void reset() { ::sqlite3_reset(handle_.get()); }
  void put(int index, std::int64_t value);
  void put(int index, const std::string& value);
  void put(int index, Bytes value);
  void check(int code);

  Database* database_;
  std::unique_ptr<::sqlite3_stmt, Finalize> handle_;
};

// A transaction that is undone unless committed. Takes the write lock at once, so
// that what it reads stays true until it writes.
class Transaction {
public:
  explicit Transaction(Database& database) : database_(database) {
    database_.run("BEGIN IMMEDIATE");
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

private:
  Database& database_;
  bool open_ = true;
};

}  // namespace tasuki::store
