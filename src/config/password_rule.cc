#include "config/password_rule.h"

#include "wire/utf8.h"

#include <algorithm>

namespace tasuki::config {
namespace {

unsigned classes(const std::u32string& text) {
  bool lower = false, upper = false, digit = false, symbol = false, other = false;
  for (const char32_t c : text) {
    if (c >= U'a' && c <= U'z')
      lower = true;
    else if (c >= U'A' && c <= U'Z')
      upper = true;
    else if (c >= U'0' && c <= U'9')
      digit = true;
    else if (c < 0x80)
      symbol = true;
    else
      other = true;
  }
  return unsigned(lower) + upper + digit + symbol + other;
}

void wipe_characters(std::u32string& text) {
  crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size() * sizeof(char32_t)});
}

// What no secret may be, whatever its rule.
std::optional<Words> unusable(const std::optional<std::u32string>& text) {
  if (!text)
    return Words{"it is not valid UTF-8 text; check the terminal's or the file's encoding",
                 "正しい UTF-8 ではありません。端末またはファイルの文字コードを確認してください"};
  if (std::any_of(text->begin(), text->end(), wire::is_control))
    return Words{"it holds a control character, which cannot be typed again",
                 "制御文字が含まれています"};
  return std::nullopt;
}

}  // namespace

std::optional<Words> gateway_key_fault(Bytes key) {
  auto text = wire::characters(as_text(key));
  if (auto fault = unusable(text)) return fault;
  const std::size_t count = text->size();
  wipe_characters(*text);
  if (count >= gateway_key_least && count <= gateway_key_most) return std::nullopt;
  const std::string n = std::to_string(count);
  if (count < gateway_key_least)
    return Words{"a gateway key needs at least 8 characters; this one has " + n,
                 "ゲートウェイキーは 8 文字以上にしてください（現在 " + n + " 文字）"};
  return Words{"a gateway key has at most 128 characters; this one has " + n,
               "ゲートウェイキーは 128 文字以下にしてください（現在 " + n + " 文字）"};
}

std::optional<Words> password_fault(Bytes password, Strength strength) {
  auto text = wire::characters(as_text(password));
  if (auto fault = unusable(text)) return fault;
  const std::size_t count = text->size();
  const unsigned kinds = classes(*text);
  wipe_characters(*text);
  if (count == 0) return Words{"the password is empty", "パスワードが空です"};
  if (count > password_most)
    return Words{"a password has at most 256 characters", "パスワードは 256 文字以下です"};
  if (strength == Strength::waived) return std::nullopt;
  if (count >= 24 || (count >= 16 && kinds >= 2) || (count >= 8 && kinds >= 3)) return std::nullopt;
  return Words{
      "the password is too weak: take at least 24 characters; or 16 with two of lower case, "
      "upper case, digits, symbols, other scripts; or 8 with three of them",
      "パスワードが弱すぎます。24 文字以上、または英小文字・英大文字・数字・記号・"
      "その他の文字のうち 2 種類を含む 16 文字以上、3 種類を含む 8 文字以上にしてください"};
}

std::optional<Words> access_password_fault(const crypto::Secret& password,
                                           const crypto::Secret& gateway_key, Strength strength) {
  if (auto fault = password_fault(password.bytes(), strength)) return fault;
  if (!crypto::equal(password.bytes(), gateway_key.bytes())) return std::nullopt;
  return Words{
      "the password is the gateway key; choose another, since the gateway may know that one",
      "パスワードがゲートウェイキーと同じです。ゲートウェイに知られうるため、"
      "別のパスワードにしてください"};
}

}  // namespace tasuki::config
