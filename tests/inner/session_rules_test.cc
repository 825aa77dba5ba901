// What each frame does to a channel in each of its states: the table in session.cc,
// from the side of somebody who does not keep to it.
#include "support/sessions.h"

#include <gtest/gtest.h>

#include <map>

namespace tasuki::inner {
namespace {

using test::frame;
using test::Sessions;

enum class Fate { taken, passed, error };  // passed: no error, and no effect

std::ostream& operator<<(std::ostream& out, Fate fate) {
  return out << std::array{"taken", "let pass", "an error"}[std::size_t(fate)];
}

Fate fate_of(Session& session, const wire::Frame& given) {
  while (session.next_event()) continue;
  try {
    session.receive(given);
  } catch (const wire::ProtocolError&) {
    return Fate::error;
  }
  return session.next_event() ? Fate::taken : Fate::passed;
}

constexpr ChannelNumber channel = 1;

const std::map<std::string, wire::Frame>& frames() {
  static const std::map<std::string, wire::Frame> made{
      {"Open", frame(Open{channel, {"x"}, Priority::bulk, 100})},
      {"Opened", frame(Opened{channel, TargetKind::tcp, 100})},
      {"NotOpened", frame(NotOpened{channel, ChannelError::unreachable})},
      {"Data", {std::uint8_t(MessageType::data), {0, 0, 0, channel, 'x'}}},
      {"Credit", frame(Credit{channel, 1})},
      {"Finish", frame(Finish{channel})},
      {"Reset", frame(Reset{channel, ChannelError::ended})},
  };
  return made;
}

// How the channel came to where it is.
const std::map<std::string, void (*)(Sessions&)> states{
    {"never was", [](Sessions&) {}},
    {"asked",
     [](Sessions& s) {
       s.client.open("x");
       s.pass();
     }},
    {"open", [](Sessions& s) { s.open(); }},
    {"finished by the client",
     [](Sessions& s) {
       s.client.finish(s.open());
       s.pass();
     }},
    {"finished by the agent",
     [](Sessions& s) {
       s.agent.finish(s.open());
       s.pass();
     }},
    {"gone",
     [](Sessions& s) {
       s.client.reset(s.open(), ChannelError::ended);
       s.pass();
     }},
};

using Row = std::map<std::string, Fate>;
constexpr auto taken = Fate::taken, passed = Fate::passed, error = Fate::error;

void check(const std::map<std::string, Row>& table, Session Sessions::*side) {
  for (const auto& [state, row] : table) {
    for (const auto& [name, given] : frames()) {
      Sessions s;
      states.at(state)(s);
      EXPECT_EQ(fate_of(s.*side, given), row.at(name)) << name << " when " << state;
    }
  }
}

// clang-format off
TEST(SessionRules, HoldForWhatAClientSends) {
  check(
      {
          {"never was",
           {{"Open", taken}, {"Opened", error}, {"NotOpened", error}, {"Data", error},
            {"Credit", error}, {"Finish", error}, {"Reset", error}}},
          {"asked",
           {{"Open", error}, {"Opened", error}, {"NotOpened", error}, {"Data", error},
            {"Credit", error}, {"Finish", error}, {"Reset", taken}}},
          {"open",
           {{"Open", error}, {"Opened", error}, {"NotOpened", error}, {"Data", taken},
            {"Credit", taken}, {"Finish", taken}, {"Reset", taken}}},
          {"finished by the client",
           {{"Open", error}, {"Opened", error}, {"NotOpened", error}, {"Data", error},
            {"Credit", taken}, {"Finish", error}, {"Reset", taken}}},
          {"finished by the agent",
           {{"Open", error}, {"Opened", error}, {"NotOpened", error}, {"Data", taken},
            {"Credit", taken}, {"Finish", taken}, {"Reset", taken}}},
          {"gone",
           {{"Open", error}, {"Opened", passed}, {"NotOpened", passed}, {"Data", passed},
            {"Credit", passed}, {"Finish", passed}, {"Reset", passed}}},
      },
      &Sessions::agent);
}

TEST(SessionRules, HoldForWhatAnAgentSends) {
  check(
      {
          {"never was",
           {{"Open", error}, {"Opened", error}, {"NotOpened", error}, {"Data", error},
            {"Credit", error}, {"Finish", error}, {"Reset", error}}},
          {"asked",
           {{"Open", error}, {"Opened", taken}, {"NotOpened", taken}, {"Data", error},
            {"Credit", error}, {"Finish", error}, {"Reset", taken}}},
          {"open",
           {{"Open", error}, {"Opened", error}, {"NotOpened", error}, {"Data", taken},
            {"Credit", taken}, {"Finish", taken}, {"Reset", taken}}},
          {"finished by the client",
           {{"Open", error}, {"Opened", error}, {"NotOpened", error}, {"Data", taken},
            {"Credit", taken}, {"Finish", taken}, {"Reset", taken}}},
          {"finished by the agent",
           {{"Open", error}, {"Opened", error}, {"NotOpened", error}, {"Data", error},
            {"Credit", taken}, {"Finish", error}, {"Reset", taken}}},
          {"gone",
           {{"Open", error}, {"Opened", passed}, {"NotOpened", passed}, {"Data", passed},
            {"Credit", passed}, {"Finish", passed}, {"Reset", passed}}},
      },
      &Sessions::client);
}

// clang-format on
TEST(SessionRules, KnowNoOtherFrames) {
  for (unsigned type = 0; type < 256; ++type) {
    if (type >= 0x60 && type <= 0x66) continue;  // above
    if (type >= 0x70 && type <= 0x74) continue;  // of the session itself
    for (const bool by_client : {true, false}) {
      Sessions s;
      s.open();
      Session& to = by_client ? s.agent : s.client;
      EXPECT_THROW(to.receive({std::uint8_t(type), {}}), wire::ProtocolError) << type;
    }
  }
}

TEST(SessionRules, ChannelZeroNeverIs) {
  Sessions s;
  s.open();
  EXPECT_THROW(s.agent.receive(frame(Open{0, {"x"}, Priority::bulk, 1})), wire::ProtocolError);
  EXPECT_THROW(s.agent.receive(frame(Finish{0})), wire::ProtocolError);
  EXPECT_THROW(s.agent.receive(frame(Reset{0, ChannelError::ended})), wire::ProtocolError);
  EXPECT_THROW(s.client.receive({std::uint8_t(MessageType::data), {0, 0, 0, 0, 'x'}}),
               wire::ProtocolError);
}

TEST(SessionRules, DataNeedsItsChannelNumberWhole) {
  for (std::size_t size = 0; size < 4; ++size) {
    Sessions s;
    s.open();
    EXPECT_THROW(s.agent.receive({std::uint8_t(MessageType::data), ByteString(size)}),
                 wire::ProtocolError);
  }
}

TEST(SessionRules, HoldAgainstTheLargestChannelNumber) {
  Session agent(Session::Side::agent);
  agent.receive(frame(Open{0xffffffff, {"x"}, Priority::bulk, 1}));
  EXPECT_TRUE(agent.has(0xffffffff));
  EXPECT_THROW(agent.receive(frame(Open{0, {"x"}, Priority::bulk, 1})), wire::ProtocolError);
  EXPECT_THROW(agent.receive(frame(Open{0xffffffff, {"x"}, Priority::bulk, 1})),
               wire::ProtocolError);
}

}  // namespace
}  // namespace tasuki::inner
