#include "net/tls_stream.h"

#include "support/pieces.h"
#include "support/streams.h"

#include <openssl/ssl.h>
#include <thread>

namespace tasuki::net {
namespace {

using namespace std::chrono_literals;
using test::error_of;
using test::hear_all;
using test::realm;
using test::run;
using test::say_all;
using test::TlsEnds;

const auto timed_out = std::make_error_code(std::errc::timed_out);

struct TlsStreams : testing::Test {
  asio::io_context loop;
};

// ---- whom one trusts ----

TEST_F(TlsStreams, ShakeHandsUnderTheRealmsRoot) {
  TlsEnds ends(loop);
  const auto outcome = ends.shake_hands(loop);
  EXPECT_FALSE(outcome.server);
  EXPECT_FALSE(outcome.client);
}

TEST_F(TlsStreams, ShakeHandsByNameOrByAddress) {
  for (const std::string host : {"gw.test", "GW.Test", "127.0.0.1", "::1"}) {
    TlsEnds ends(loop);
    EXPECT_FALSE(ends.shake_hands(loop, host).client) << host;
  }
}

TEST_F(TlsStreams, TrustNoOtherRoot) {
  TlsEnds ends(loop, realm().server(), test::Realm().client());
  const auto outcome = ends.shake_hands(loop);
  EXPECT_EQ(outcome.client, StreamError::untrusted);
  EXPECT_TRUE(outcome.server);
}

TEST_F(TlsStreams, TrustNothingWithoutARoot) {
  TlsEnds ends(loop, realm().server(), TlsContext::client({}, "test/1"));
  EXPECT_EQ(ends.shake_hands(loop).client, StreamError::untrusted);
}

TEST_F(TlsStreams, TrustAnyOfSeveralRoots) {
  const test::Realm other;
  TlsEnds ends(loop, realm().server(),
               TlsContext::client({other.root.certificate, realm().root.certificate}, "test/1"));
  EXPECT_FALSE(ends.shake_hands(loop).client);
}

TEST_F(TlsStreams, TrustNoOtherName) {
  for (const std::string host : {"gw.test.evil", "w.test", "127.0.0.2", "::2", "*", "*.test"}) {
    TlsEnds ends(loop);
    EXPECT_EQ(ends.shake_hands(loop, host).client, StreamError::untrusted) << host;
  }
}

// OpenSSL takes an empty name for "any name".
TEST_F(TlsStreams, TrustNobodyWithoutAName) {
  TlsEnds ends(loop);
  EXPECT_ANY_THROW(run(loop, ends.accept(), ends.connect("")));
}

TEST_F(TlsStreams, TrustNoSelfSignedCertificate) {
  const auto key = crypto::SigningKey::generate();
  TlsEnds ends(loop, TlsContext::server(crypto::self_signed(key, "gw.test"), key.to_pem().bytes(),
                                        "test/1"));
  EXPECT_EQ(ends.shake_hands(loop).client, StreamError::untrusted);
}

TEST_F(TlsStreams, TrustNoLeafAfterItsTime) {
  TlsEnds ends(loop);
  X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(ends.client_context.get()),
                             std::time(nullptr) + 91 * 24 * 3600);
  ends = TlsEnds(loop, realm().server(), std::move(ends.client_context));
  EXPECT_EQ(ends.shake_hands(loop).client, StreamError::untrusted);
}

// ---- what one speaks ----

TEST_F(TlsStreams, SpeakNoOlderTls) {
  TlsContext older = realm().client();
  SSL_CTX_set_min_proto_version(older.get(), TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(older.get(), TLS1_2_VERSION);
  TlsEnds as_client(loop, realm().server(), std::move(older));
  EXPECT_EQ(as_client.shake_hands(loop).server, StreamError::broken_tls);

  TlsContext old_server = realm().server();
  SSL_CTX_set_min_proto_version(old_server.get(), TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(old_server.get(), TLS1_2_VERSION);
  TlsEnds as_server(loop, std::move(old_server));
  EXPECT_EQ(as_server.shake_hands(loop).client, StreamError::broken_tls);
}

TEST_F(TlsStreams, SpeakWithNobodyWhoNamesAnotherProtocol) {
  TlsEnds ends(loop, realm().server("test/1"), realm().client("test/2"));
  const auto outcome = ends.shake_hands(loop);
  EXPECT_EQ(outcome.server, StreamError::broken_tls);
  EXPECT_EQ(outcome.client, StreamError::broken_tls);
}

TEST_F(TlsStreams, SpeakWithNobodyWhoNamesNoProtocol) {
  TlsContext silent_client = realm().client();
  SSL_CTX_set_alpn_protos(silent_client.get(), nullptr, 0);
  TlsEnds against_server(loop, realm().server(), std::move(silent_client));
  EXPECT_EQ(against_server.shake_hands(loop).server, StreamError::broken_tls);

  TlsContext silent_server = realm().server();
  SSL_CTX_set_alpn_select_cb(silent_server.get(), nullptr, nullptr);
  TlsEnds against_client(loop, std::move(silent_server));
  EXPECT_EQ(against_client.shake_hands(loop).client, StreamError::broken_tls);
}

TEST_F(TlsStreams, AnswerAWebBrowserThatHasLostItsWayWithAnError) {
  test::Sockets both = test::sockets(loop);
  const TlsContext context = realm().server();
  TlsStream server(std::move(both.left), context);
  PlainStream browser(std::move(both.right));
  const auto why = error_of([&] {
    run(
        loop, [&]() -> asio::awaitable<void> { co_await server.accept(); },
        say_all(browser, {'G', 'E', 'T', ' ', '/', ' ', 'H', 'T', 'T', 'P', '/', '1', '\r', '\n'}));
  });
  EXPECT_EQ(why, StreamError::broken_tls);
}

int tickets = 0;

TEST_F(TlsStreams, GiveNoTicketToComeBackWith) {
  tickets = 0;
  TlsContext client = realm().client();
  SSL_CTX_set_session_cache_mode(client.get(), SSL_SESS_CACHE_CLIENT);
  SSL_CTX_sess_set_new_cb(client.get(), [](SSL*, SSL_SESSION*) { return ++tickets, 0; });
  TlsEnds ends(loop, realm().server(), std::move(client));
  ends.shake_hands(loop);
  ByteString heard;
  run(loop, say_all(*ends.server, {1}), hear_all(*ends.client, heard));
  EXPECT_EQ(heard, ByteString{1});
  EXPECT_EQ(tickets, 0);
}

// ---- bytes ----

TEST_F(TlsStreams, CarryBytesBothWaysAtOnce) {
  TlsEnds ends(loop, realm().server(), realm().client(), 4096);
  ends.shake_hands(loop);
  test::Random random(1);
  const ByteString up = random.bytes(500'000), down = random.bytes(300'000);
  ByteString heard_up, heard_down;
  run(loop, say_all(*ends.client, up), say_all(*ends.server, down),
      hear_all(*ends.client, heard_down), hear_all(*ends.server, heard_up, 1'000));
  EXPECT_EQ(heard_up, up);
  EXPECT_EQ(heard_down, down);
}

// As AgentLine does it: what is repeated after Want::write begins alike and may be longer.
TEST_F(TlsStreams, GoOnWithTheSameBytesAndMoreAfterAWriteThatWasNotTaken) {
  TlsEnds ends(loop, realm().server(), realm().client(), 4096);
  ends.shake_hands(loop);
  test::Random random(2);
  const ByteString all = random.bytes(400'000);
  std::size_t sent = 0, offered = 50'000;
  ByteString heard;
  std::array<std::uint8_t, 3'000> room;
  while (heard.size() < all.size()) {
    const Progress written = ends.client->try_write(Bytes(all).subspan(sent, offered - sent));
    ASSERT_FALSE(written.error) << written.error.message();
    sent += written.bytes;
    if (written.want == Want::write) offered = std::min(all.size(), offered + 777);
    if (sent == offered) offered = std::min(all.size(), offered + 50'000);
    const Progress got = ends.server->try_read(room);
    ASSERT_FALSE(got.error) << got.error.message();
    append(heard, Bytes(room).first(got.bytes));
  }
  EXPECT_EQ(heard, all);
}

TEST_F(TlsStreams, ExportTheSameSecretOnBothSidesAndNoOther) {
  TlsEnds one(loop), two(loop);
  one.shake_hands(loop);
  two.shake_hands(loop);
  EXPECT_EQ(one.client->exporter("a"), one.server->exporter("a"));
  EXPECT_EQ(one.client->exporter("a").size(), 32u);
  EXPECT_NE(one.client->exporter("a"), one.client->exporter("b"));
  EXPECT_NE(one.client->exporter("a"), two.client->exporter("a"));
}

// A raw peer says KeyUpdate as often as it likes; ours has no way to.
SSL* raw(TlsContext& context, Socket& socket) {
  SSL* ssl = SSL_new(context.get());
  SSL_set_fd(ssl, socket.native_handle());
  return ssl;
}

TEST_F(TlsStreams, HearSomeKeyUpdatesAndNoFloodOfThem) {
  for (const int many : {10, 100}) {
    test::Sockets both = test::sockets(loop);
    const TlsContext servers = realm().server();
    TlsContext clients = realm().client();
    TlsStream server(std::move(both.left), servers);
    SSL* const peer = raw(clients, both.right);
    std::thread shaking([&] { SSL_connect(peer); });
    run(loop, [&]() -> asio::awaitable<void> { co_await server.accept(); });
    shaking.join();
    for (int i = 0; i < many; ++i) {
      SSL_key_update(peer, SSL_KEY_UPDATE_REQUESTED);
      SSL_write(peer, "x", 1);
    }
    SSL_shutdown(peer);
    ByteString heard;
    const auto why = error_of([&] { run(loop, test::hear_all(server, heard)); });
    if (many == 10) {
      EXPECT_FALSE(why);
      EXPECT_EQ(heard, ByteString(10, 'x'));
    } else {
      EXPECT_EQ(why, StreamError::broken_tls);
    }
    SSL_free(peer);
  }
}

// ---- the end ----

TEST_F(TlsStreams, LeaveTheOtherWayOpenWhenOneIsFinished) {
  TlsEnds ends(loop);
  ends.shake_hands(loop);
  ByteString nothing, answer;
  run(loop, say_all(*ends.client, {}), hear_all(*ends.server, nothing));
  run(loop, say_all(*ends.server, {1, 2, 3}), hear_all(*ends.client, answer));
  EXPECT_EQ(answer, (ByteString{1, 2, 3}));
}

TEST_F(TlsStreams, MayBeFinishedTwice) {
  TlsEnds ends(loop);
  ends.shake_hands(loop);
  EXPECT_TRUE(ends.client->try_finish().ended);
  EXPECT_TRUE(ends.client->try_finish().ended);
}

TEST_F(TlsStreams, TakeNoEndForAProperOneUnlessItIsSaid) {
  TlsEnds ends(loop);
  ends.shake_hands(loop);
  ends.client.reset();  // the socket is closed, without a word of TLS
  ByteString heard;
  EXPECT_EQ(error_of([&] { run(loop, hear_all(*ends.server, heard)); }), StreamError::truncated);
}

TEST_F(TlsStreams, HearWhatCameBeforeATruncation) {
  TlsEnds ends(loop);
  ends.shake_hands(loop);
  ends.client->try_write(ByteString{1, 2, 3});
  ends.client.reset();
  ByteString heard;
  EXPECT_EQ(error_of([&] { run(loop, hear_all(*ends.server, heard)); }), StreamError::truncated);
  EXPECT_EQ(heard, (ByteString{1, 2, 3}));
}

TEST_F(TlsStreams, TakeAnEndInsideTheHandshakeForATruncation) {
  TlsEnds ends(loop);
  ends.client.reset();
  EXPECT_EQ(error_of([&] { run(loop, ends.accept()); }), StreamError::truncated);
}

TEST_F(TlsStreams, DoNotBelieveAnEndThatSomebodyElseSays) {
  TlsEnds ends(loop);
  ends.shake_hands(loop);
  const std::uint8_t close_notify[]{0x15, 0x03, 0x03, 0x00, 0x02, 0x01, 0x00};
  ::send(ends.client->native_handle(), close_notify, sizeof close_notify, 0);
  ByteString heard;
  EXPECT_EQ(error_of([&] { run(loop, hear_all(*ends.server, heard)); }), StreamError::broken_tls);
}

TEST_F(TlsStreams, FailWhenSomebodyPutsBytesIn) {
  TlsEnds ends(loop);
  ends.shake_hands(loop);
  const std::uint8_t record[]{0x17, 0x03, 0x03, 0x00, 0x20, 'e', 'v', 'i', 'l'};
  ByteString junk(record, record + sizeof record);
  junk.resize(5 + 0x20);
  ::send(ends.client->native_handle(), junk.data(), junk.size(), 0);
  ByteString heard;
  EXPECT_EQ(error_of([&] { run(loop, hear_all(*ends.server, heard)); }), StreamError::broken_tls);
  std::array<std::uint8_t, 10> room;
  EXPECT_TRUE(ends.server->try_read(room).error);  // and stay so
}

TEST_F(TlsStreams, FailToWriteOnceFinished) {
  TlsEnds ends(loop);
  ends.shake_hands(loop);
  ends.client->try_finish();
  EXPECT_TRUE(ends.client->try_write(ByteString{1}).error);
}

// ---- abort ----

TEST_F(TlsStreams, WakeAHandshakeWithTheReasonOfAnAbort) {
  TlsEnds ends(loop);
  asio::steady_timer timer(loop, 10ms);
  timer.async_wait([&](ErrorCode) { ends.server->abort(timed_out); });
  EXPECT_EQ(error_of([&] { run(loop, ends.accept()); }), timed_out);
}

TEST_F(TlsStreams, WakeAReaderWithTheReasonOfAnAbort) {
  TlsEnds ends(loop);
  ends.shake_hands(loop);
  asio::steady_timer timer(loop, 10ms);
  timer.async_wait([&](ErrorCode) { ends.server->abort(timed_out); });
  ByteString heard;
  EXPECT_EQ(error_of([&] { run(loop, hear_all(*ends.server, heard)); }), timed_out);
}

TEST_F(TlsStreams, LookTruncatedToThePeerOfAnAbort) {
  TlsEnds ends(loop);
  ends.shake_hands(loop);
  ends.server->abort(timed_out);
  ByteString heard;
  EXPECT_EQ(error_of([&] { run(loop, hear_all(*ends.client, heard)); }), StreamError::truncated);
}

TEST_F(TlsStreams, FailWithTheReasonOfAnAbortWhateverIsTriedLater) {
  TlsEnds ends(loop);
  ends.shake_hands(loop);
  ends.server->abort(timed_out);
  std::array<std::uint8_t, 10> room{};
  EXPECT_EQ(ends.server->try_read(room).error, timed_out);
  EXPECT_EQ(ends.server->try_write(room).error, timed_out);
  EXPECT_EQ(ends.server->try_finish().error, timed_out);
  EXPECT_EQ(error_of([&] { run(loop, ends.accept()); }), timed_out);
}

// ---- contexts ----

TEST(TlsContext, RefusesAKeyThatIsNotTheLeafs) {
  const auto other = crypto::SigningKey::generate();
  EXPECT_THROW(TlsContext::server(realm().leaf.certificate, other.to_pem().bytes(), "test/1"),
               std::runtime_error);
}

TEST(TlsContext, RefusesWhatIsNoCertificate) {
  EXPECT_THROW(TlsContext::client({ByteString{1, 2, 3}}, "test/1"), std::runtime_error);
  EXPECT_THROW(TlsContext::server({}, realm().leaf.private_key.bytes(), "test/1"),
               std::runtime_error);
}

}  // namespace
}  // namespace tasuki::net
