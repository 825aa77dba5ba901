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

// What an End needs of its sealed connection. There is one in the product, Seal; the
// simulator has another, since TLS would cost it a thousand times what it studies.
class Sealing {
public:
  enum class Side { client, agent };
  virtual ~Sealing() = default;

  // Sealed bytes from the peer. Throws SealError when they cannot be the peer's. What
  // comes after its close is dropped.
  virtual void receive(Bytes sealed) = 0;

  // The carrier ended. Throws SealError(truncated) unless the peer had said that it
  // was done, so that an end that somebody else made is never taken for a clean one.
  virtual void carrier_ended() = 0;

  // Appends what the peer said, opened. Also drives the handshake.
  virtual void read(ByteString& into) = 0;

  // Seals bytes for the peer. Only once established().
  virtual void write(Bytes open) = 0;

  // A new key for what we seal; done by itself each 2^30 bytes.
  virtual void renew_key() = 0;

  // Says that we are done (close_notify). Nothing may be written afterwards.
  virtual void close() = 0;

  // What the carrier is to carry. Moves it out.
  virtual ByteString take() = 0;
  virtual std::size_t waiting() const = 0;  // bytes that take() would give

  virtual bool established() const = 0;
  virtual bool peer_closed() const = 0;

  // Of the established connection.
  virtual crypto::Sha256 exporter(std::string_view label, Bytes context) const = 0;
  virtual const crypto::PublicKey& peer_key() const = 0;  // on the client's side
};

class Seal final : public Sealing {
public:
  Seal(Side side, const SealContext& context);  // the context must outlive this

  void receive(Bytes sealed) override;
  void carrier_ended() override;
  void read(ByteString& into) override;
  void write(Bytes open) override;
  void renew_key() override;
  void close() override;
  ByteString take() override;
  std::size_t waiting() const override;
  bool established() const override { return established_; }
  bool peer_closed() const override { return peer_closed_; }
  crypto::Sha256 exporter(std::string_view label, Bytes context) const override;
  const crypto::PublicKey& peer_key() const override { return *peer_key_; }

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
