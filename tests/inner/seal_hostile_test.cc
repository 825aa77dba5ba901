// Peers that speak TLS, but not as we do: older, without our protocol's name, with
// pre-shared keys, with tickets, with other certificates. Raw OpenSSL plays them.
#include "inner/messages.h"
#include "inner/seal.h"
#include "support/seals.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <functional>
#include <optional>

namespace tasuki::inner {
namespace {

using test::carry;

const std::string our_alpn = "\x0ctasuki-e2e/1";

// A TLS peer over memory, configured as the test likes.
class RawPeer {
public:
  RawPeer(bool is_client, const std::function<void(SSL_CTX*)>& configure)
      : context_(SSL_CTX_new(is_client ? TLS_client_method() : TLS_server_method())) {
    configure(context_.get());
    ssl_.reset(SSL_new(context_.get()));
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_.get(), in_, out_);
    if (is_client)
      SSL_set_connect_state(ssl_.get());
    else
      SSL_set_accept_state(ssl_.get());
    if (is_client) step();
  }

  void receive(Bytes bytes) {
    BIO_write(in_, bytes.data(), int(bytes.size()));
    step();
  }
  ByteString take() {
    ByteString bytes(BIO_ctrl_pending(out_));
    BIO_read(out_, bytes.data(), int(bytes.size()));
    return bytes;
  }
  // Drives the handshake, and afterwards reads what the peer says on its own account.
  void step() {
    ERR_clear_error();
    if (!SSL_is_init_finished(ssl_.get())) {
      SSL_do_handshake(ssl_.get());
    } else {
      char ignored[1024];
      SSL_read(ssl_.get(), ignored, sizeof ignored);
    }
    ERR_clear_error();
  }
  bool established() const { return SSL_is_init_finished(ssl_.get()); }
  SSL* ssl() { return ssl_.get(); }

private:
  std::unique_ptr<SSL_CTX, FreeContext> context_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
};

// What an agent makes of such a client: established, or refused.
std::string against_an_agent(const std::function<void(SSL_CTX*)>& configure) {
  RawPeer client(true, configure);
  Seal agent(Seal::Side::agent, test::some_agent().context);
  try {
    carry(client, agent);
  } catch (const SealError&) {
    return "refused";
  }
  return agent.established() ? "established" : "waiting";
}

std::string against_a_client(const std::function<void(SSL_CTX*)>& configure) {
  RawPeer agent(false, configure);
  Seal client(Seal::Side::client, test::client_context());
  try {
    carry(client, agent);
  } catch (const SealError&) {
    return "refused";
  }
  return client.established() ? "established" : "waiting";
}

void offer(SSL_CTX* context, const std::string& protocols) {
  SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(protocols.data()),
                          unsigned(protocols.size()));
}

void name_our_protocol(SSL_CTX* context) {
  SSL_CTX_set_alpn_select_cb(
      context,
      [](SSL*, const unsigned char** out, unsigned char* size, const unsigned char*, unsigned,
         void*) {
        *out = reinterpret_cast<const unsigned char*>(our_alpn.data()) + 1;
        *size = (unsigned char)(our_alpn.size() - 1);
        return SSL_TLSEXT_ERR_OK;
      },
      nullptr);
}

// As an agent that is all right, for tests to spoil.
void as_agent(SSL_CTX* context) {
  const auto& identity = test::some_agent();
  const ByteString certificate = crypto::self_signed(identity.key, "agent");
  SSL_CTX_use_certificate_ASN1(context, int(certificate.size()), certificate.data());
  SSL_CTX_use_PrivateKey(context, identity.key.handle());
  name_our_protocol(context);
}

// ---- clients ----

TEST(SealAgainstClients, TakesOneThatSpeaksAsWeDo) {
  EXPECT_EQ(against_an_agent([](SSL_CTX* c) { offer(c, our_alpn); }), "established");
}

TEST(SealAgainstClients, RefusesOneThatSpeaksOnlyOlderTls) {
  EXPECT_EQ(against_an_agent([](SSL_CTX* c) {
              offer(c, our_alpn);
              SSL_CTX_set_max_proto_version(c, TLS1_2_VERSION);
            }),
            "refused");
}

TEST(SealAgainstClients, RefusesOneThatNamesNoProtocol) {
  EXPECT_EQ(against_an_agent([](SSL_CTX*) {}), "refused");
}

TEST(SealAgainstClients, RefusesOneThatNamesOtherProtocols) {
  for (const std::string protocols : {"\x08http/1.1", "\x02h2\x08http/1.1", "\x0dtasuki-e2e/10",
                                      "\x0btasuki-e2e/", "\x01t", "\x08tasuki/1"})
    EXPECT_EQ(against_an_agent([&](SSL_CTX* c) { offer(c, protocols); }), "refused") << protocols;
}

TEST(SealAgainstClients, FindsOurProtocolAmongOthers) {
  EXPECT_EQ(against_an_agent([](SSL_CTX* c) { offer(c, "\x02h2" + our_alpn + "\x01x"); }),
            "established");
}

// The longest list there may be, with ours nowhere in it.
TEST(SealAgainstClients, SurvivesALongListOfProtocols) {
  std::string protocols;
  for (int i = 0; i < 60; ++i) protocols += char(255) + std::string(255, char('a' + i % 26));
  EXPECT_EQ(against_an_agent([&](SSL_CTX* c) { offer(c, protocols); }), "refused");
}

int use_psk(SSL* ssl, const EVP_MD*, const unsigned char** id, std::size_t* id_size,
            SSL_SESSION** session) {
  static const unsigned char key[32] = {1, 2, 3};
  SSL_SESSION* made = SSL_SESSION_new();
  SSL_SESSION_set1_master_key(made, key, sizeof key);
  SSL_SESSION_set_cipher(made,
                         SSL_CIPHER_find(ssl, reinterpret_cast<const unsigned char*>("\x13\x01")));
  SSL_SESSION_set_protocol_version(made, TLS1_3_VERSION);
  *session = made;
  *id = reinterpret_cast<const unsigned char*>("guess");
  *id_size = 5;
  return 1;
}

TEST(SealAgainstClients, MakesNothingOfAPreSharedKey) {
  RawPeer client(true, [](SSL_CTX* c) {
    offer(c, our_alpn);
    SSL_CTX_set_psk_use_session_callback(c, use_psk);
  });
  Seal agent(Seal::Side::agent, test::some_agent().context);
  carry(client, agent);
  ASSERT_TRUE(client.established());
  EXPECT_EQ(SSL_session_reused(client.ssl()), 0);  // the certificate decided, not the key
  EXPECT_NE(SSL_get0_peer_certificate(client.ssl()), nullptr);
}

int tickets = 0;

TEST(SealAgainstClients, GivesNoTicketToComeBackWith) {
  tickets = 0;
  RawPeer client(true, [](SSL_CTX* c) {
    offer(c, our_alpn);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(c, [](SSL*, SSL_SESSION*) { return ++tickets, 0; });
  });
  Seal agent(Seal::Side::agent, test::some_agent().context);
  carry(client, agent);
  agent.write(as_bytes("something, since tickets come before the first bytes"));
  carry(client, agent);
  ASSERT_TRUE(client.established());
  EXPECT_EQ(tickets, 0);
  EXPECT_EQ(SSL_SESSION_is_resumable(SSL_get_session(client.ssl())), 0);
}

TEST(SealAgainstClients, RefusesAWebBrowserThatHasLostItsWay) {
  Seal agent(Seal::Side::agent, test::some_agent().context);
  EXPECT_THROW(agent.receive(as_bytes("GET / HTTP/1.1\r\nHost: example\r\n\r\n")), SealError);
}

TEST(SealAgainstClients, HearsWhatIsSaidBetweenKeyUpdatesWhoeverAsksForThem) {
  for (const int kind : {SSL_KEY_UPDATE_REQUESTED, SSL_KEY_UPDATE_NOT_REQUESTED}) {
    for (const std::size_t largest : {1u, 10u, 100'000u}) {
      RawPeer client(true, [](SSL_CTX* c) { offer(c, our_alpn); });
      Seal agent(Seal::Side::agent, test::some_agent().context);
      carry(client, agent);
      for (int i = 0; i < 100; ++i) {
        SSL_key_update(client.ssl(), kind);
        SSL_write(client.ssl(), "x", 1);
      }
      ByteString heard;
      test::in_pieces(client.take(), largest, [&](Bytes piece) {
        agent.receive(piece);
        agent.read(heard);
      });
      EXPECT_EQ(heard, ByteString(100, 'x')) << kind << " " << largest;
      EXPECT_LT(agent.waiting(), 100'000u);
    }
  }
}

// Each costs us a new key. (Those that come one by one cost the peer as much as us.)
TEST(SealAgainstClients, HearsNoFloodOfKeyUpdates) {
  for (const int many : {10, 100}) {
    RawPeer client(true, [](SSL_CTX* c) { offer(c, our_alpn); });
    Seal agent(Seal::Side::agent, test::some_agent().context);
    carry(client, agent);
    for (int i = 0; i < many; ++i) {
      SSL_key_update(client.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED);
      SSL_do_handshake(client.ssl());
    }
    agent.receive(client.take());
    if (many == 10)
      EXPECT_NO_THROW(test::read(agent));
    else
      EXPECT_THROW(test::read(agent), SealError);
  }
}

// ---- agents ----

TEST(SealAgainstAgents, TakesOneThatSpeaksAsWeDo) {
  EXPECT_EQ(against_a_client(as_agent), "established");
}

TEST(SealAgainstAgents, RefusesOneThatSpeaksOnlyOlderTls) {
  EXPECT_EQ(against_a_client([](SSL_CTX* c) {
              as_agent(c);
              SSL_CTX_set_max_proto_version(c, TLS1_2_VERSION);
            }),
            "refused");
}

TEST(SealAgainstAgents, RefusesOneThatNamesNoProtocol) {
  EXPECT_EQ(against_a_client([](SSL_CTX* c) {
              as_agent(c);
              SSL_CTX_set_alpn_select_cb(c, nullptr, nullptr);
            }),
            "refused");
}

TEST(SealAgainstAgents, RefusesOneThatNamesAnotherProtocol) {
  EXPECT_EQ(against_a_client([](SSL_CTX* c) {
              as_agent(c);
              SSL_CTX_set_alpn_select_cb(
                  c,
                  [](SSL*, const unsigned char** out, unsigned char* size, const unsigned char*,
                     unsigned, void*) {
                    *out = reinterpret_cast<const unsigned char*>("h2");
                    *size = 2;
                    return SSL_TLSEXT_ERR_OK;
                  },
                  nullptr);
            }),
            "refused");
}

// A certificate of OpenSSL's own making around any key.
void use_certificate_of(SSL_CTX* context, EVP_PKEY* key, const EVP_MD* digest) {
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("agent"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_set_pubkey(certificate, key);
  X509_sign(certificate, key, digest);
  SSL_CTX_use_certificate(context, certificate);
  SSL_CTX_use_PrivateKey(context, key);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

TEST(SealAgainstAgents, RefusesKeysThatNoAgentHas) {
  EXPECT_EQ(against_a_client([](SSL_CTX* c) {
              name_our_protocol(c);
              use_certificate_of(c, EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"),
                                 EVP_sha256());
            }),
            "established");  // so it is not the certificate's making that is refused below
  EXPECT_EQ(against_a_client([](SSL_CTX* c) {
              name_our_protocol(c);
              use_certificate_of(c, EVP_RSA_gen(2048), EVP_sha256());
            }),
            "refused");
  EXPECT_EQ(against_a_client([](SSL_CTX* c) {
              name_our_protocol(c);
              use_certificate_of(c, EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), nullptr);
            }),
            "refused");
}

TEST(SealAgainstAgents, IsNotConfusedByTickets) {
  RawPeer agent(false, [](SSL_CTX* c) {
    as_agent(c);
    SSL_CTX_set_num_tickets(c, 4);
  });
  Seal client(Seal::Side::client, test::client_context());
  carry(client, agent);
  ASSERT_TRUE(client.established());
  EXPECT_TRUE(test::read(client).empty());
  SSL_write(agent.ssl(), "hello", 5);
  client.receive(agent.take());
  EXPECT_EQ(as_text(test::read(client)), "hello");
}

// Nobody tells an agent who the client is by a certificate of TLS's: there is none.
TEST(SealAgainstAgents, HasNoCertificateToShow) {
  RawPeer agent(false, [](SSL_CTX* c) {
    as_agent(c);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
  });
  Seal client(Seal::Side::client, test::client_context());
  carry(client, agent);
  EXPECT_EQ(SSL_get0_peer_certificate(agent.ssl()), nullptr);
}

}  // namespace
}  // namespace tasuki::inner
