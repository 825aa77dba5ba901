#include "cli/session_view.h"

#include "cli/catalogue.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace tasuki::cli {
namespace {

using nlohmann::json;

std::string decimal(double value, const char* unit) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), value < 10 ? "%.1f %s" : "%.0f %s", value, unit);
  return text.data();
}

std::string bytes_of(const json& from, const char* key) {
  return byte_text(from.value(key, std::uint64_t(0)));
}

Words loss_words(std::exception_ptr lost) {
  try {
    std::rethrow_exception(lost);
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::timed_out) return fill(say::why_silent);
  } catch (const inner::SealError& error) {
    if (error.cause == inner::SealError::Cause::truncated) return fill(say::why_gateway_ended);
  } catch (...) {
  }
  return fill(say::why_broken);
}

}  // namespace

std::string round_trip_text(const json& session) {
  const auto microseconds = session.value("round_trip_us", std::int64_t(0));
  return microseconds == 0 ? "-" : decimal(double(microseconds) / 1000, "ms");
}

std::string byte_text(std::uint64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + " B";
  double value = double(bytes);
  for (const char* unit : {"kB", "MB", "GB", "TB"}) {
    value /= 1000;
    if (value < 1000) return decimal(value, unit);
  }
  return decimal(value / 1000, "PB");
}

std::string span_text(std::chrono::seconds time) {
  if (time < std::chrono::seconds(120)) return std::to_string(time.count()) + " s";
  return std::to_string((time.count() + 30) / 60) + " min";
}

std::string way_text(const json& session, Language language) {
  if (session.value("lost", false)) return fill(say::status_lost).in(language);
  return session.value("way", std::string());
}

void show_channels(Console& console, const json& session) {
  const json channels = session.value("channels", json::array());
  if (channels.empty()) return;
  Table table({{"  TARGET", "  ターゲット"},
               {"PRIORITY", "優先度"},
               {"SENT", "送信"},
               {"RECEIVED", "受信"},
               {"MAY SEND", "送信可能"},
               {"MAY RECEIVE", "受信可能"},
               {"WAITING", "待ち"}});
  for (const json& each : channels)
    table.add({"  " + each.value("target", std::string()), each.value("priority", std::string()),
               bytes_of(each, "sent"), bytes_of(each, "received"), bytes_of(each, "may_send"),
               bytes_of(each, "may_receive"), bytes_of(each, "queued")});
  console.show(table);
}

void tell(Console& console, const std::string& computer, const peer::LineNews& news) {
  const Filling name = place("computer", computer);
  if (news.lost) return console.note(fill(say::line_lost, {name, {"why", loss_words(news.lost)}}));
  const double seconds = std::chrono::duration<double>(news.away).count();
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", seconds);
  console.note(fill(say::line_back, {name, place("seconds", text.data()), place("way", news.way)}));
}

}  // namespace tasuki::cli
