// The sealed connection between client and agent: TLS 1.3 (RFC 8446) over bytes
// that somebody else carries. No socket; what comes from the carrier goes into
// receive(), what it is to carry comes out of take().
//
// No tickets, no resumption, no early data, no pre-shared keys, nothing below
// TLS 1.3. The client does not check the agent's certificate here: whose key it is
// is decided above (pin, or the password proof bound to this very connection).
#pragma once

#include "crypto/identity.h"

#include <openssl/types.h>
#include <memory>
#include <stdexcept>

namespace tasuki::inner {

// The sealed connection cannot go on: the peer or somebody between us broke it.
struct SealError : std::runtime_error {
  enum class Cause { broken, truncated };
  SealError(Cause why, const std::string& what) : std::runtime_error(what), cause(why) {}
  Cause cause;
};

struct FreeSsl {
  void operator()(SSL* ssl) const;
};
struct FreeContext {
  void operator()(SSL_CTX* context) const;
};

// What many sessions of one end share.
class SealContext {
public:
  static SealContext client();
  static SealContext agent(const crypto::SigningKey& key, Bytes certificate);
  SSL_CTX* get() const { return context_.get(); }

private:
  explicit SealContext(SSL_CTX* context) : context_(context) {}
  std::unique_ptr<SSL_CTX, FreeContext> context_;
};

class Seal {
public:
  enum class Side { client, agent };

  Seal(Side side, const SealContext& context);  // the context must outlive this

  // Sealed bytes from the peer. Throws SealError when they cannot be the peer's. What
  // comes after its close is dropped.
  void receive(Bytes sealed);

  // The carrier ended. Throws SealError(truncated) unless the peer had said that it
  // was done, so that an end that somebody else made is never taken for a clean one.
  void carrier_ended();

  // Appends what the peer said, opened. Also drives the handshake.
  void read(ByteString& into);

  // Seals bytes for the peer. Only once established().
  void write(Bytes open);

  // A new key for what we seal; the Seal does it by itself each 2^30 bytes.
  void renew_key();

  // Says that we are done (close_notify). Nothing may be written afterwards.
  void close();

  // What the carrier is to carry. Moves it out.
  ByteString take();
  std::size_t waiting() const;  // bytes that take() would give

  bool established() const { return established_; }
  bool peer_closed() const { return peer_closed_; }

  // Of the established connection.
  crypto::Sha256 exporter(std::string_view label, Bytes context) const;
  const crypto::PublicKey& peer_key() const { return *peer_key_; }  // on the client's side

private:
  void shake_hands();
  void take_peer_key();
  [[noreturn]] void broken();

  const Side side_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  BIO* from_peer_;  // both owned by ssl_
  BIO* to_peer_;
  bool established_ = false;
  bool peer_closed_ = false;
  bool closed_ = false;
  std::uint64_t sealed_since_update_ = 0;
  unsigned records_without_data_ = 0;
  std::optional<crypto::PublicKey> peer_key_;
};

}  // namespace tasuki::inner
