#include "control/proof.h"

namespace tasuki::control {
namespace {

// A statement begins with its purpose and a zero byte, so that no statement can
// be taken for one of another purpose.
wire::Writer statement(std::string_view purpose) {
  wire::Writer writer;
  writer.rest(as_bytes(purpose));
  writer(std::uint8_t{0});
  return writer;
}

}  // namespace

Conversation::Conversation(const Exporter& exporter) {
  wire::Writer start = statement("tasuki/1 conversation");
  start(wire::Blob<64>{exporter});
  transcript_.add(std::move(start).take());
}

void Conversation::add(const wire::Frame& frame) {
  transcript_.add(wire::frame_header(frame.type, frame.payload.size()));
  transcript_.add(frame.payload);
}

ByteString gateway_key_context(Role role, const Hello& hello, const Exporter& exporter) {
  wire::Writer writer = statement("tasuki/1 gw");
  writer(role, hello.gateway, hello.nonce, wire::Blob<64>{exporter});
  return std::move(writer).take();
}

ByteString registration_statement(const crypto::Sha512& conversation, const ComputerId& computer) {
  wire::Writer writer = statement("tasuki/1 register");
  writer(conversation, wire::Text<31>{computer.text()});
  return std::move(writer).take();
}

ByteString attachment_statement(const crypto::Sha512& conversation, const Token& token) {
  wire::Writer writer = statement("tasuki/1 attach");
  writer(conversation, token);
  return std::move(writer).take();
}

}  // namespace tasuki::control
