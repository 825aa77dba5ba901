#include "support/vectors.h"
#include "inner/messages.h"
#include "inner/session.h"

namespace tasuki::inner {
namespace {

using test::check_vector;

// Data is the one message without a struct: its bytes go by without being copied
// into one.
void check_data(const test::Json& vector) {
  const ByteString golden = test::unhex(vector.at("frame").get<std::string>());
  const auto channel = vector.at("fields").at("channel").get<ChannelNumber>();
  const ByteString bytes = test::unhex(vector.at("fields").at("bytes").get<std::string>());
  wire::Reader reader(Bytes(golden).subspan(wire::frame_header_size));
  ChannelNumber number = 0;
  reader(number);
  EXPECT_EQ(golden[0], std::uint8_t(MessageType::data));
  EXPECT_EQ(number, channel);
  EXPECT_EQ(test::hex(reader.rest()), test::hex(bytes));
}

TEST(InnerMessages, AreTheBytesOfTheGoldenVectors) {
  test::check_vectors(TASUKI_TEST_FILES "/vectors.json",
                      {{"ClientHello", check_vector<ClientHello>},
                       {"Methods", check_vector<Methods>},
                       {"Password1", check_vector<Password1>},
                       {"Password2", check_vector<Password2>},
                       {"Password3", check_vector<Password3>},
                       {"Authenticated", check_vector<Authenticated>},
                       {"Denied", check_vector<Denied>},
                       {"Open", check_vector<Open>},
                       {"Opened", check_vector<Opened>},
                       {"NotOpened", check_vector<NotOpened>},
                       {"Data", check_data},
                       {"Credit", check_vector<Credit>},
                       {"Finish", check_vector<Finish>},
                       {"Reset", check_vector<Reset>},
                       {"Acknowledge", check_vector<Acknowledge>},
                       {"Ping", check_vector<Ping>},
                       {"Pong", check_vector<Pong>},
                       {"Close", check_vector<Close>},
                       {"Resume", check_vector<Resume>},
                       {"Resumed", check_vector<Resumed>},
                       {"Move", check_vector<Move>}});
}

// The one way in which a session makes Data.
TEST(InnerMessages, DataIsMadeAsItIsInTheVectors) {
  Session client(Session::Side::client);
  const ChannelNumber channel = client.open("desktop");
  client.receive(test::frame(Opened{channel, TargetKind::tcp, 100}));
  client.take();
  client.write(channel, as_bytes("ab"));
  EXPECT_EQ(test::hex(client.take()),
            "63000006"
            "00000001"
            "6162");
}

TEST(InnerMessages, HaveANameForEachNumberThatIsKnown) {
  for (unsigned value = 0; value < 256; ++value) {
    EXPECT_EQ(known(Denial(value)), name(Denial(value)) != "?") << value;
    EXPECT_EQ(known(TargetKind(value)), name(TargetKind(value)) != "?") << value;
    EXPECT_EQ(known(ChannelError(value)), name(ChannelError(value)) != "?") << value;
  }
}

TEST(InnerMessages, OfTheProofFitIntoTheFrameAllowedBeforeIt) {
  ClientHello hello;
  hello.user.value = hello.host.value = std::string(255, 'x');
  hello.software.value = std::string(64, 'x');
  EXPECT_LE(wire::encode_body(hello).size(), wire::max_payload_before_auth);
  EXPECT_LE(wire::encode_body(Password2{}).size(), wire::max_payload_before_auth);
}

TEST(InnerMessages, DataFitsIntoTheFrameAllowedAfterIt) {
  EXPECT_LE(data_chunk + sizeof(ChannelNumber), wire::max_payload);
}

}  // namespace
}  // namespace tasuki::inner
