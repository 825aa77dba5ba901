#include "log/numbered_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <system_error>
#include <vector>

namespace tasuki::log {
namespace {

constexpr mode_t file_mode = 0640;  // a group may be given the logs to read

[[noreturn]] void fail(const std::filesystem::path& file) {
  throw std::system_error(errno, std::generic_category(), file.string());
}

std::string tag_of(const std::string& prefix, unsigned number) {
  std::string digits = std::to_string(number);
  digits.insert(0, 3 - std::min<std::size_t>(3, digits.size()), '0');
  return prefix + digits;
}

// The number in a file's name; nullopt: not one of our files.
std::optional<unsigned> number_of(const std::string& name, const std::string& prefix) {
  constexpr std::string_view suffix = ".log";
  if (!name.starts_with(prefix) || !name.ends_with(suffix) ||
      name.size() < prefix.size() + suffix.size())
    return std::nullopt;
  const std::string digits =
      name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
  unsigned number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return tag_of(prefix, number) + std::string(suffix) == name ? std::optional(number)
                                                              : std::nullopt;
}

std::vector<unsigned> numbers_in(const std::filesystem::path& directory,
                                 const std::string& prefix) {
  std::vector<unsigned> numbers;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    if (const auto number = number_of(entry.path().filename().string(), prefix))
      numbers.push_back(*number);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace

NumberedFiles::NumberedFiles(std::filesystem::path directory, std::string prefix,
                             std::size_t largest_bytes, std::size_t files, bool new_file)
    : directory_(std::move(directory)),
      prefix_(std::move(prefix)),
      largest_(largest_bytes),
      files_(std::max<std::size_t>(1, files)) {
  std::filesystem::create_directories(directory_);
  const std::vector<unsigned> numbers = numbers_in(directory_, prefix_);
  number_ = numbers.empty() ? 0 : numbers.back();
  if (new_file)
    begin_next();
  else
    open(std::max(1u, number_));
  remove_old();
}

NumberedFiles::~NumberedFiles() {
  close();
}

void NumberedFiles::make_room(std::size_t bytes) {
  if (descriptor_ >= 0 && (size_ == 0 || size_ + bytes <= largest_)) return;
  if (descriptor_ >= 0)
    begin_next();
  else
    open(number_);
  remove_old();
}

void NumberedFiles::write(std::string_view line) {
  while (!line.empty()) {
    const ssize_t written = ::write(descriptor_, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(directory_ / (tag_ + ".log"));
    size_ += std::size_t(written);
    line.remove_prefix(std::size_t(written));
  }
}

void NumberedFiles::begin_next() {
  close();
  while (!begin(++number_)) continue;
}

bool NumberedFiles::begin(unsigned number) {
  const std::filesystem::path file = directory_ / (tag_of(prefix_, number) + ".log");
  const int made = ::open(file.c_str(),
                          O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, file_mode);
  if (made < 0 && errno == EEXIST) return false;
  if (made < 0) fail(file);
  adopt(made, number);
  return true;
}

void NumberedFiles::open(unsigned number) {
  const std::filesystem::path file = directory_ / (tag_of(prefix_, number) + ".log");
  const int opened =
      ::open(file.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, file_mode);
  if (opened < 0) fail(file);
  adopt(opened, number);

  // After a crash the last line may be cut: ours begins on a line of its own.
  char last = '\n';
  if (size_ > 0 && ::pread(descriptor_, &last, 1, off_t(size_ - 1)) == 1 && last != '\n')
    write("\n");
}

void NumberedFiles::adopt(int descriptor, unsigned number) {
  descriptor_ = descriptor;
  number_ = number;
  tag_ = tag_of(prefix_, number);
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) fail(directory_ / (tag_ + ".log"));
  size_ = std::size_t(status.st_size);
}

void NumberedFiles::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

void NumberedFiles::remove_old() {
  const std::vector<unsigned> numbers = numbers_in(directory_, prefix_);
  for (std::size_t i = 0; i + files_ < numbers.size(); ++i) {
    // A file that cannot be removed is no reason to stop logging.
    std::error_code ignored;
    std::filesystem::remove(directory_ / (tag_of(prefix_, numbers[i]) + ".log"), ignored);
  }
}

}  // namespace tasuki::log
