// Log files in a directory: GW001.log, GW002.log and so on. The highest number is
// written to; when it is full the next one begins and the oldest is removed.
//
// Not thread-safe. Throws std::system_error when the disk fails.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace tasuki::log {

class NumberedFiles {
public:
  // Goes on with the highest number that is there, or begins the next. No two processes
  // ever begin the same one.
  NumberedFiles(std::filesystem::path directory, std::string prefix, std::size_t largest_bytes,
                std::size_t files, bool new_file = false);
  ~NumberedFiles();
  NumberedFiles(const NumberedFiles&) = delete;
  NumberedFiles& operator=(const NumberedFiles&) = delete;

  // Goes to a new file if the current one has no room for so many bytes more.
  void make_room(std::size_t bytes);
  void write(std::string_view line);

  const std::string& tag() const { return tag_; }  // "GW001"

private:
  void open(unsigned number);
  bool begin(unsigned number);  // false: it is there already
  void begin_next();
  void adopt(int descriptor, unsigned number);
  void close();
  void remove_old();

  std::filesystem::path directory_;
  std::string prefix_;
  std::size_t largest_;
  std::size_t files_;
  unsigned number_ = 0;
  std::string tag_;
  int descriptor_ = -1;
  std::size_t size_ = 0;  // of the current file
};

}  // namespace tasuki::log
