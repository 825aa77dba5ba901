// Registered agents' lines, with the agent's end of each in the test's hands.
#pragma once

#include "gateway/agent_line.h"
#include "support/frames.h"
#include "support/streams.h"

namespace tasuki::test {

inline const crypto::PublicKey& some_public_key() {
  static const crypto::PublicKey key = crypto::SigningKey::generate().public_key();
  return key;
}

inline gateway::AgentFacts agent_facts(std::string_view computer = "pc",
                                       std::string_view label = "office") {
  return {control::KeyLabel::parse(label).value(),
          control::ComputerId::parse(computer).value(),
          some_public_key(),
          "192.0.2.1:50000",
          "test 1",
          0,
          0};
}

// A line, what it told its owner, and the agent at the other end.
struct LineUnderTest {
  net::StreamPtr agent;
  int heard = 0;
  std::vector<control::Token> declined;
  std::vector<std::string> ended;
  std::shared_ptr<gateway::AgentLine> line;

  explicit LineUnderTest(asio::io_context& loop, int buffer = 0, control::Features features = 0) {
    Streams streams = plain_streams(loop, buffer);
    agent = std::move(streams.right);
    gateway::AgentFacts facts = agent_facts();
    facts.features = features;
    line =
        std::make_shared<gateway::AgentLine>(std::move(streams.left), std::move(facts), events());
  }
  LineUnderTest(net::StreamPtr gateways_end, net::StreamPtr agents_end)
      : agent(std::move(agents_end)),
        line(std::make_shared<gateway::AgentLine>(std::move(gateways_end), agent_facts(),
                                                  events())) {}

  // What has come for the agent and nobody has read yet.
  std::vector<wire::Frame> received() {
    ByteString all, chunk(64 * 1024);
    for (;;) {
      const net::Progress got = agent->try_read(chunk);
      append(all, Bytes(chunk).first(got.bytes));
      if (got.bytes == 0) return frames_in(all);
    }
  }

private:
  gateway::AgentLine::Events events() {
    return {[this](gateway::AgentLine&) { ++heard; },
            [this](gateway::AgentLine&, const control::Token& token) { declined.push_back(token); },
            [this](gateway::AgentLine&, const std::string& why) { ended.push_back(why); }};
  }
};

}  // namespace tasuki::test
