#include "inner/authentication.h"

#include "crypto/kdf.h"

#include <algorithm>

namespace tasuki::inner {
namespace {

wire::Writer statement(std::string_view purpose) {
  wire::Writer writer;
  writer.rest(as_bytes(purpose));
  writer(std::uint8_t{0});
  return writer;
}

}  // namespace

crypto::Sha256 binding(const Sealing& seal, const Route& route) {
  wire::Writer writer = statement("tasuki/1 route");
  writer(wire::Text<255>{route.realm}, wire::Text<32>{route.key_label},
         wire::Text<31>{route.computer}, route.agent.bytes());
  return seal.exporter(exporter_label, crypto::sha256(std::move(writer).take()));
}

void Proof::said(const wire::Frame& frame) {
  transcript_.add(wire::frame_header(frame.type, frame.payload.size()));
  transcript_.add(frame.payload);
}

ByteString Proof::password_context() const {
  wire::Writer writer = statement("tasuki/1 pw");
  writer(binding_, transcript_.digest());
  return std::move(writer).take();
}

crypto::Sha512 Proof::mac(const crypto::Secret& session_key, const Authenticated& terms) const {
  Authenticated bare = terms;
  bare.mac = {};
  const crypto::Secret key =
      crypto::hkdf_expand(session_key.bytes(), {as_bytes("tasuki/1 authenticated")}, 64);
  const crypto::Secret mac =
      crypto::hmac_sha512(key.bytes(), {binding_, transcript_.digest(), wire::encode_body(bare)});
  crypto::Sha512 out{};
  std::copy(mac.bytes().begin(), mac.bytes().end(), out.begin());
  return out;
}

crypto::Secret Proof::resume_secret(const crypto::Secret& session_key) {
  return crypto::hkdf_expand(session_key.bytes(), {as_bytes("tasuki/1 resume")}, 32);
}

ClientAuthentication::ClientAuthentication(const crypto::Sha256& binding, crypto::AgentId agent,
                                           Self self)
    : proof_(binding), agent_(agent), self_(std::move(self)) {}

ByteString ClientAuthentication::said(ByteString frame) {
  proof_.said(Bytes(frame));
  return frame;
}

ByteString ClientAuthentication::hello() {
  ClientHello message;
  message.user.value = self_.user;
  message.software.value = self_.software;
  message.host.value = self_.host;
  return said(wire::encode(message));
}

ByteString ClientAuthentication::password(crypto::Secret password) {
  if (state_ != State::wants_password && state_ != State::wrong_password)
    throw std::logic_error("no password is wanted");
  state_ = State::waiting;
  context_ = proof_.password_context();
  opaque_.emplace(std::move(password));
  return said(wire::encode(Password1{opaque_->ke1()}));
}

ByteString ClientAuthentication::receive(const wire::Frame& frame) {
  if (state_ != State::waiting) throw wire::ProtocolError("the agent speaks out of turn");
  if (frame.type == std::uint8_t(MessageType::denied)) {
    denied_ = wire::decode<Denied>(frame);
    state_ = State::denied;
    return {};
  }
  if (!opaque_ && session_key_.empty()) {
    const auto methods = wire::decode<Methods>(frame);
    proof_.said(frame);
    const auto& all = methods.methods.value;
    if (std::find(all.begin(), all.end(), Method::password) == all.end())
      throw wire::ProtocolError("the agent asks for a proof that this client does not know");
    state_ = State::wants_password;
    return {};
  }
  if (opaque_) {
    const auto answer = wire::decode<Password2>(frame);
    proof_.said(frame);
    const crypto::opaque::Stretch stretch{answer.stretch_passes, answer.stretch_kib};
    if (!acceptable(stretch)) throw wire::ProtocolError("the agent asks for too much stretching");
    auto finished =
        opaque_->finish(answer.ke2, stretch, password_identities(self_.user, agent_), context_);
    opaque_.reset();
    if (!finished) {
      state_ = State::wrong_password;
      return {};
    }
    session_key_ = std::move(finished->session_key);
    return said(wire::encode(Password3{finished->ke3}));
  }
  const auto terms = wire::decode<Authenticated>(frame);
  if (!crypto::equal(proof_.mac(session_key_, terms), terms.mac))
    throw wire::ProtocolError("the agent's last word does not fit the conversation");
  grant_.emplace(Grant{terms, Proof::resume_secret(session_key_)});
  state_ = State::done;
  return {};
}

AgentAuthentication::AgentAuthentication(const crypto::Sha256& binding, crypto::AgentId agent,
                                         PasswordBook& book, std::uint16_t resume_seconds)
    : proof_(binding), agent_(agent), book_(book), resume_seconds_(resume_seconds) {
  if (!book_.has_any()) denial_ = Denial::no_password;
}

ByteString AgentAuthentication::said(ByteString frame) {
  proof_.said(Bytes(frame));
  return frame;
}

ByteString AgentAuthentication::receive(const wire::Frame& frame) {
  if (state_ != State::waiting) throw wire::ProtocolError("the client speaks out of turn");
  if (denial_ && step_ != Step::hello) return say_no();
  if (frame.type == std::uint8_t(MessageType::password_1) && step_ != Step::hello)
    return answer(frame);
  return step_ == Step::hello ? greet(frame) : conclude(frame);
}

ByteString AgentAuthentication::say_no() {
  state_ = State::denied;
  return wire::encode(Denied{*denial_, {}});
}

ByteString AgentAuthentication::greet(const wire::Frame& frame) {
  client_ = wire::decode<ClientHello>(frame);
  proof_.said(frame);
  if (denial_) return say_no();
  step_ = Step::password;
  Methods methods;
  methods.methods.value = {Method::password};
  return said(wire::encode(methods));
}

ByteString AgentAuthentication::answer(const wire::Frame& frame) {
  const auto message = wire::decode<Password1>(frame);
  if (++tries_ > tries_per_connection) throw wire::ProtocolError("too many passwords tried");
  const ByteString context = proof_.password_context();
  proof_.said(frame);

  // The try counts from here, whether or not the client lets us see its outcome: it
  // learns right or wrong from our answer, and could stop there.
  const std::string& user = client_.user.value;
  const auto entry = book_.attempt(user);
  opaque_ = crypto::opaque::Server::respond(book_.setup(), entry ? &entry->record : nullptr,
                                            credential_id(user), password_identities(user, agent_),
                                            context, message.ke1);
  if (!opaque_) throw wire::ProtocolError("malformed OPAQUE message");
  password_ = entry ? password_stamp(entry->record) : crypto::Sha256{};
  const auto stretch = entry ? entry->stretch : crypto::opaque::stretch_password;
  step_ = Step::proof;
  return said(wire::encode(Password2{stretch.passes, stretch.memory_kib, opaque_->ke2()}));
}

ByteString AgentAuthentication::conclude(const wire::Frame& frame) {
  const auto message = wire::decode<Password3>(frame);
  if (step_ != Step::proof) throw wire::ProtocolError("proof without a question");
  proof_.said(frame);
  const auto session_key = opaque_->finish(message.ke3);
  opaque_.reset();
  step_ = Step::password;
  if (!session_key) throw wire::ProtocolError("password proof does not fit");
  book_.succeeded(client_.user.value);

  Grant grant;
  grant.terms.session = crypto::random_array<16>();
  grant.terms.resume_seconds = resume_seconds_;
  grant.terms.mac = proof_.mac(*session_key, grant.terms);
  grant.resume_secret = Proof::resume_secret(*session_key);
  const ByteString answer = wire::encode(grant.terms);
  grant_ = std::move(grant);
  state_ = State::done;
  return answer;
}

}  // namespace tasuki::inner
