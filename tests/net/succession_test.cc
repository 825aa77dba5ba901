#include "net/linux/succession.h"

#include "net/linux/message_channel.h"
#include "support/loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <cstdlib>
#include <fstream>

namespace tasuki::net {
namespace {

using namespace std::chrono_literals;

Descriptor listening_socket() {
  Descriptor made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::listen(made.get(), 1), 0);
  return made;
}

CommandLine shell(const std::string& script) {
  return {"/bin/sh", {"/bin/sh", "-c", script}};
}

// What a successor says over the channel: here a shell's `echo` to that descriptor.
std::string said_by(const std::string& script, const std::vector<int>& listeners) {
  Successor successor(shell(script), listeners);
  const Descriptor channel = successor.take_channel();
  std::string heard(4096, '\0');
  const ssize_t n = ::recv(channel.get(), heard.data(), heard.size(), 0);
  heard.resize(std::size_t(std::max<ssize_t>(0, n)));
  successor.end();
  return heard;
}

TEST(Successor, HasItsSocketsWhereSystemdWouldPutThem) {
  const Descriptor one = listening_socket(), two = listening_socket();
  const std::string heard =
      said_by("echo $LISTEN_FDS $LISTEN_FDNAMES $((LISTEN_PID == $$)) >&5", {one.get(), two.get()});
  EXPECT_EQ(heard, "3 listen:listen:predecessor 1\n");
}

TEST(Successor, HasNoOtherDescriptors) {
  const Descriptor one = listening_socket();
  const Descriptor leaky(::fcntl(one.get(), F_DUPFD, 50));  // without FD_CLOEXEC
  const std::string heard = said_by("exec ls -m /proc/self/fd >&4", {one.get()});
  EXPECT_EQ(heard, "0, 1, 2, 3, 4, 5\n") << "5 is the directory that ls reads";
}

TEST(Successor, SaysWhyAProgramCannotBeStarted) {
  try {
    Successor({"/nonexistent/tasuki", {"tasuki"}}, {});
    FAIL() << "started nothing";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory);
  }
}

TEST(Successor, SaysHowItEnded) {
  Successor successor(shell("exit 3"), {});
  const Descriptor channel = successor.take_channel();
  char end = 0;
  EXPECT_EQ(::recv(channel.get(), &end, 1, 0), 0) << "its end of the channel closes with it";
  while (!successor.ended()) ::usleep(1000);
  EXPECT_EQ(successor.end(), 3);
}

TEST(Successor, IsEndedWhenItWillNot) {
  Successor successor(shell("sleep 60"), {});
  EXPECT_EQ(successor.ended(), std::nullopt);
  EXPECT_EQ(successor.end(), 128 + SIGKILL);
}

TEST(Inherited, IsNothingWhenItWasMeantForAnotherProcess) {
  ::setenv("LISTEN_FDS", "1", 1);
  ::setenv("LISTEN_PID", "1", 1);
  const Inherited taken = take_inherited();
  EXPECT_TRUE(taken.listeners.empty());
  EXPECT_EQ(std::getenv("LISTEN_FDS"), nullptr) << "and nobody else shall think so";
}

TEST(HowWeWereStarted, IsACommandThatWorks) {
  const CommandLine command = how_we_were_started();
  EXPECT_TRUE(command.program.starts_with("/"));
  EXPECT_EQ(::access(command.program.c_str(), X_OK), 0);
  EXPECT_FALSE(command.words.empty());
}

struct Channels {
  asio::io_context loop;
  std::optional<MessageChannel> left, right;
  Channels() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    left.emplace(loop, Descriptor(ends[0]));
    right.emplace(loop, Descriptor(ends[1]));
  }
};

TEST(MessageChannel, KeepsMessagesApartAndBringsDescriptors) {
  Channels c;
  test::run(c.loop, [&]() -> asio::awaitable<void> {
    std::array<int, 2> pipe{};
    EXPECT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
    const Descriptor reading(pipe[0]), writing(pipe[1]);
    EXPECT_TRUE(c.left->say("one"));
    EXPECT_TRUE(c.left->say("two", &writing));
    const std::optional<MessageChannel::Message> one = co_await c.right->hear();
    const std::optional<MessageChannel::Message> two = co_await c.right->hear(1s);
    EXPECT_EQ(one->text, "one");
    EXPECT_FALSE(one->with.has_value());
    EXPECT_EQ(two->text, "two");
    char got = 0;
    EXPECT_EQ(::write(two->with->get(), "x", 1), 1);
    EXPECT_EQ(::read(reading.get(), &got, 1), 1);
    EXPECT_EQ(::fcntl(two->with->get(), F_GETFD), FD_CLOEXEC);
  });
}

TEST(MessageChannel, HearsNothingFromOneThatIsGoneOrSilent) {
  Channels c;
  test::run(c.loop, [&]() -> asio::awaitable<void> {
    const std::optional<MessageChannel::Message> silent = co_await c.right->hear(20ms);
    EXPECT_FALSE(silent.has_value());
    c.left->close();
    const std::optional<MessageChannel::Message> gone = co_await c.right->hear();
    EXPECT_FALSE(gone.has_value());
    EXPECT_FALSE(c.right->say("anybody?"));
  });
}

}  // namespace
}  // namespace tasuki::net
