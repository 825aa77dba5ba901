#include "cli/password.h"

#include "cli/catalogue.h"

#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <system_error>

namespace tasuki::cli {
namespace {

// Four bytes of UTF-8 for each of 256 characters, and some room to find it too long.
constexpr std::size_t longest_line = 2048;

constexpr unsigned most_tries = 3;  // to find a new password that the rule allows

volatile std::sig_atomic_t caught_signal = 0;
void remember(int number) {
  caught_signal = number;
}

// While it lives, what is typed is not shown, and signals that would end the program
// are kept until the terminal is as before.
class Quiet {
public:
  Quiet(int terminal, bool echo) : terminal_(terminal) {
    caught_signal = 0;
    struct sigaction action {};
    action.sa_handler = remember;  // no SA_RESTART: a read is to end
    sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < signals.size(); ++i) ::sigaction(signals[i], &action, &before_[i]);
    is_terminal_ = ::tcgetattr(terminal, &shown_) == 0;
    if (!is_terminal_) return;
    termios hidden = shown_;
    if (!echo) hidden.c_lflag &= ~tcflag_t(ECHO);
    hidden.c_lflag |= ICANON | ISIG;
    // Ctrl-Z would leave the shell with a terminal that shows nothing.
    hidden.c_cc[VSUSP] = _POSIX_VDISABLE;
    ::tcsetattr(terminal, TCSAFLUSH, &hidden);
  }
  ~Quiet() {
    if (is_terminal_) ::tcsetattr(terminal_, TCSAFLUSH, &shown_);
    for (std::size_t i = 0; i < signals.size(); ++i) ::sigaction(signals[i], &before_[i], nullptr);
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

private:
  static constexpr std::array signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

  const int terminal_;
  bool is_terminal_ = false;
  termios shown_{};
  std::array<struct sigaction, signals.size()> before_{};
};

// Fills `line` up to a line end or the input's; true: something was read, if only an
// empty line. Byte by byte: what follows the line is for somebody else.
bool read_line(int from, crypto::Secret& line, std::size_t& size) {
  size = 0;
  while (true) {
    // poll wakes up early for a signal that comes just before the read.
    pollfd ready{from, POLLIN, 0};
    const int polled = caught_signal ? -1 : ::poll(&ready, 1, 200);
    if (caught_signal) throw Interrupted(caught_signal);
    if (polled == 0 || (polled < 0 && errno == EINTR)) continue;
    std::uint8_t byte = 0;
    const ssize_t got = ::read(from, &byte, 1);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) throw std::system_error(errno, std::generic_category());
    if (got == 0) return size > 0;
    if (byte == '\n') return true;
    if (size == line.size()) throw std::length_error("line");
    line.buffer()[size++] = byte;
  }
}

std::optional<crypto::Secret> ask(Console& console, const Words& prompt, bool echo) {
  console.progress_over();
  if (!console.terminals().in) throw Trouble(Exit::usage, fill(say::no_terminal_for_password));
  crypto::Secret line(longest_line);
  std::size_t size = 0;
  bool given = false;
  {
    const Quiet quiet(STDIN_FILENO, echo);
    console.ask(prompt);
    try {
      given = read_line(STDIN_FILENO, line, size);
    } catch (const std::length_error&) {
      given = true;  // far too long for any password: it is just a wrong one
    } catch (...) {
      console.ask({"\n", "\n"});
      throw;
    }
    if (!echo || !given) console.ask({"\n", "\n"});
  }
  if (!given) return std::nullopt;
  return crypto::Secret(line.bytes().first(size));
}

}  // namespace

std::optional<crypto::Secret> ask_secret(Console& console, const Words& prompt) {
  return ask(console, prompt, false);
}

std::optional<std::string> ask_line(Console& console, const Words& prompt) {
  const auto line = ask(console, prompt, true);
  if (!line) return std::nullopt;
  return std::string(as_text(line->bytes()));
}

crypto::Secret read_secret_line(int descriptor, const std::string& option) {
  const Filling fd = place("fd", std::to_string(descriptor));
  crypto::Secret line(longest_line);
  std::size_t size = 0;
  bool given = false;
  try {
    const Quiet quiet(descriptor, false);
    given = read_line(descriptor, line, size);
  } catch (const std::length_error&) {
    throw Trouble(Exit::usage, fill(say::descriptor_long, {fd}));
  } catch (const std::system_error& error) {
    throw Trouble(Exit::usage,
                  fill(say::descriptor_closed,
                       {fd, place("detail", error.code().message()), place("option", option)}));
  }
  if (!given) throw Trouble(Exit::usage, fill(say::descriptor_empty, {fd}));
  if (size > 0 && line.bytes()[size - 1] == '\r') --size;
  return crypto::Secret(line.bytes().first(size));
}

crypto::Secret new_password(Console& console, const std::optional<int>& descriptor,
                            const std::string& computer, const PasswordFault& fault) {
  const auto refuse = [](const Words& why) {
    throw Trouble(Exit::usage, fill(say::weak_password, {{"fault", why}}));
  };
  if (descriptor) {
    crypto::Secret given = read_secret_line(*descriptor, "--password-fd");
    if (const auto why = fault(given)) refuse(*why);
    return given;
  }
  if (!console.terminals().in) throw Trouble(Exit::usage, fill(say::no_terminal_for_password));
  console.note(fill(say::password_rule));
  for (unsigned tries = 1;; ++tries) {
    auto first = ask_secret(console, fill(say::ask_new_password, {place("computer", computer)}));
    if (!first) throw Trouble(Exit::usage, fill(say::password_not_given));
    if (const auto why = fault(*first)) {
      if (tries == most_tries) refuse(*why);
      console.note(*why);
      continue;
    }
    const auto second = ask_secret(console, fill(say::ask_repeat));
    if (second && crypto::equal(first->bytes(), second->bytes())) return std::move(*first);
    throw Trouble(Exit::usage, fill(say::passwords_differ));
  }
}

}  // namespace tasuki::cli
