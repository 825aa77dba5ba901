#include "config/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>
#include <utility>

namespace tasuki::config {
namespace {

constexpr std::size_t longest_password = 1024;  // bytes

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& en,
                       const std::string& ja) {
  throw FileError({file.string() + ": " + en, file.string() + ": " + ja});
}

// After a system call: says which of our doings it was, and the system's reason.
[[noreturn]] void fail_errno(const std::filesystem::path& file, const std::string& en,
                             const std::string& ja) {
  const std::string why = std::generic_category().message(errno);
  fail(file, en + ": " + why, ja + ": " + why);
}

class Descriptor {
public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }

private:
  int number_;
};

std::filesystem::path directory_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

// A file with its content on the disk, under a name of its own until it is put in
// place; removed if it never is.
class Draft {
public:
  Draft(const std::filesystem::path& file, Bytes content, Mode mode, Survive survive)
      : flush_(survive == Survive::power_cut),
        name_((directory_of(file) / ("." + file.filename().string() + ".XXXXXX")).string()) {
    const Descriptor out(::mkostemp(name_.data(), O_CLOEXEC));  // makes it 0600
    if (out.get() < 0) {
      name_.clear();
      fail_errno(file, "cannot be written", "書き込めません");
    }
    try {
      fill(out.get(), file, content);
      // A secret stays as it was made; file systems without modes would refuse this.
      if (mode != Mode::secret && ::fchmod(out.get(), mode_t(mode)) != 0)
        fail_errno(file, "cannot be given its mode", "アクセス権を設定できません");
      if (flush_ && ::fsync(out.get()) != 0)
        fail_errno(file, "cannot be written", "書き込めません");
    } catch (...) {
      discard();
      throw;
    }
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() { discard(); }

  void replace(const std::filesystem::path& file) {
    if (::rename(name_.c_str(), file.c_str()) != 0)
      fail_errno(file, "cannot be written", "書き込めません");
    placed(file);
  }

  // As replace(), but never over an existing file. Not every file system knows the
  // first way (NFS), nor every one the second (FAT).
  void place_new(const std::filesystem::path& file) {
    int failed = ::renameat2(AT_FDCWD, name_.c_str(), AT_FDCWD, file.c_str(), RENAME_NOREPLACE);
    if (failed && (errno == EINVAL || errno == ENOSYS)) {
      failed = ::link(name_.c_str(), file.c_str());
      if (!failed) ::unlink(name_.c_str());
    }
    if (failed && errno == EEXIST) fail(file, "exists already", "既に存在します");
    if (failed) fail_errno(file, "cannot be written", "書き込めません");
    placed(file);
  }

private:
  static void fill(int out, const std::filesystem::path& file, Bytes content) {
    while (!content.empty()) {
      const ssize_t written = ::write(out, content.data(), content.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail_errno(file, "cannot be written", "書き込めません");
      content = content.subspan(std::size_t(written));
    }
  }

  // The name itself is on the disk only when the directory is.
  void placed(const std::filesystem::path& file) {
    name_.clear();
    if (!flush_) return;
    const Descriptor directory(
        ::open(directory_of(file).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() >= 0) ::fsync(directory.get());
  }

  void discard() {
    if (!name_.empty()) ::unlink(name_.c_str());
    name_.clear();
  }

  const bool flush_;
  std::string name_;
};

// Reads a whole file into what `room(size)` gives.
template <typename Room>
std::size_t read_whole(const std::filesystem::path& file, std::size_t most, const Room& room) {
  // O_NONBLOCK: a pipe without a writer must not hold us.
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (in.get() < 0) fail_errno(file, "cannot be read", "読めません");
  struct stat status {};
  if (::fstat(in.get(), &status) != 0) fail_errno(file, "cannot be read", "読めません");
  if (!S_ISREG(status.st_mode)) fail(file, "is not a file", "通常のファイルではありません");
  if (std::uintmax_t(status.st_size) > most)
    fail(file, "is too large: more than " + std::to_string(most) + " bytes",
         "大きすぎます（上限 " + std::to_string(most) + " バイト）");

  const Buffer buffer = room(std::size_t(status.st_size));
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t got = ::read(in.get(), buffer.data() + filled, buffer.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_errno(file, "cannot be read", "読めません");
    if (got == 0) break;
    filled += std::size_t(got);
  }
  return filled;
}

}  // namespace

void write_file(const std::filesystem::path& file, Bytes content, Mode mode, Survive survive) {
  Draft(file, content, mode, survive).replace(file);
}

void create_file(const std::filesystem::path& file, Bytes content, Mode mode) {
  Draft(file, content, mode, Survive::power_cut).place_new(file);
}

std::string read_file(const std::filesystem::path& file, std::size_t most) {
  std::string text;
  const std::size_t size = read_whole(file, most, [&](std::size_t room) {
    text.resize(room);
    return Buffer(reinterpret_cast<std::uint8_t*>(text.data()), text.size());
  });
  text.resize(size);
  return text;
}

crypto::Secret read_secret(const std::filesystem::path& file, std::size_t most) {
  crypto::Secret secret;
  const std::size_t size = read_whole(file, most, [&](std::size_t room) {
    secret = crypto::Secret(room);
    return secret.buffer();
  });
  return size == secret.size() ? std::move(secret) : crypto::Secret(secret.bytes().first(size));
}

crypto::Secret read_password_file(const std::filesystem::path& file) {
  const crypto::Secret whole = read_secret(file, 64 * 1024);
  std::string_view line = as_text(whole.bytes());
  line = line.substr(0, line.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty())
    fail(file, "its first line is empty; it should be the password",
         "最初の行が空です。パスワードを書いてください");
  if (line.size() > longest_password)
    fail(file, "its first line is too long for a password",
         "最初の行がパスワードとしては長すぎます");
  return crypto::Secret(as_bytes(line));
}

void make_private_directory(const std::filesystem::path& directory) {
  std::error_code error;
  if (directory.has_parent_path())
    std::filesystem::create_directories(directory.parent_path(), error);
  if (::mkdir(directory.c_str(), 0700) == 0) return;
  if (errno != EEXIST) fail_errno(directory, "cannot be made", "作成できません");

  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0)
    fail_errno(directory, "cannot be used", "使えません");
  if (!S_ISDIR(status.st_mode)) fail(directory, "is not a directory", "ディレクトリではありません");
  if (status.st_mode & 022)
    fail(directory, "others may write into it; run: chmod go-w '" + directory.string() + "'",
         "他のユーザーが書き込めます。次を実行してください: chmod go-w '" + directory.string() +
             "'");
}

std::optional<Words> exposed(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || !(status.st_mode & 044)) return std::nullopt;
  const std::string cure = "chmod go= '" + file.string() + "'";
  return Words{file.string() + ": holds a secret, and others may read it; run: " + cure,
               file.string() +
                   ": 秘密のファイルですが他のユーザーが読めます。次を実行してください: " + cure};
}

std::filesystem::path beside(const std::filesystem::path& file, const std::filesystem::path& path) {
  if (path.empty() || path.is_absolute()) return path;
  const auto whole = (std::filesystem::absolute(file).parent_path() / path).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();  // "/a/." has become "/a/"
}

}  // namespace tasuki::config
