#include "config/files.h"

#include "scratch.h"

#include <thread>
#include <vector>

namespace tasuki::config {
namespace {

std::string refusal(const auto& work) {
  try {
    work();
    return "nothing was refused";
  } catch (const FileError& error) {
    return error.what();
  }
}

TEST(Files, AreWrittenForTheirUserAlone) {
  const Scratch scratch;
  const mode_t before = ::umask(0);
  write_file(scratch / "secret", as_bytes("abc"));
  write_file(scratch / "shared", as_bytes("abc"), Mode::shared);
  ::umask(before);
  EXPECT_EQ(mode_of(scratch / "secret"), 0600u);
  EXPECT_EQ(mode_of(scratch / "shared"), 0644u);
}

TEST(Files, AreReplacedWholeAndLeaveNothingBeside) {
  const Scratch scratch;
  write_file(scratch / "file", as_bytes("a longer text than the next"));
  write_file(scratch / "file", as_bytes("short"));
  EXPECT_EQ(content_of(scratch / "file"), "short");
  EXPECT_EQ(files_in(scratch.path()), 1u);
}

TEST(Files, DoNotWriteThroughALink) {
  const Scratch scratch;
  const auto victim = scratch.write("victim", "precious");
  std::filesystem::create_symlink(victim, scratch / "file");
  write_file(scratch / "file", as_bytes("new"));
  EXPECT_EQ(content_of(victim), "precious");
  EXPECT_EQ(content_of(scratch / "file"), "new");
}

TEST(Files, AreNotMadeOverExistingOnes) {
  const Scratch scratch;
  create_file(scratch / "file", as_bytes("first"));
  const std::string why = refusal([&] { create_file(scratch / "file", as_bytes("second")); });
  EXPECT_NE(why.find("exists already"), std::string::npos) << why;
  EXPECT_EQ(content_of(scratch / "file"), "first");
  EXPECT_EQ(files_in(scratch.path()), 1u);
}

TEST(Files, AreMadeByOneOfManyWhoTry) {
  const Scratch scratch;
  std::vector<std::thread> threads;
  std::atomic<int> made = 0;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      try {
        create_file(scratch / "file", as_bytes(std::to_string(i)));
        ++made;
      } catch (const FileError&) {
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(files_in(scratch.path()), 1u);
}

TEST(Files, SayWhereTheyCannotBeWritten) {
  const Scratch scratch;
  const std::string why = refusal([&] { write_file(scratch / "no/file", as_bytes("x")); });
  EXPECT_NE(why.find("no/file: cannot be written: No such file or directory"), std::string::npos)
      << why;
}

TEST(Files, AreReadUpToALimit) {
  const Scratch scratch;
  const auto file = scratch.write("file", "12345");
  EXPECT_EQ(read_file(file, 5), "12345");
  EXPECT_EQ(as_text(read_secret(file, 5).bytes()), "12345");
  EXPECT_NE(refusal([&] { read_file(file, 4); }).find("too large"), std::string::npos);
}

TEST(Files, AreNeitherDirectoriesNorPipesNorDevices) {
  const Scratch scratch;
  ASSERT_EQ(::mkfifo((scratch / "pipe").c_str(), 0600), 0);
  EXPECT_NE(refusal([&] { read_file(scratch.path(), 10); }).find("is not a file"),
            std::string::npos);
  EXPECT_NE(refusal([&] { read_file(scratch / "pipe", 10); }).find("is not a file"),
            std::string::npos);
  EXPECT_NE(refusal([] { read_file("/dev/zero", 10); }).find("is not a file"), std::string::npos);
}

TEST(PasswordFile, IsItsFirstLine) {
  const Scratch scratch;
  const auto read = [&](const std::string& content) {
    return std::string(as_text(read_password_file(scratch.write("pw", content)).bytes()));
  };
  EXPECT_EQ(read("secret"), "secret");
  EXPECT_EQ(read("secret\n"), "secret");
  EXPECT_EQ(read("secret\r\nmore\n"), "secret");
  EXPECT_EQ(read(" two words \n"), " two words ");
  EXPECT_NE(refusal([&] { read("\nsecret\n"); }).find("empty"), std::string::npos);
  EXPECT_NE(refusal([&] { read(std::string(2000, 'x')); }).find("too long"), std::string::npos);
}

TEST(PrivateDirectory, IsMadeWithItsParents) {
  const Scratch scratch;
  make_private_directory(scratch / "a/b/c");
  EXPECT_EQ(mode_of(scratch / "a/b/c"), 0700u);
  make_private_directory(scratch / "a/b/c");  // and may exist
}

TEST(PrivateDirectory, IsNotOneInWhichOthersMayWrite) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch / "open");
  ::chmod((scratch / "open").c_str(), 0770);
  const std::string why = refusal([&] { make_private_directory(scratch / "open"); });
  EXPECT_NE(why.find("chmod go-w"), std::string::npos) << why;
  scratch.write("file", "");
  EXPECT_NE(refusal([&] { make_private_directory(scratch / "file"); }).find("not a directory"),
            std::string::npos);
}

TEST(ExposedFile, IsOneThatOthersMayRead) {
  const Scratch scratch;
  EXPECT_FALSE(exposed(scratch.write("private", "", 0600)));
  EXPECT_TRUE(exposed(scratch.write("group", "", 0640)));
  EXPECT_TRUE(exposed(scratch.write("world", "", 0604)));
  EXPECT_FALSE(exposed(scratch / "missing"));
}

TEST(PathInAConfiguration, StartsFromItsFile) {
  EXPECT_EQ(beside("/etc/tasuki/agent.toml", "log"), "/etc/tasuki/log");
  EXPECT_EQ(beside("/etc/tasuki/agent.toml", "../log"), "/etc/log");
  EXPECT_EQ(beside("/etc/tasuki/agent.toml", "/var/log"), "/var/log");
  EXPECT_EQ(beside("/etc/tasuki/agent.toml", ""), "");
}

}  // namespace
}  // namespace tasuki::config
