#include "config/forms.h"

#include "wire/utf8.h"

#include <limits>

namespace tasuki::config {

using boost::asio::ip::tcp;

namespace forms {
namespace {

// As much of a value as helps to find it in the file.
Words quoted(const Value& value) {
  constexpr std::size_t shown = 60;  // bytes
  const auto same = [](std::string text) { return Words{text, text}; };
  if (const auto* text = std::get_if<std::string>(&value.content)) {
    if (text->size() > shown) return {"such a long text", "長すぎる文字列"};
    return same(toml_string(*text));
  }
  if (const auto* whole = std::get_if<std::int64_t>(&value.content))
    return same(std::to_string(*whole));
  if (const auto* truth = std::get_if<bool>(&value.content)) return same(*truth ? "true" : "false");
  if (std::holds_alternative<double>(value.content)) return {"a decimal fraction", "小数"};
  if (const auto* list = std::get_if<Value::List>(&value.content))
    return {"a list of " + std::to_string(list->size()),
            std::to_string(list->size()) + " 個のリスト"};
  if (std::holds_alternative<Value::Entries>(value.content)) return {"a section", "セクション"};
  return {"a date or time", "日時"};
}

std::string span(std::size_t least, std::size_t most) {
  return std::to_string(least) + " to " + std::to_string(most);
}

std::string span_ja(std::size_t least, std::size_t most) {
  return std::to_string(least) + " ～ " + std::to_string(most);
}

// A whole number within limits, kept as a T that a std::uint64_t makes.
template <typename T>
Form<T> number(std::uint64_t least, std::uint64_t most, Words type,
               std::function<std::uint64_t(const T&)> back) {
  return {.type = type,
          .read =
              [=](const Value& from, T& to, Report& report) {
                const auto* const given = std::get_if<std::int64_t>(&from.content);
                if (given && *given >= 0 && std::uint64_t(*given) >= least &&
                    std::uint64_t(*given) <= most)
                  to = T(*given);
                else
                  refuse(from, type, report);
              },
          .print = [back](const T& value) { return std::to_string(back(value)); }};
}

}  // namespace

void refuse(const Value& value, const Words& type, Report& report) {
  const Words given = quoted(value);
  report.mistake(value, {"must be " + type.en + ", not " + given.en,
                         type.ja + "でなければなりません（現在: " + given.ja + "）"});
}

const std::string* text_of(const Value& value) {
  return std::get_if<std::string>(&value.content);
}

Words one_of(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + toml_string(word);
  return {"one of " + list, list + " のいずれか"};
}

Words list_type(const Words& each, std::size_t least, std::size_t most) {
  return {"a list of " + span(least, most) + ", each " + each.en,
          each.ja + "の " + span_ja(least, most) + " 個のリスト"};
}

}  // namespace forms

Form<unsigned> whole(unsigned least, unsigned most) {
  return forms::number<unsigned>(
      least, most,
      {"a whole number from " + forms::span(least, most), forms::span_ja(least, most) + " の整数"},
      [](unsigned value) { return std::uint64_t(value); });
}

Form<std::size_t> size(std::size_t least, std::size_t most) {
  return forms::number<std::size_t>(
      least, most,
      {"a whole number from " + forms::span(least, most), forms::span_ja(least, most) + " の整数"},
      [](std::size_t value) { return std::uint64_t(value); });
}

Form<std::chrono::seconds> seconds(unsigned least, unsigned most) {
  return forms::number<std::chrono::seconds>(
      least, most,
      {"a whole number of seconds from " + forms::span(least, most),
       forms::span_ja(least, most) + " の整数（秒）"},
      [](std::chrono::seconds value) { return std::uint64_t(value.count()); });
}

Form<bool> flag() {
  const Words type{"true or false", "true または false"};
  return {.type = type,
          .read =
              [type](const Value& from, bool& to, Report& report) {
                if (const auto* given = std::get_if<bool>(&from.content))
                  to = *given;
                else
                  forms::refuse(from, type, report);
              },
          .print = [](const bool& value) { return std::string(value ? "true" : "false"); }};
}

Form<std::string> text(std::size_t least, std::size_t most) {
  const Words type{"text of " + forms::span(least, most) + " characters",
                   forms::span_ja(least, most) + " 文字の文字列"};
  return {.type = type,
          .read =
              [=](const Value& from, std::string& to, Report& report) {
                const std::string* const given = forms::text_of(from);
                if (given && wire::is_plain_text(*given, least, most))
                  to = *given;
                else
                  forms::refuse(from, type, report);
              },
          .print = [](const std::string& value) { return toml_string(value); }};
}

Form<std::string> name() {
  const Words type{"1 to 31 of the characters A-Z a-z 0-9 _ -", "英数字と _ - の 1 ～ 31 文字"};
  return {.type = type,
          .read =
              [type](const Value& from, std::string& to, Report& report) {
                const std::string* const given = forms::text_of(from);
                if (given && table::acceptable_name(*given))
                  to = *given;
                else
                  forms::refuse(from, type, report);
              },
          .print = [](const std::string& value) { return toml_string(value); }};
}

Form<std::filesystem::path> path() {
  const Words type{"a path", "パス"};
  constexpr std::size_t most = 4095;  // Linux's PATH_MAX less its NUL
  return {.type = type,
          .read =
              [=](const Value& from, std::filesystem::path& to, Report& report) {
                const std::string* const given = forms::text_of(from);
                if (given && wire::is_plain_text(*given, 0, most))
                  to = *given;
                else
                  forms::refuse(from, type, report);
              },
          .print = [](const std::filesystem::path& value) { return toml_string(value.string()); }};
}

Form<net::Address> address() {
  const Words type{"a host and port such as \"localhost:22\"",
                   "ホストとポート（例 \"localhost:22\"）"};
  return {.type = type,
          .read =
              [type](const Value& from, net::Address& to, Report& report) {
                const std::string* const given = forms::text_of(from);
                const auto parsed = given ? net::Address::parse(*given, 0) : std::nullopt;
                if (parsed && parsed->port != 0)
                  to = *parsed;
                else
                  forms::refuse(from, type, report);
              },
          .print = [](const net::Address& value) { return toml_string(value.text()); }};
}

namespace {

std::string endpoint_text(const tcp::endpoint& endpoint) {
  return net::Address{endpoint.address().to_string(), endpoint.port()}.text();
}

}  // namespace

std::optional<tcp::endpoint> parse_endpoint(std::string_view text) {
  const auto parsed = net::Address::parse(text, 0);
  if (!parsed || parsed->port == 0) return std::nullopt;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(parsed->host, error);
  if (error) return std::nullopt;
  return tcp::endpoint(address, parsed->port);
}

Form<tcp::endpoint> endpoint() {
  const Words type{"an IP address and port of this machine such as \"0.0.0.0:443\" or \"[::]:443\"",
                   "このマシンの IP アドレスとポート（例 \"0.0.0.0:443\"、\"[::]:443\"）"};
  return {.type = type,
          .read =
              [type](const Value& from, tcp::endpoint& to, Report& report) {
                const std::string* const given = forms::text_of(from);
                if (const auto parsed = given ? parse_endpoint(*given) : std::nullopt)
                  to = *parsed;
                else
                  forms::refuse(from, type, report);
              },
          .print = [](const tcp::endpoint& value) { return toml_string(endpoint_text(value)); }};
}

Form<std::optional<tcp::endpoint>> endpoint_or_none() {
  const Words type{
      "an IP address and port of this machine such as \"[::]:3086\" or \"192.168.1.20:3086\", or "
      "empty",
      "このマシンの IP アドレスとポート（例 \"[::]:3086\"、\"192.168.1.20:3086\"）または空"};
  return {.type = type,
          .read =
              [type](const Value& from, std::optional<tcp::endpoint>& to, Report& report) {
                const std::string* const given = forms::text_of(from);
                const auto parsed = given ? parse_endpoint(*given) : std::nullopt;
                if (parsed || (given && given->empty()))
                  to = parsed;
                else
                  forms::refuse(from, type, report);
              },
          .print =
              [](const std::optional<tcp::endpoint>& value) {
                return toml_string(value ? endpoint_text(*value) : "");
              }};
}

}  // namespace tasuki::config
