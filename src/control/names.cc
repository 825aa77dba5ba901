#include "control/names.h"

#include "crypto/hash.h"

#include <algorithm>

namespace tasuki::control {
namespace {

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

}  // namespace

std::optional<ComputerId> ComputerId::parse(std::string_view text) {
  if (text.empty() || text.size() > 31) return std::nullopt;
  ComputerId id;
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
    if (!is_lower_or_digit(c) && c != '_' && c != '-') return std::nullopt;
    id.text_ += c;
  }
  return id;
}

std::optional<KeyLabel> KeyLabel::parse(std::string_view text) {
  if (text.empty() || text.size() > 32) return std::nullopt;
  if (!std::all_of(text.begin(), text.end(), is_lower_or_digit)) return std::nullopt;
  KeyLabel label;
  label.text_ = text;
  return label;
}

KeyLabel KeyLabel::random() {
  KeyLabel label;
  label.text_ = crypto::to_base32(crypto::random_array<10>());
  return label;
}

}  // namespace tasuki::control
