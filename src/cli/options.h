// The kinds of options and operands that the commands share. Each keeps what was
// typed in the place it is given, which must live as long as the command does.
#pragma once

#include "cli/command.h"
#include "control/names.h"
#include "net/address.h"

#include <filesystem>

namespace tasuki::cli::options {

Option flag(std::string name, bool& into, Words about);
Option text(std::string name, std::string value, std::string& into, Words about);
Option texts(std::string name, std::string value, std::vector<std::string>& into, Words about);
Option file(std::string name, std::string value, std::filesystem::path& into, Words about);
Option directory(std::string name, std::filesystem::path& into, Words about);
Option limit(std::string name, unsigned& into, Words about);  // seconds, up to a day
Option computer(control::ComputerId& into, Words about);      // the operand ID
Option descriptor(std::string name, std::optional<int>& into, Words about);
Option addresses(std::string name, std::string value, std::vector<net::Address>& into, Words about);
Option profile(std::string& into);               // --profile NAME
Option proxy(std::string& into);                 // --proxy URL
Option direct(std::vector<net::Address>& into);  // --direct HOST:PORT
Option user(std::string& into);                  // --user NAME
Option password_fd(std::optional<int>& into);
Option json(bool& into);

// A parser's answer kept, or the words for what it did not like.
template <typename T, typename Parse>
Option parsed(std::string name, std::string value, T& into, Parse parse, Words fault, Words about) {
  Option option{.name = std::move(name), .value = std::move(value), .about = std::move(about)};
  option.take = [&into, parse,
                 fault = std::move(fault)](const std::string& typed) -> std::optional<Words> {
    auto parsed = parse(typed);
    if (!parsed) return fault;
    into = std::move(*parsed);
    return std::nullopt;
  };
  return option;
}

inline Option needed(Option option) {
  option.needed = true;
  return option;
}

}  // namespace tasuki::cli::options
