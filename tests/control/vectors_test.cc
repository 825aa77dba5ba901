#include "support/vectors.h"
#include "control/messages.h"

namespace tasuki::control {
namespace {

using test::check_vector;

TEST(ControlMessages, AreTheBytesOfTheGoldenVectors) {
  test::check_vectors(TASUKI_TEST_FILES "/vectors.json",
                      {{"Hello", check_vector<Hello>},
                       {"GatewayKey1", check_vector<GatewayKey1>},
                       {"GatewayKey2", check_vector<GatewayKey2>},
                       {"GatewayKey3", check_vector<GatewayKey3>},
                       {"Register", check_vector<Register>},
                       {"Registered", check_vector<Registered>},
                       {"List", check_vector<List>},
                       {"Listing", check_vector<Listing>},
                       {"Connect", check_vector<Connect>},
                       {"Incoming", check_vector<Incoming>},
                       {"Declined", check_vector<Declined>},
                       {"Attach", check_vector<Attach>},
                       {"Paired", check_vector<Paired>},
                       {"Refused", check_vector<Refused>},
                       {"Ping", check_vector<Ping>},
                       {"Pong", check_vector<Pong>},
                       {"Drain", check_vector<Drain>},
                       {"End", check_vector<End>}});
}

TEST(ControlMessages, HaveARefusalForEachNumberThatIsKnown) {
  for (unsigned value = 0; value < 256; ++value)
    EXPECT_EQ(known(Refusal(value)), name(Refusal(value)) != "?") << value;
}

// Before a peer has proved anything it may send this much, and no message of ours
// needs more, however full its fields are.
TEST(ControlMessages, AllFitIntoTheFrameAllowedBeforeAuthentication) {
  Register largest;
  largest.computer.value = std::string(31, 'a');
  largest.chain.value.assign(3, {ByteString(4096)});
  largest.signature.value.resize(128);
  EXPECT_LE(wire::encode_body(largest).size(), wire::max_payload_before_auth);

  Listing listing;
  listing.agents.value.assign(100, {{std::string(31, 'a')}, {}, 0, 0});
  EXPECT_LE(wire::encode_body(listing).size(), wire::max_payload_before_auth);
}

}  // namespace
}  // namespace tasuki::control
