// A sentence in the two languages that Tasuki speaks to people.
#pragma once

#include <string>

namespace tasuki::config {

enum class Language { english, japanese };

struct Words {
  std::string en;
  std::string ja;

  const std::string& in(Language language) const {
    return language == Language::japanese ? ja : en;
  }
  bool operator==(const Words&) const = default;
};

}  // namespace tasuki::config
