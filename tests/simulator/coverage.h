// What has happened in a run, counted: a simulator in which something never happens
// says nothing about it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tasuki::simulator {

enum class Met : unsigned {
  resumes,
  resumes_with_replay,
  moves,           // resumes while the old carrier was alive
  real_schedules,  // over TLS, with a log-in
  denied_old,      // Resumes that a newer one had overtaken
  denied_stolen,   // on another carrier, before or after the real one
  denied_guessed,  // with a secret of one's own
  denied_foreign,  // with another session's secret
  denied_unknown,  // of a session that never was
  denied_offset,   // from where the agent never was
  denied_revoked,
  denied_late,      // after the session's end
  lawless_refused,  // other frames where Resume belongs
  kills_in_handshake,
  kills_before_resume,   // after Resume was said, before it arrived
  kills_before_resumed,  // after it arrived, before Resumed did
  kills_in_replay,
  kills_while_carried,
  kills_inside_a_frame,
  resets,
  black_holes,
  cuts,
  damages,  // bits, and records lost, repeated, exchanged
  delays,
  found_by_pulse,
  outages,
  sleeps,
  windows_over,
  memory_full,
  stalled_readers,
  channel_resets,
  channels_refused,
  half_closes,
  survived,
  count
};

constexpr std::array<std::string_view, std::size_t(Met::count)> met_names{"resumes",
                                                                          "resumes_with_replay",
                                                                          "moves",
                                                                          "real_schedules",
                                                                          "denied_old",
                                                                          "denied_stolen",
                                                                          "denied_guessed",
                                                                          "denied_foreign",
                                                                          "denied_unknown",
                                                                          "denied_offset",
                                                                          "denied_revoked",
                                                                          "denied_late",
                                                                          "lawless_refused",
                                                                          "kills_in_handshake",
                                                                          "kills_before_resume",
                                                                          "kills_before_resumed",
                                                                          "kills_in_replay",
                                                                          "kills_while_carried",
                                                                          "kills_inside_a_frame",
                                                                          "resets",
                                                                          "black_holes",
                                                                          "cuts",
                                                                          "damages",
                                                                          "delays",
                                                                          "found_by_pulse",
                                                                          "outages",
                                                                          "sleeps",
                                                                          "windows_over",
                                                                          "memory_full",
                                                                          "stalled_readers",
                                                                          "channel_resets",
                                                                          "channels_refused",
                                                                          "half_closes",
                                                                          "survived"};

struct Coverage {
  std::array<std::uint64_t, std::size_t(Met::count)> times{};
  std::uint64_t schedules = 0, events = 0, bytes = 0;

  void met(Met what) { ++times[std::size_t(what)]; }
  void add(const Coverage& other) {
    for (std::size_t i = 0; i < times.size(); ++i) times[i] += other.times[i];
    schedules += other.schedules;
    events += other.events;
    bytes += other.bytes;
  }
};

}  // namespace tasuki::simulator
