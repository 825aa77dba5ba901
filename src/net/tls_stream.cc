#include "net/tls_stream.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace tasuki::net {
namespace {

struct FreeX509 {
  void operator()(X509* x) const { X509_free(x); }
};
struct FreeBio {
  void operator()(BIO* b) const { BIO_free(b); }
};
struct FreeKey {
  void operator()(EVP_PKEY* k) const { EVP_PKEY_free(k); }
};

// Only a broken machine or a bug gets here: what a peer causes is a Progress.
void must(bool good, const char* what) {
  if (good) return;
  char text[256] = "";
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  throw std::runtime_error(std::string("TLS set-up, ") + what + ": " + text);
}

std::unique_ptr<X509, FreeX509> certificate(Bytes der) {
  const unsigned char* at = der.data();
  std::unique_ptr<X509, FreeX509> x(d2i_X509(nullptr, &at, long(der.size())));
  must(x != nullptr, "certificate");
  return x;
}

SSL_CTX* bare_context(const SSL_METHOD* method) {
  SSL_CTX* context = SSL_CTX_new(method);
  must(context != nullptr, "context");
  must(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1, "version");
  // No tickets, no resumption: nothing may follow the handshake unasked (a leg that is
  // handed off later must find no stray record), and each connection proves itself anew.
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // One call, one record: else a peer that sends nothing but KeyUpdates keeps SSL_read
  // busy, and the whole loop with it, for as long as it likes.
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  must(SSL_CTX_set1_groups_list(context, "X25519:P-256") == 1, "groups");
  return context;
}

std::string length_prefixed(std::string_view alpn) {
  return char(alpn.size()) + std::string(alpn);
}

// Chooses our protocol if it is among those offered, else refuses: a browser that
// strays here is told so by TLS itself.
int choose_alpn(SSL* ssl, const unsigned char** out, unsigned char* out_size,
                const unsigned char* in, unsigned int in_size, void*) {
  // The context keeps its one protocol in length-prefixed form as application data.
  const auto* ours = static_cast<const std::string*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  unsigned char* chosen = nullptr;
  const int found =
      SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(ours->data()),
                            unsigned(ours->size()), in, in_size);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// A peer of ours updates no key of the outer TLS; any other seldom needs to.
constexpr int most_key_updates = 32;

// Called by OpenSSL for every handshake message of the connection that `count` is for.
void count_key_update(int from_us, int, int content, const void* bytes, std::size_t size, SSL*,
                      void* count) {
  if (from_us || content != SSL3_RT_HANDSHAKE || size == 0) return;
  if (*static_cast<const unsigned char*>(bytes) == SSL3_MT_KEY_UPDATE) ++*static_cast<int*>(count);
}

}  // namespace

void FreeSsl::operator()(SSL* ssl) const {
  SSL_free(ssl);
}

void FreeContext::operator()(SSL_CTX* context) const {
  const std::unique_ptr<std::string> alpn(static_cast<std::string*>(SSL_CTX_get_app_data(context)));
  SSL_CTX_free(context);
}

TlsContext TlsContext::server(Bytes leaf_certificate, Bytes key_pem, std::string_view alpn) {
  TlsContext made(bare_context(TLS_server_method()));
  SSL_CTX* context = made.get();
  const auto leaf = certificate(leaf_certificate);
  const std::unique_ptr<BIO, FreeBio> pem(BIO_new_mem_buf(key_pem.data(), int(key_pem.size())));
  const std::unique_ptr<EVP_PKEY, FreeKey> key(
      PEM_read_bio_PrivateKey(pem.get(), nullptr, nullptr, nullptr));
  must(SSL_CTX_use_certificate(context, leaf.get()) == 1, "leaf");
  must(key && SSL_CTX_use_PrivateKey(context, key.get()) == 1, "leaf key");
  SSL_CTX_set_app_data(context, std::make_unique<std::string>(length_prefixed(alpn)).release());
  SSL_CTX_set_alpn_select_cb(context, choose_alpn, nullptr);
  return made;
}

TlsContext TlsContext::client(const std::vector<ByteString>& roots, std::string_view alpn) {
  TlsContext made(bare_context(TLS_client_method()));
  SSL_CTX* context = made.get();
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const ByteString& root : roots)
    must(X509_STORE_add_cert(store, certificate(root).get()) == 1, "root");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  const std::string offer = length_prefixed(alpn);
  must(SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(offer.data()),
                               unsigned(offer.size())) == 0,
       "ALPN");
  return made;
}

TlsStream::TlsStream(Socket socket, const TlsContext& context)
    : Stream(std::move(socket)),
      ssl_(SSL_new(context.get())),
      key_updates_(std::make_unique<int>(0)) {
  must(ssl_ && SSL_set_fd(ssl_.get(), socket_.native_handle()) == 1, "stream");
  SSL_set_msg_callback(ssl_.get(), count_key_update);
  SSL_set_msg_callback_arg(ssl_.get(), key_updates_.get());
}

asio::awaitable<void> TlsStream::accept() {
  SSL_set_accept_state(ssl_.get());
  co_await handshake();
}

asio::awaitable<void> TlsStream::connect(const std::string& host) {
  SSL_set_connect_state(ssl_.get());
  X509_VERIFY_PARAM* check = SSL_get0_param(ssl_.get());
  // An address is checked against the addresses in the certificate, a name against its names.
  if (X509_VERIFY_PARAM_set1_ip_asc(check, host.c_str()) != 1) {
    must(SSL_set1_host(ssl_.get(), host.c_str()) == 1, "host");
    must(SSL_set_tlsext_host_name(ssl_.get(), host.c_str()) == 1, "SNI");
  }
  co_await handshake();
}

asio::awaitable<void> TlsStream::handshake() {
  for (;;) {
    if (aborted_) throw std::system_error(aborted_);
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
      const unsigned char* chosen = nullptr;
      unsigned int size = 0;
      SSL_get0_alpn_selected(ssl_.get(), &chosen, &size);
      // A peer that named no protocol is not one of ours, whatever it says next.
      if (size == 0) throw std::system_error(make_error_code(StreamError::broken_tls));
      co_return;
    }
    Progress progress = outcome(result);
    if (progress.ended) progress.error = StreamError::truncated;
    if (progress.error && SSL_get_verify_result(ssl_.get()) != X509_V_OK)
      progress.error = StreamError::untrusted;
    if (progress.error) throw std::system_error(progress.error);
    ErrorCode error;
    const auto ready = progress.want == Want::write ? Socket::wait_write : Socket::wait_read;
    co_await socket_.async_wait(ready, asio::redirect_error(asio::use_awaitable, error));
    if (error && !aborted_) throw std::system_error(error);
  }
}

// What OpenSSL meant by a result that is not success.
Progress TlsStream::outcome(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_ZERO_RETURN: return {.ended = true};
    case SSL_ERROR_WANT_READ: return {.want = Want::read};
    case SSL_ERROR_WANT_WRITE: return {.want = Want::write};
    case SSL_ERROR_SYSCALL:
      if (errno != 0) return {.error = std::error_code(errno, std::generic_category())};
      return {.error = StreamError::truncated};
    default:
      if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return {.error = StreamError::truncated};
      return {.error = StreamError::broken_tls};
  }
}

Progress TlsStream::try_read(Buffer into) {
  if (aborted_) return {.error = aborted_};
  ERR_clear_error();
  errno = 0;
  std::size_t n = 0;
  const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &n);
  if (result == 1) return {.bytes = n};
  if (*key_updates_ > most_key_updates) return {.error = StreamError::broken_tls};
  return outcome(result);
}

Progress TlsStream::try_write(Bytes bytes) {
  if (aborted_) return {.error = aborted_};
  ERR_clear_error();
  errno = 0;
  std::size_t n = 0;
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &n);
  if (result == 1) return {.bytes = n};
  return outcome(result);
}

// close_notify in our direction only: the peer may go on sending.
Progress TlsStream::try_finish() {
  if (aborted_) return {.error = aborted_};
  if (finished_) return {.ended = true};
  ERR_clear_error();
  errno = 0;
  const int result = SSL_shutdown(ssl_.get());
  if (result >= 0) {
    finished_ = true;
    return {.ended = true};
  }
  return outcome(result);
}

ByteString TlsStream::exporter(std::string_view label) const {
  ByteString bytes(32);
  must(SSL_export_keying_material(ssl_.get(), bytes.data(), bytes.size(), label.data(),
                                  label.size(), nullptr, 0, 0) == 1,
       "exporter");
  return bytes;
}

}  // namespace tasuki::net
