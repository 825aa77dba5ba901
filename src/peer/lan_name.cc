#include "peer/lan_name.h"

#include "control/gateway_key.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "wire/codec.h"

namespace tasuki::peer {
namespace {

constexpr std::size_t name_size = 16;  // bytes; nobody else's name is the same

wire::Writer statement(std::string_view purpose) {
  wire::Writer writer;
  writer.rest(as_bytes(purpose));
  writer(std::uint8_t{0});
  return writer;
}

// Everybody on the LAN sees what is made with it. There is nothing to guess at in a made
// key; a chosen one gets the stretching that it has elsewhere, and salt of its own.
crypto::Secret naming_key(const config::Profile& profile) {
  if (control::is_made_key(as_text(profile.gateway_key.bytes()))) return profile.gateway_key.copy();
  wire::Writer about = statement("tasuki/1 lan salt");
  about(wire::Text<255>{profile.realm}, wire::Text<32>{profile.key_label.text()});
  const crypto::Sha256 salt = crypto::sha256(std::move(about).take());
  return crypto::argon2id(profile.gateway_key.bytes(), Bytes(salt).first<crypto::argon2id_salt>(),
                          crypto::opaque::stretch_password.passes,
                          crypto::opaque::stretch_password.memory_kib);
}

}  // namespace

std::string lan_name(const config::Profile& profile, const control::ComputerId& computer) {
  wire::Writer whose = statement("tasuki/1 lan");
  whose(wire::Text<255>{profile.realm}, wire::Text<32>{profile.key_label.text()},
        wire::Text<31>{computer.text()});
  const ByteString said = std::move(whose).take();
  const crypto::Secret mac = crypto::hmac_sha512(naming_key(profile).bytes(), {said});
  return crypto::to_base32(mac.bytes().first(name_size));
}

}  // namespace tasuki::peer
