// The names that people and machines go by. A value of these types is well
// formed; nothing past the boundary handles them as mere strings.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tasuki::control {

// The label a person types to name an agent: 1 to 31 of [A-Za-z0-9_-], kept in
// lower case. A label only: never a proof of anything.
class ComputerId {
public:
  ComputerId() = default;
  static std::optional<ComputerId> parse(std::string_view text);

  const std::string& text() const { return text_; }
  auto operator<=>(const ComputerId&) const = default;

private:
  std::string text_;
};

// Names a gateway key without saying anything about it: random and public. 1 to
// 32 of [a-z0-9]; made ones have 16.
class KeyLabel {
public:
  KeyLabel() = default;
  static std::optional<KeyLabel> parse(std::string_view text);
  static KeyLabel random();

  const std::string& text() const { return text_; }
  auto operator<=>(const KeyLabel&) const = default;

private:
  std::string text_;
};

}  // namespace tasuki::control
