// The proofs of Resume and Resumed: what they are, bit by bit, and what spoils them.
#include "inner/resumption.h"

#include "support/hex.h"

#include <gtest/gtest.h>

namespace tasuki::inner {
namespace {

template <std::size_t N>
std::array<std::uint8_t, N> counted(std::uint8_t from) {
  std::array<std::uint8_t, N> bytes;
  for (std::size_t i = 0; i < N; ++i) bytes[i] = std::uint8_t(from + i);
  return bytes;
}

const auto binding = counted<32>(0x20);
const auto other_binding = counted<32>(0x21);

Ticket ticket(std::uint32_t attempts = 6) {
  return {counted<16>(0x40), crypto::Secret(counted<32>(0)), 300, attempts};
}

Resume resume() {
  Ticket own = ticket();
  return ask_to_resume(own, binding, 4097);
}

Resumed resumed(const Resume& to) {
  Ticket own = ticket();
  Resumed terms;
  terms.next = 513;
  return agree_to_resume(own, binding, to, terms);
}

// Made by another program, from PROTOCOL.md alone.
TEST(Resumption, MakesTheProofsOfTheProtocol) {
  EXPECT_EQ(test::hex(resume().mac),
            "aeffb9bd21502649b8e607c0edfe2525503cdf3ebd469bd1cf687a4294687a43"
            "149d6f300fc66a6de8deeba61dbbad67a6de5f73187c0fcaa535561be3aea79d");
  EXPECT_EQ(test::hex(resumed(resume()).mac),
            "5d46eb019bea8992a5a76522b8ada812188ad435bbd857fc409484362ebaa11a"
            "19004ca09d411f28ce6bbcdd7293b6d490ff4606f01b47c34328b7c37182edd7");
}

TEST(Resumption, CountsEveryAttempt) {
  Ticket own = ticket(0);
  EXPECT_EQ(ask_to_resume(own, binding, 0).attempt, 1u);
  EXPECT_EQ(ask_to_resume(own, binding, 0).attempt, 2u);
}

TEST(Resumption, TakesAProofThatFits) {
  EXPECT_TRUE(proves(ticket(), binding, resume()));
}

TEST(Resumption, TakesNoProofMadeForAnotherConnection) {
  EXPECT_FALSE(proves(ticket(), other_binding, resume()));
}

TEST(Resumption, TakesNoProofWithAnotherSecret) {
  Ticket other = ticket();
  other.secret = crypto::Secret(counted<32>(1));
  EXPECT_FALSE(proves(other, binding, resume()));
}

TEST(Resumption, TakesNoProofOfAnotherSession) {
  Ticket other = ticket();
  other.session[0] ^= 1;
  EXPECT_FALSE(proves(other, binding, resume()));
}

TEST(Resumption, TakesNoResumeThatWasChangedInAnyField) {
  for (const auto& change : std::vector<std::function<void(Resume&)>>{
           [](Resume& r) { r.session[15] ^= 1; }, [](Resume& r) { ++r.attempt; },
           [](Resume& r) { --r.next; }, [](Resume& r) { r.mac[63] ^= 0x80; },
           [](Resume& r) { r.mac = {}; }}) {
    Resume changed = resume();
    change(changed);
    EXPECT_FALSE(proves(ticket(), binding, changed));
  }
}

TEST(Resumption, TakesOnlyWhatIsNewerThanTheLastThatWasTaken) {
  const Resume seventh = resume();
  EXPECT_TRUE(proves(ticket(6), binding, seventh));
  EXPECT_FALSE(proves(ticket(7), binding, seventh));
  EXPECT_FALSE(proves(ticket(8), binding, seventh));
}

TEST(Resumption, RemembersWhatItTook) {
  Ticket own = ticket();
  const Resume seventh = resume();
  agree_to_resume(own, binding, seventh, {});
  EXPECT_EQ(own.attempts, 7u);
  EXPECT_FALSE(proves(own, binding, seventh));
}

TEST(Resumption, ProvesTheAgentInItsAnswer) {
  EXPECT_TRUE(agrees(ticket(), binding, resume(), resumed(resume())));
}

TEST(Resumption, BelievesNoAnswerOfAnotherConnectionQuestionOrSecret) {
  const Resume asked = resume();
  const Resumed answer = resumed(asked);
  EXPECT_FALSE(agrees(ticket(), other_binding, asked, answer));
  Ticket own = ticket(7);
  EXPECT_FALSE(agrees(ticket(), binding, ask_to_resume(own, binding, 4097), answer));
  Ticket other = ticket();
  other.secret = crypto::Secret(counted<32>(1));
  EXPECT_FALSE(agrees(other, binding, asked, answer));
}

TEST(Resumption, BelievesNoAnswerThatWasChangedInAnyField) {
  const Resume asked = resume();
  for (const auto& change : std::vector<std::function<void(Resumed&)>>{
           [](Resumed& r) { ++r.next; }, [](Resumed& r) { r.rights ^= 1; },
           [](Resumed& r) { r.expiry = 1; }, [](Resumed& r) { r.mac[0] ^= 1; }}) {
    Resumed changed = resumed(asked);
    change(changed);
    EXPECT_FALSE(agrees(ticket(), binding, asked, changed));
  }
}

// Nobody answers a client with its own words.
TEST(Resumption, UsesAnotherKeyForEachSide) {
  const Resume asked = resume();
  Resumed echo;
  echo.next = 513;
  echo.mac = asked.mac;
  EXPECT_FALSE(agrees(ticket(), binding, asked, echo));
}

}  // namespace
}  // namespace tasuki::inner
