// Files as Tasuki keeps them: written whole or not at all, read up to a limit,
// private unless said otherwise. All throw FileError.
#pragma once

#include "config/words.h"
#include "crypto/secret.h"

#include <filesystem>
#include <optional>
#include <stdexcept>

namespace tasuki::config {

struct FileError : std::runtime_error {
  explicit FileError(Words why) : std::runtime_error(why.en), words(std::move(why)) {}
  Words words;
};

enum class Mode { secret = 0600, shared = 0644 };

// What a write has to survive. A flush to the disk takes milliseconds: what is written
// at every turn, and is a nuisance rather than a loss when a power cut takes it back,
// does without.
enum class Survive { power_cut, process };

// Writes beside the file, flushes to the disk, and renames over it: after a power
// cut there is the old file or the new one, never half of one.
void write_file(const std::filesystem::path& file, Bytes content, Mode mode = Mode::secret,
                Survive survive = Survive::power_cut);

// The same, but refuses when the file exists already, also when another process
// makes it at this moment.
void create_file(const std::filesystem::path& file, Bytes content, Mode mode = Mode::secret);

// A whole regular file of at most `most` bytes.
std::string read_file(const std::filesystem::path& file, std::size_t most);
crypto::Secret read_secret(const std::filesystem::path& file, std::size_t most);

// The first line of a file that holds a password, without its line end.
crypto::Secret read_password_file(const std::filesystem::path& file);

// A directory for this user alone (0700), made with its parents. One that exists is
// left as it is, and refused if others may write into it.
void make_private_directory(const std::filesystem::path& directory);

// What to tell the owner of a secret file that group or world may read. nullopt: all
// is well, or there is no such file.
std::optional<Words> exposed(const std::filesystem::path& file);

// A path that a configuration file names: relative ones start from the file's own
// directory. Empty stays empty.
std::filesystem::path beside(const std::filesystem::path& file, const std::filesystem::path& path);

}  // namespace tasuki::config
