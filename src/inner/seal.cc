#include "inner/seal.h"

#include "inner/messages.h"

#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace tasuki::inner {
namespace {

// One after another, with no data between them.
constexpr unsigned most_records_without_data = 32;

// A key seals at most this much (the design's limit, far below AES-GCM's own).
constexpr std::uint64_t bytes_per_key = std::uint64_t(1) << 30;

void must(bool good, const char* what) {
  if (good) return;
  char text[256] = "";
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  throw std::runtime_error(std::string("inner TLS set-up, ") + what + ": " + text);
}

std::string length_prefixed(std::string_view text) {
  return char(text.size()) + std::string(text);
}

SSL_CTX* bare_context(const SSL_METHOD* method) {
  SSL_CTX* context = SSL_CTX_new(method);
  must(context != nullptr, "context");
  must(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1, "version");
  must(SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1, "version");
  must(SSL_CTX_set1_groups_list(context, "X25519:P-256") == 1, "groups");
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_max_early_data(context, 0);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);  // see Seal::read
  return context;
}

int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                unsigned int in_size, void*) {
  static const std::string ours = length_prefixed(alpn);  // `out` comes to point into it
  unsigned char* chosen = nullptr;
  const int found =
      SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(ours.data()),
                            unsigned(ours.size()), in, in_size);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// Whose certificate it is, is asked above; TLS itself has checked that the peer holds its key.
int accept_any_certificate(X509_STORE_CTX*, void*) {
  return 1;
}

}  // namespace

void FreeSsl::operator()(SSL* ssl) const {
  SSL_free(ssl);
}
void FreeContext::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}

SealContext SealContext::client() {
  SealContext made(bare_context(TLS_client_method()));
  SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(made.get(), accept_any_certificate, nullptr);
  const std::string offer = length_prefixed(alpn);
  must(SSL_CTX_set_alpn_protos(made.get(), reinterpret_cast<const unsigned char*>(offer.data()),
                               unsigned(offer.size())) == 0,
       "ALPN");
  return made;
}

SealContext SealContext::agent(const crypto::SigningKey& key, Bytes certificate) {
  SealContext made(bare_context(TLS_server_method()));
  must(SSL_CTX_use_certificate_ASN1(made.get(), int(certificate.size()), certificate.data()) == 1,
       "certificate");
  must(SSL_CTX_use_PrivateKey(made.get(), key.handle()) == 1, "key");
  SSL_CTX_set_alpn_select_cb(made.get(), choose_alpn, nullptr);
  return made;
}

Seal::Seal(Side side, const SealContext& context)
    : side_(side),
      ssl_(SSL_new(context.get())),
      from_peer_(BIO_new(BIO_s_mem())),
      to_peer_(BIO_new(BIO_s_mem())) {
  must(ssl_ && from_peer_ && to_peer_, "connection");
  SSL_set_bio(ssl_.get(), from_peer_, to_peer_);
  if (side == Side::client) {
    SSL_set_connect_state(ssl_.get());
    shake_hands();  // the first word is ours
  } else {
    SSL_set_accept_state(ssl_.get());
  }
}

void Seal::receive(Bytes sealed) {
  if (sealed.empty() || peer_closed_) return;  // RFC 8446, 6.1: nothing counts after a close
  must(BIO_write(from_peer_, sealed.data(), int(sealed.size())) == int(sealed.size()), "buffer");
  if (!established_) shake_hands();
}

void Seal::shake_hands() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) {
    if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) broken();
    return;
  }
  // On both sides: a client that names no protocol is not even asked by OpenSSL.
  const unsigned char* chosen = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &chosen, &size);
  if (std::string_view(reinterpret_cast<const char*>(chosen), size) != alpn)
    throw SealError(SealError::Cause::broken, "the peer does not speak " + std::string(alpn));
  if (side_ == Side::client) take_peer_key();
  established_ = true;
}

void Seal::take_peer_key() {
  unsigned char* der = nullptr;
  const int size = i2d_X509(SSL_get0_peer_certificate(ssl_.get()), &der);
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> held(
      der, [](unsigned char* p) { OPENSSL_free(p); });
  if (size > 0) peer_key_ = crypto::PublicKey::from_certificate({der, std::size_t(size)});
  if (!peer_key_) throw SealError(SealError::Cause::broken, "unusable agent certificate");
}

void Seal::read(ByteString& into) {
  if (!established_ || peer_closed_) return;
  std::size_t untouched = 0;  // bytes that the last call in vain left
  unsigned calls_in_vain = 0;
  for (;;) {
    const std::size_t before = into.size();
    into.resize(before + 16 * 1024);
    ERR_clear_error();
    std::size_t n = 0;
    const int result = SSL_read_ex(ssl_.get(), into.data() + before, into.size() - before, &n);
    into.resize(before + (result == 1 ? n : 0));
    if (result == 1) {
      records_without_data_ = 0;
      continue;
    }
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ: {
        // A record without data (a KeyUpdate) ends the call; there may be more behind it. A
        // peer that sends little else would keep us busy for nothing.
        const std::size_t left = BIO_ctrl_pending(from_peer_);
        if (left == 0) return;
        // Unchanged once: an answer of our own to a KeyUpdate was made. Twice: half a record.
        if (left == untouched && ++calls_in_vain > 1) return;
        if (left != untouched) calls_in_vain = 0;
        if (++records_without_data_ > most_records_without_data)
          throw SealError(SealError::Cause::broken, "inner TLS: too many key updates");
        untouched = left;
        continue;
      }
      case SSL_ERROR_ZERO_RETURN: peer_closed_ = true; return;
      default: broken();
    }
  }
}

void Seal::write(Bytes open) {
  if (closed_) return;
  while (!open.empty()) {
    if (sealed_since_update_ >= bytes_per_key) renew_key();
    ERR_clear_error();
    std::size_t n = 0;
    if (SSL_write_ex(ssl_.get(), open.data(), open.size(), &n) != 1) broken();
    open = open.subspan(n);
    sealed_since_update_ += n;
  }
}

void Seal::renew_key() {
  if (!established_ || closed_) return;
  must(SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1, "key update");
  sealed_since_update_ = 0;
}

void Seal::close() {
  if (std::exchange(closed_, true) || !established_) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
}

void Seal::carrier_ended() {
  if (!peer_closed_)
    throw SealError(SealError::Cause::truncated, "the connection ended without a proper close");
}

ByteString Seal::take() {
  ByteString out(waiting());
  if (!out.empty())
    must(BIO_read(to_peer_, out.data(), int(out.size())) == int(out.size()), "buffer");
  return out;
}

std::size_t Seal::waiting() const {
  return BIO_ctrl_pending(to_peer_);
}

crypto::Sha256 Seal::exporter(std::string_view label, Bytes context) const {
  crypto::Sha256 out{};
  must(SSL_export_keying_material(ssl_.get(), out.data(), out.size(), label.data(), label.size(),
                                  context.data(), context.size(), 1) == 1,
       "exporter");
  return out;
}

void Seal::broken() {
  char text[256] = "unexpected end";
  if (const unsigned long code = ERR_peek_error()) ERR_error_string_n(code, text, sizeof text);
  throw SealError(SealError::Cause::broken, std::string("inner TLS: ") + text);
}

}  // namespace tasuki::inner
