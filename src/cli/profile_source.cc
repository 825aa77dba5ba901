#include "cli/profile_source.h"

#include "cli/outcome.h"

#include <iostream>
#include <iterator>

namespace tasuki::cli {

namespace {

[[noreturn]] void refuse(const config::BadProfile& bad) {
  throw Trouble(Exit::configuration, with_cure(config::describe(bad)));
}

std::variant<std::string, config::BadProfile> standard_input() {
  constexpr std::size_t most = 64 * 1024;  // bytes; a profile has a few thousand
  std::string text;
  for (std::istreambuf_iterator<char> at(std::cin), end; at != end && text.size() < most; ++at)
    text += *at;
  return text;
}

}  // namespace

ProfileText read_profile(const std::string& named) {
  auto text = named == "-" ? standard_input() : config::profile_text(named);
  if (const auto* const bad = std::get_if<config::BadProfile>(&text)) refuse(*bad);
  auto& said = std::get<std::string>(text);
  auto parsed = config::parse_profile(said);
  if (const auto* const bad = std::get_if<config::BadProfile>(&parsed)) refuse(*bad);
  return {std::move(said), std::move(std::get<config::Profile>(parsed))};
}

std::string profile_source(const std::string& named) {
  return named == "-" ? config::plain_link(read_profile(named).text) : named;
}

}  // namespace tasuki::cli
