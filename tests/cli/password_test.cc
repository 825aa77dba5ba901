// Secrets from descriptors and terminals, with real ones.
#include "cli/password.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>
#include <csignal>
#include <sstream>
#include <thread>

namespace tasuki::cli {
namespace {

// The reading end of a pipe that holds the text.
class Piped {
public:
  explicit Piped(std::string_view text) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    EXPECT_EQ(::write(ends[1], text.data(), text.size()), ssize_t(text.size()));
    ::close(ends[1]);
    end_ = ends[0];
  }
  ~Piped() { ::close(end_); }
  Piped(const Piped&) = delete;
  int get() const { return end_; }

private:
  int end_ = -1;
};

std::string text(const crypto::Secret& secret) {
  return std::string(as_text(secret.bytes()));
}

std::string fault(int descriptor) {
  try {
    read_secret_line(descriptor, "--key-fd");
  } catch (const Trouble& trouble) {
    EXPECT_EQ(trouble.exit, Exit::usage);
    return trouble.words.en;
  }
  return {};
}

TEST(SecretLine, IsTheFirstLineWithoutItsEnd) {
  EXPECT_EQ(text(read_secret_line(Piped("hunter2\nrest").get(), "--key-fd")), "hunter2");
  EXPECT_EQ(text(read_secret_line(Piped("hunter2\r\n").get(), "--key-fd")), "hunter2");
  EXPECT_EQ(text(read_secret_line(Piped("no end").get(), "--key-fd")), "no end");
  EXPECT_EQ(text(read_secret_line(Piped("パスワード \n").get(), "--key-fd")), "パスワード ");
}

TEST(SecretLine, LeavesTheRestForOthers) {
  Piped piped("one\ntwo\n");
  EXPECT_EQ(text(read_secret_line(piped.get(), "--key-fd")), "one");
  EXPECT_EQ(text(read_secret_line(piped.get(), "--key-fd")), "two");
}

TEST(SecretLine, SaysWhatIsWrongWithADescriptor) {
  EXPECT_NE(fault(999).find("--key-fd 999 999< FILE"), std::string::npos);
  EXPECT_NE(fault(Piped("").get()).find("holds no line"), std::string::npos);
  const std::string secret(5000, 's');
  const std::string too_long = fault(Piped(secret).get());
  EXPECT_NE(too_long.find("longer than any secret"), std::string::npos);
  EXPECT_EQ(too_long.find("ss"), std::string::npos);
}

TEST(NewPassword, FromADescriptorIsHeldAgainstTheRule) {
  std::ostringstream out, err;
  Console console(Language::english, {}, out, err);
  const auto too_weak = [](const crypto::Secret&) { return Words{"too weak", "弱すぎます"}; };
  try {
    new_password(console, Piped("weak\n").get(), "pc1", too_weak);
    FAIL();
  } catch (const Trouble& trouble) {
    EXPECT_EQ(trouble.words.en.rfind("too weak. Nothing was changed", 0), 0u);
    EXPECT_EQ(trouble.words.en.find("weak\n"), std::string::npos);
  }
}

TEST(NewPassword, NeedsATerminalOrADescriptor) {
  std::ostringstream out, err;
  Console console(Language::english, {}, out, err);
  const auto fine = [](const crypto::Secret&) -> std::optional<Words> { return std::nullopt; };
  try {
    new_password(console, std::nullopt, "pc1", fine);
    FAIL();
  } catch (const Trouble& trouble) {
    EXPECT_NE(trouble.words.en.find("--password-fd"), std::string::npos);
  }
}

// Standard input is a terminal whose other end the test types into.
class AtATerminal : public testing::Test {
protected:
  AtATerminal() : before_(::dup(STDIN_FILENO)) {
    int other = -1;
    EXPECT_EQ(::openpty(&person_, &other, nullptr, nullptr, nullptr), 0);
    ::dup2(other, STDIN_FILENO);
    ::close(other);
  }
  ~AtATerminal() override {
    ::dup2(before_, STDIN_FILENO);
    ::close(before_);
    ::close(person_);
  }

  static bool shows_what_is_typed() {
    termios now{};
    ::tcgetattr(STDIN_FILENO, &now);
    return now.c_lflag & ECHO;
  }
  // Once the terminal has gone quiet, or would have.
  std::thread types(std::string text, bool hidden = true) {
    return std::thread([this, text = std::move(text), hidden] {
      for (int i = 0; i < 200 && hidden && shows_what_is_typed(); ++i) ::usleep(10'000);
      ::usleep(20'000);
      EXPECT_EQ(::write(person_, text.data(), text.size()), ssize_t(text.size()));
    });
  }

  std::ostringstream out_, err_;
  Console console_{Language::english, {.in = true, .out = false, .err = true}, out_, err_};
  int person_ = -1;

private:
  int before_;
};

TEST_F(AtATerminal, APasswordIsNotShown) {
  std::thread person = types("hunter2\n");
  const auto typed = ask_secret(console_, {"Password: ", "パスワード: "});
  person.join();
  ASSERT_TRUE(typed);
  EXPECT_EQ(text(*typed), "hunter2");
  EXPECT_EQ(err_.str(), "Password: \n");
  EXPECT_TRUE(shows_what_is_typed());
}

TEST_F(AtATerminal, CtrlDIsNoAnswer) {
  std::thread person = types("\x04");
  EXPECT_FALSE(ask_secret(console_, {"Password: ", "パスワード: "}));
  person.join();
  EXPECT_TRUE(shows_what_is_typed());
}

TEST_F(AtATerminal, ASignalLeavesTheTerminalAsItWas) {
  struct sigaction before {};
  ::sigaction(SIGTERM, nullptr, &before);
  std::thread person([] {
    for (int i = 0; i < 200 && shows_what_is_typed(); ++i) ::usleep(10'000);
    ::kill(::getpid(), SIGTERM);
  });
  EXPECT_THROW(ask_secret(console_, {"Password: ", "パスワード: "}), Interrupted);
  person.join();
  EXPECT_TRUE(shows_what_is_typed());
  struct sigaction after {};
  ::sigaction(SIGTERM, nullptr, &after);
  EXPECT_EQ(before.sa_handler, after.sa_handler);
}

TEST_F(AtATerminal, ANewPasswordIsAskedForTwice) {
  const auto fine = [](const crypto::Secret&) -> std::optional<Words> { return std::nullopt; };
  std::thread person = types("hunter2\n");
  std::thread again;
  // The second question comes when the first is answered: type it then.
  std::thread second([&] {
    person.join();
    ::usleep(150'000);
    again = types("hunter3\n");
    again.join();
  });
  EXPECT_THROW(new_password(console_, std::nullopt, "pc1", fine), Trouble);
  second.join();
}

TEST_F(AtATerminal, AUsersNameIsShown) {
  std::thread person = types("taro\n", false);
  EXPECT_EQ(ask_line(console_, {"User: ", "ユーザー: "}), "taro");
  person.join();
}

}  // namespace
}  // namespace tasuki::cli
