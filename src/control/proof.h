// What is signed and hashed on the way into a gateway, so that a proof made for
// one connection, one gateway or one purpose is worth nothing for another.
#pragma once

#include "control/messages.h"
#include "control/names.h"
#include "crypto/identity.h"

namespace tasuki::control {

// Keying material of the outer TLS under outer_exporter_label; empty when the
// peer cannot have it.
using Exporter = ByteString;

// All that was said on a connection before the message that refers to it.
class Conversation {
public:
  explicit Conversation(const Exporter& exporter);

  void add(Bytes frame) { transcript_.add(frame); }
  void add(const wire::Frame& frame);
  crypto::Sha512 digest() const { return transcript_.digest(); }

private:
  crypto::Transcript transcript_;
};

// OPAQUE's context for a gateway key (step 2).
ByteString gateway_key_context(Role role, const Hello& hello, const Exporter& exporter);

// What an agent signs to register (step 3) and to attach (step 4).
ByteString registration_statement(const crypto::Sha512& conversation, const ComputerId& computer);
ByteString attachment_statement(const crypto::Sha512& conversation, const Token& token);

}  // namespace tasuki::control
