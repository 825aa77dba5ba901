// TLS 1.3 over TCP, driven by readiness: OpenSSL works on the socket itself, and
// we wait until the socket can go on. (asio::ssl::stream keeps two more buffers
// and a BIO pair per connection.) RFC 8446.
#pragma once

#include "net/stream.h"

#include <openssl/types.h>
#include <string>

namespace tasuki::net {

struct FreeSsl {
  void operator()(SSL* ssl) const;
};
struct FreeContext {
  void operator()(SSL_CTX* context) const;
};

// What many connections share. Copies nothing; the key may be forgotten after.
class TlsContext {
public:
  // A gateway's: its chain (leaf only; peers have the root) and P-256 key in PEM.
  static TlsContext server(Bytes leaf_certificate, Bytes key_pem, std::string_view alpn);
  // A peer's: trusts exactly these roots (DER), whatever else the machine trusts.
  static TlsContext client(const std::vector<ByteString>& roots, std::string_view alpn);

  SSL_CTX* get() const { return context_.get(); }

private:
  explicit TlsContext(SSL_CTX* context) : context_(context) {}
  std::unique_ptr<SSL_CTX, FreeContext> context_;
};

class TlsStream final : public Stream {
public:
  TlsStream(Socket socket, const TlsContext& context);  // the context must outlive the stream

  asio::awaitable<void> accept();  // the handshake, as server
  // As client. `host` (name or address) must be in the certificate.
  asio::awaitable<void> connect(const std::string& host);

  Progress try_read(Buffer into) override;
  Progress try_write(Bytes bytes) override;
  Progress try_finish() override;

  // 32 bytes that only the two ends of this connection have (RFC 8446, 7.5).
  ByteString exporter(std::string_view label) const;

private:
  asio::awaitable<void> handshake();
  Progress outcome(int result);

  std::unique_ptr<SSL, FreeSsl> ssl_;
  std::unique_ptr<int> key_updates_;  // by the peer; at an address that OpenSSL is told
  bool finished_ = false;
};

}  // namespace tasuki::net
