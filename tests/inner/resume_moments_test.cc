// A carrier may die at any moment of a resume: at every byte of it, in either direction.
// The next resume finds everything, and every byte arrives once.
#include "support/resumable.h"

#include <gtest/gtest.h>

namespace tasuki::inner {
namespace {

using test::carry;
using test::Resumable;

struct Way {
  std::string written, read;
};

// A channel with something under way in both directions when the first carrier is lost.
struct Story : Resumable {
  ChannelNumber channel;
  Way up, down;
  unsigned words = 0;

  Story() : channel(open()) {
    say(client, up);
    say(agent, down);
    pass();
    say(client, up);
    say(agent, down);
    client.take();  // lost on the way
    agent.take();
    client.carrier_lost();
    agent.carrier_lost();
    say(client, up);  // while there is no carrier
    say(agent, down);
  }

  void say(Session& side, Way& way) {
    const std::string word = std::to_string(++words) + " and so on, for a while; ";
    side.write(channel, as_bytes(word));
    way.written += word;
  }
  void hear() {
    const auto listen = [](Session& side, Way& way) {
      while (const auto event = side.next_event())
        if (const auto* arrived = std::get_if<Session::Arrived>(&*event))
          way.read += as_text(arrived->bytes);
    };
    listen(client, down);
    listen(agent, up);
  }

  // Carries so many bytes each way, and no more. What is left over is lost.
  struct Passed {
    std::size_t up = 0, down = 0;
  };
  Passed carry_until(Carrier& over, std::size_t most_up, std::size_t most_down) {
    Passed passed;
    const auto some = [](auto& from, auto& to, std::size_t& so_far, std::size_t most) {
      const ByteString bytes = from.take();
      const Bytes rest = Bytes(bytes).first(std::min(bytes.size(), most - so_far));
      so_far += rest.size();
      to.receive(rest);
      return !rest.empty();
    };
    for (bool busy = true; busy;) {
      busy = some(over.client, over.agent, passed.up, most_up);
      busy = some(over.agent, over.client, passed.down, most_down) || busy;
      busy = proceed(over) || busy;
    }
    return passed;
  }

  void end_well() {
    say(client, up);
    say(agent, down);
    const auto last = carrier();
    resume(*last);
    ASSERT_TRUE(last->client.open() && last->agent.open());
    carry(last->client, last->agent);
    hear();
    EXPECT_TRUE(up.read == up.written);
    EXPECT_TRUE(down.read == down.written);
  }
};

constexpr std::size_t all = std::size_t(1) << 40;

// How many bytes a resume takes when nothing happens, and where its Resume, its Resumed and
// the replays begin.
struct Course {
  Story::Passed handshake, asked, answered, all;
};

Course undisturbed() {
  Course course;
  Story story;
  const auto over = story.carrier();
  const auto add = [&](Story::Passed& to, auto&& until) {
    to = {};
    while (!until()) {
      const ByteString up = over->client.take();
      over->agent.receive(up);
      const ByteString down = over->agent.take();
      over->client.receive(down);
      to.up += up.size();
      to.down += down.size();
    }
  };
  add(course.handshake, [&] { return over->client.phase() == ClientEnd::Phase::wants_session; });
  over->client.resume(story.client);
  add(course.asked, [&] { return over->agent.phase() == AgentEnd::Phase::wants_session; });
  over->agent.resume(story.agent);
  add(course.answered, [&] { return over->client.open(); });
  add(course.all, [&] { return over->client.waiting() + over->agent.waiting() == 0; });
  return course;
}

// Every byte matters but in the handshake, where all that comes before its end is alike.
std::size_t next_cut(std::size_t cut, std::size_t handshake) {
  return cut + 40 < handshake ? cut + 11 : cut + 1;
}

// Signatures differ by a byte or two in length from one handshake to the next.
constexpr std::size_t margin = 4;

TEST(AResumeThatIsInterrupted, EndsWellWhenItIsNot) {
  Story story;
  story.end_well();
}

// At each byte of what the client says: its part of the handshake, Resume (which has not
// arrived then), and, once the agent has answered, its replay.
TEST(AResumeThatIsInterrupted, ByAnyByteOfTheClients) {
  const Course course = undisturbed();
  const std::size_t end =
      course.handshake.up + course.asked.up + course.answered.up + course.all.up + margin;
  bool before_resume = false, between = false, in_replay = false, complete = false;
  for (std::size_t up = 0; up <= end; up = next_cut(up, course.handshake.up)) {
    SCOPED_TRACE(up);
    Story story;
    const auto over = story.carrier();
    ASSERT_NO_THROW(story.carry_until(*over, up, all));
    before_resume |= story.client.ticket().attempts == 1 && story.agent.ticket().attempts == 0;
    between |= over->client.open() && story.agent.bytes_received() < story.client.bytes_sent();
    story.hear();
    in_replay |= over->client.open() && story.up.read.size() > 0 &&
                 story.up.read.size() < story.up.written.size();
    complete |= story.up.read == story.up.written;
    over->detach();
    story.end_well();
    if (HasFailure()) return;
  }
  EXPECT_TRUE(before_resume && between && in_replay && complete);  // so these were met
}

// At each byte of what the agent says: its part of the handshake, Resumed (so that the agent
// believes in a carrier of which the client knows nothing), and its replay.
TEST(AResumeThatIsInterrupted, ByAnyByteOfTheAgents) {
  const Course course = undisturbed();
  const std::size_t end =
      course.handshake.down + course.asked.down + course.answered.down + course.all.down + margin;
  bool in_handshake = false, before_resumed = false, in_replay = false, complete = false;
  for (std::size_t down = 0; down <= end; down = next_cut(down, course.handshake.down)) {
    SCOPED_TRACE(down);
    Story story;
    const auto over = story.carrier();
    ASSERT_NO_THROW(story.carry_until(*over, all, down));
    in_handshake |= story.client.ticket().attempts == 0;
    before_resumed |= over->agent.open() && !over->client.open();
    story.hear();
    in_replay |= story.down.read.size() > 0 && story.down.read.size() < story.down.written.size();
    complete |= story.down.read == story.down.written;
    over->detach();
    story.end_well();
    if (HasFailure()) return;
  }
  EXPECT_TRUE(in_handshake && before_resumed && in_replay && complete);
}

// One after another, each a little later than the last, and the session still is whole.
TEST(AResumeThatIsInterrupted, ManyTimesInARow) {
  const Course course = undisturbed();
  Story story;
  for (std::size_t cut = 0; cut < course.all.down + margin; cut += 7) {
    const auto over = story.carrier();
    story.carry_until(*over, all, course.handshake.down + course.answered.down + cut);
    story.hear();
    over->detach();
    story.say(story.client, story.up);
    story.say(story.agent, story.down);
  }
  story.end_well();
}

// The agent has taken a Resume of which the client heard nothing; the one that the client
// says next is newer; the first comes once more, from whoever held it back, and is old.
TEST(AResumeThatIsInterrupted, IsNotTakenWhenANewerOneWas) {
  Story story;
  const auto held = story.carrier();
  carry(held->client, held->agent);
  held->client.resume(story.client);
  const ByteString resume_held_back = held->client.take();
  held->client.detach();

  const auto over = story.carrier();
  story.resume(*over);
  ASSERT_TRUE(over->client.open());
  const auto before = test::trace(story.agent);
  held->agent.receive(resume_held_back);
  ASSERT_EQ(held->agent.phase(), AgentEnd::Phase::wants_session);
  EXPECT_FALSE(held->agent.may_resume(story.agent));
  held->agent.deny(Denial::no_session);
  EXPECT_EQ(test::trace(story.agent), before);
  EXPECT_TRUE(over->agent.open());
}

// And it is taken when none was: it is the client's last word, after all.
TEST(AResumeThatIsInterrupted, IsTakenLateWhenNoNewerOneWas) {
  Story story;
  const auto held = story.carrier();
  carry(held->client, held->agent);
  held->client.resume(story.client);
  held->agent.receive(held->client.take());
  held->client.detach();
  ASSERT_TRUE(held->agent.may_resume(story.agent));
  held->agent.resume(story.agent);
  held->agent.detach();
  story.end_well();
}

}  // namespace
}  // namespace tasuki::inner
