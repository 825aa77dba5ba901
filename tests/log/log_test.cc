#include "log/log.h"
#include "log/numbered_files.h"

#include "../config/scratch.h"

#include <fcntl.h>
#include <unistd.h>
#include <cstdlib>
#include <system_error>
#include <thread>
#include <vector>

namespace tasuki::log {
namespace {

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::vector<std::string> lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// A line with a 9 for each digit, and its time east of Greenwich.
std::string shape(std::string line) {
  for (char& c : line)
    if (c >= '0' && c <= '9') c = '9';
  if (line.size() > 23 && line[23] == '-') line[23] = '+';
  return line;
}

// Standard error goes to a file while this lives.
class StandardError {
public:
  explicit StandardError(const std::filesystem::path& file)
      : before_(::dup(STDERR_FILENO)),
        file_(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600)) {
    ::dup2(file_, STDERR_FILENO);
  }
  StandardError(const StandardError&) = delete;
  StandardError& operator=(const StandardError&) = delete;
  ~StandardError() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
    ::close(file_);
  }

  std::string journal_stream() const {
    struct stat status {};
    ::fstat(file_, &status);
    return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  }

private:
  int before_;
  int file_;
};

class LogTest : public testing::Test {
protected:
  ~LogTest() override {
    ::unsetenv("JOURNAL_STREAM");
    open({});  // so that no test writes into another's directory
  }

  Scratch scratch_;
};

TEST_F(LogTest, WritesOneLinePerEventWithTimeFileNumberLevelAndName) {
  open({.directory = scratch_.path()});
  warning("CLIENT_REFUSED", {{"ip", "192.0.2.7"}, {"reason", "not available"}});

  const auto lines = lines_of(scratch_ / "GW001.log");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(shape(lines[0]),
            "9999-99-99T99:99:99.999+99:99 GW999 seq=9 lvl=warning evt=CLIENT_REFUSED "
            "ip=999.9.9.9 reason=\"not available\"");
}

TEST_F(LogTest, GivesTheTimesOffsetFromUtc) {
  ::setenv("TZ", "Asia/Tokyo", 1);
  ::tzset();
  open({.directory = scratch_.path()});
  info("START");
  ::unsetenv("TZ");
  ::tzset();
  EXPECT_EQ(lines_of(scratch_ / "GW001.log").at(0).substr(23, 6), "+09:00");
}

TEST_F(LogTest, LeavesOutWhatIsLessImportantThanItsLevel) {
  open({.directory = scratch_.path(), .level = Level::warning});
  event(Level::debug, "A", {});
  info("B");
  warning("C");
  error("D");
  EXPECT_EQ(lines_of(scratch_ / "GW001.log").size(), 2u);
}

TEST_F(LogTest, LetsNoPeerForgeALine) {
  open({.directory = scratch_.path()});
  info("REGISTERED", {{"id", "x\n2026-01-31T00:00:00.000+00:00 GW001 seq=9 lvl=info evt=KEY_ADD"}});
  info("REGISTERED", {{"id", "x\" evt=KEY_ADD y=\"\r\x1b[1A"}});
  const auto lines = lines_of(scratch_ / "GW001.log");
  ASSERT_EQ(lines.size(), 2u);
  for (const std::string& line : lines)
    EXPECT_NE(line.find("evt=REGISTERED id=\"x"), std::string::npos);
  EXPECT_EQ(lines[1].find('\x1b'), std::string::npos);
}

TEST_F(LogTest, FilesAreNotForTheWorldToRead) {
  const mode_t before = ::umask(0);
  open({.directory = scratch_.path() / "made" / "too", .prefix = "AG"});
  ::umask(before);
  info("START");
  EXPECT_EQ(mode_of(scratch_.path() / "made" / "too" / "AG001.log"), 0640u);
}

TEST_F(LogTest, SaysWhichDirectoryCannotBeUsed) {
  const auto file = scratch_.write("occupied", "");
  try {
    open({.directory = file});
    FAIL() << "opened a log in a file";
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find(file.string()), std::string::npos) << error.what();
  }
}

TEST_F(LogTest, BeginsTheNextFileWhenOneIsFullAndRemovesTheOldest) {
  open({.directory = scratch_.path(), .file_mebibytes = 1, .files = 2});
  const std::string value(1000, 'x');
  for (int i = 0; i < 3500; ++i) info("FILL", {{"value", value}});

  EXPECT_FALSE(std::filesystem::exists(scratch_ / "GW001.log"));
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "GW002.log"));
  EXPECT_TRUE(std::filesystem::exists(scratch_ / "GW003.log"));
  const auto lines = lines_of(scratch_ / "GW004.log");
  ASSERT_FALSE(lines.empty());
  EXPECT_NE(lines[0].find(" GW004 "), std::string::npos) << lines[0].substr(0, 80);
  EXPECT_LE(std::filesystem::file_size(scratch_ / "GW003.log"), 1024u * 1024u);
}

TEST_F(LogTest, GoesOnWithTheHighestNumberAfterARestart) {
  scratch_.write("GW006.log", "old\n");
  scratch_.write("GW007.log", "cut off");
  scratch_.write("GW7.log", "somebody else's");
  scratch_.write("GWx.log", "somebody else's");
  open({.directory = scratch_.path()});
  info("START");
  const auto lines = lines_of(scratch_ / "GW007.log");
  ASSERT_EQ(lines.size(), 2u);  // a line that a crash cut short spoils no other
  EXPECT_EQ(lines[0], "cut off");
  EXPECT_EQ(content_of(scratch_ / "GW006.log"), "old\n");
  EXPECT_EQ(content_of(scratch_ / "GWx.log"), "somebody else's");
}

TEST_F(LogTest, BeginsAFileOfItsOwnBesideAnotherProcess) {
  scratch_.write("GW001.log", "");
  NumberedFiles theirs(scratch_.path(), "GW", 100, 10);
  NumberedFiles ours(scratch_.path(), "GW", 100, 10, true);
  EXPECT_EQ(theirs.tag(), "GW001");
  EXPECT_EQ(ours.tag(), "GW002");
  theirs.write(std::string(90, 'x'));
  theirs.make_room(50);
  EXPECT_EQ(theirs.tag(), "GW003") << "not the one that we write to";
}

TEST_F(LogTest, CountsBeyond999) {
  scratch_.write("GW999.log", std::string(100, 'x'));
  NumberedFiles files(scratch_.path(), "GW", 50, 10);
  files.make_room(10);
  EXPECT_EQ(files.tag(), "GW1000");
  files.write("line\n");
  EXPECT_EQ(NumberedFiles(scratch_.path(), "GW", 50, 10).tag(), "GW1000");
}

TEST_F(LogTest, DoesNotFollowALinkThatSomebodyPlanted) {
  const auto victim = scratch_.write("victim", "precious");
  std::filesystem::create_directory(scratch_ / "log");
  std::filesystem::create_symlink(victim, scratch_.path() / "log" / "GW001.log");
  EXPECT_THROW(open({.directory = scratch_ / "log"}), std::system_error);
  EXPECT_EQ(content_of(victim), "precious");
}

TEST_F(LogTest, TellsTheJournalThePriorityAndLeavesTheTimeToIt) {
  const StandardError redirected(scratch_ / "journal");
  ::setenv("JOURNAL_STREAM", redirected.journal_stream().c_str(), 1);
  open({});
  info("START");
  error("DISK", {{"why", "full"}});
  EXPECT_EQ(content_of(scratch_ / "journal"),
            "<6>seq=1 lvl=info evt=START\n<3>seq=2 lvl=error evt=DISK why=full\n");
}

TEST_F(LogTest, TellsStandardErrorTheTimeWhenItIsNotTheJournal) {
  const StandardError redirected(scratch_ / "stderr");
  ::setenv("JOURNAL_STREAM", "1:2", 1);  // inherited, but of another standard error
  open({});
  info("START");
  const std::string line = content_of(scratch_ / "stderr");
  EXPECT_EQ(shape(line), "9999-99-99T99:99:99.999+99:99 seq=9 lvl=info evt=START\n");
}

TEST_F(LogTest, KeepsThreadsApart) {
  open({.directory = scratch_.path()});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([] {
      for (int i = 0; i < 250; ++i) info("TICK", {{"value", std::string(50, 'x')}});
    });
  for (std::thread& thread : threads) thread.join();

  const auto lines = lines_of(scratch_ / "GW001.log");
  ASSERT_EQ(lines.size(), 1000u);
  for (std::size_t i = 0; i < lines.size(); ++i)
    EXPECT_NE(lines[i].find(" seq=" + std::to_string(i + 1) + " "), std::string::npos) << lines[i];
}

}  // namespace
}  // namespace tasuki::log
