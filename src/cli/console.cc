#include "cli/console.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace tasuki::cli {
namespace {

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = char(c - 'a' + 'A');
  return out;
}

std::size_t columns_of(int terminal) {
  winsize size{};
  if (::ioctl(terminal, TIOCGWINSZ, &size) != 0 || size.ws_col < 40) return 80;
  return std::min<std::size_t>(size.ws_col, 100);  // longer lines are hard to read
}

}  // namespace

Language choose_language(const std::function<const char*(const char*)>& variable) {
  std::string locale;
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* const value = variable(name);
    if (!value || !*value) continue;
    locale = value;
    break;
  }
  // ja, ja_JP, ja_JP.UTF-8, ja_JP.utf8@modifier; not java
  if (locale.substr(0, 2) != "ja" || (locale.size() > 2 && locale.find_first_of("_.@") != 2))
    return Language::english;
  const std::size_t dot = locale.find('.');
  if (dot == locale.npos) return Language::japanese;
  const std::string encoding = upper(locale.substr(dot + 1, locale.find('@', dot) - dot - 1));
  return encoding == "UTF-8" || encoding == "UTF8" ? Language::japanese : Language::english;
}

Console Console::standard() {
  Terminals terminals;
  terminals.in = ::isatty(STDIN_FILENO);
  terminals.out = ::isatty(STDOUT_FILENO);
  terminals.err = ::isatty(STDERR_FILENO);
  if (terminals.out || terminals.err)
    terminals.columns = columns_of(terminals.out ? STDOUT_FILENO : STDERR_FILENO);
  return Console(choose_language([](const char* name) { return std::getenv(name); }), terminals,
                 std::cout, std::cerr);
}

void Console::say(const Words& line) {
  print(line.in(language_) + "\n");
}

void Console::print(std::string_view text) {
  progress_over();
  out_ << text << std::flush;
}

void Console::show(const Table& table) {
  print(table.text(language_));
}

void Console::err_line(const std::string& line) {
  progress_over();
  err_ << line << '\n' << std::flush;
}

void Console::note(const Words& line) {
  err_line(line.in(language_));
}

void Console::warn(const Words& line) {
  err_line((language_ == Language::japanese ? "tasuki: 注意: " : "tasuki: warning: ") +
           line.in(language_));
}

void Console::fail(const Words& line) {
  err_line("tasuki: " + line.in(language_));
}

void Console::ask(const Words& prompt) {
  progress_over();
  err_ << prompt.in(language_) << std::flush;
}

void Console::progress(const Words& line) {
  if (!terminals_.err) return;
  progress_over();
  err_ << line.in(language_) << std::flush;
  progress_shown_ = true;
}

void Console::progress_over() {
  if (!std::exchange(progress_shown_, false)) return;
  err_ << "\r\x1b[K" << std::flush;  // to the line's start, and clear to its end
}

}  // namespace tasuki::cli
