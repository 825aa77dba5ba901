// A gateway that runs, on loopback, with its store in memory; and peers that speak to
// it frame by frame, as no honest program would.
#pragma once

#include "gateway/gateway.h"
#include "log/log.h"
#include "net/frames.h"
#include "support/admission.h"
#include "support/streams.h"

#include <boost/asio/connect.hpp>

namespace tasuki::test {

class MemoryStore final : public store::Store {
public:
  void add_key(const store::GatewayKey& key) override { keys_.push_back(key); }
  std::optional<store::GatewayKey> find_key(const control::KeyLabel& label) override {
    if (broken) throw std::runtime_error("the disk is full");
    for (const auto& key : keys_)
      if (key.label == label) return key;
    return std::nullopt;
  }
  std::vector<store::GatewayKey> keys() override { return keys_; }
  bool revoke_key(const control::KeyLabel& label, store::Seconds now) override {
    for (auto& key : keys_)
      if (key.label == label && key.revoked == 0) return key.revoked = now, true;
    return false;
  }
  bool claim(const control::KeyLabel& label, const control::ComputerId& id,
             const crypto::AgentId& agent, store::Seconds) override {
    return claims_.try_emplace({label, id}, agent).first->second == agent;
  }
  bool release(const control::KeyLabel& label, const control::ComputerId& id) override {
    return claims_.erase({label, id}) > 0;
  }
  std::vector<store::Claim> claims() override { return {}; }

  bool broken = false;

private:
  std::vector<store::GatewayKey> keys_;
  std::map<std::pair<control::KeyLabel, control::ComputerId>, crypto::AgentId> claims_;
};

// One connection to the gateway, from the peer's side.
struct Peer {
  std::unique_ptr<net::TlsStream> stream;
  std::unique_ptr<net::Frames> frames;
  control::Exporter exporter;
  wire::Frame hello;
  std::optional<control::PeerAdmission> admission;

  asio::awaitable<wire::Frame> ask(ByteString frame) {
    co_await stream->write(frame);
    co_return co_await frames->expect();
  }
};

class GatewayWorld {
public:
  asio::io_context loop;
  MemoryStore store;
  gateway::GatewayConfig config;
  std::unique_ptr<gateway::Gateway> gateway;  // on the heap: who uses it after its end is seen
  const net::TlsContext tls = realm().client(control::alpn);

  GatewayWorld() {
    log::open({.level = log::Level::error});
    for (const char* const each : {"office", "foreign"}) {
      const auto record = enroll_gateway_key(setup(), label(each));
      store.add_key({label(each), each, record.record, record.stretch, 1, 0});
    }
    config.listen = {{asio::ip::address_v4::loopback(), 0}};
    config.limits.allow = {config::Netblock::parse("127.0.0.0/8").value()};
  }

  void start() {
    gateway = another();
    gateway->start();
  }

  // A gateway with the same keys and store, not started yet.
  std::unique_ptr<gateway::Gateway> another() {
    gateway::GatewayMaterial material{.root = realm().root.certificate,
                                      .leaf = realm().leaf.certificate,
                                      .leaf_key = leaf_key(),
                                      .opaque = opaque(),
                                      .gateway_id = {1},
                                      .realm = "test",
                                      .addresses = {}};
    return std::make_unique<gateway::Gateway>(loop, config, std::move(material), store);
  }

  net::Socket dial() {
    tcp::socket socket(loop);
    socket.connect(gateway->listening().front());
    return socket;
  }

  // TLS is up, and the gateway has said Hello.
  asio::awaitable<std::unique_ptr<Peer>> greet() {
    auto peer = std::make_unique<Peer>();
    peer->stream = std::make_unique<net::TlsStream>(dial(), tls);
    co_await peer->stream->connect("gw.test");
    peer->exporter = peer->stream->exporter(control::outer_exporter_label);
    peer->frames = std::make_unique<net::Frames>(*peer->stream, hang_limit);
    peer->hello = co_await peer->frames->expect();
    co_return peer;
  }

  // The gateway key is proved, or the gateway's refusal thrown (RefusedByGateway).
  asio::awaitable<std::unique_ptr<Peer>> enter(control::Role role,
                                               std::string_view key_label = "office",
                                               std::string_view key = right_key) {
    std::unique_ptr<Peer> peer = co_await greet();
    peer->admission.emplace(role, label(key_label), secret(key), peer->exporter, "test 1");
    const ByteString key1 = peer->admission->receive(peer->hello);
    const wire::Frame key2 = co_await peer->ask(key1);
    const ByteString key3 = peer->admission->receive(key2);
    co_await peer->stream->write(key3);
    co_return peer;
  }

  // An agent's line, registered.
  asio::awaitable<std::unique_ptr<Peer>> agent(const AgentIdentity& self, std::string_view name,
                                               std::string_view key_label = "office") {
    std::unique_ptr<Peer> peer = co_await enter(control::Role::agent, key_label);
    const ByteString request =
        peer->admission->register_as(computer(name), self.key, self.certificate);
    const wire::Frame answer = co_await peer->ask(request);
    control::expect<control::Registered>(answer);
    co_return peer;
  }

  // A client that has asked for an agent, and has no answer yet.
  asio::awaitable<std::unique_ptr<Peer>> client(std::string_view wanted,
                                                std::string_view key_label = "office") {
    std::unique_ptr<Peer> peer = co_await enter(control::Role::client, key_label);
    const ByteString request = peer->admission->connect(computer(wanted));
    co_await peer->stream->write(request);
    co_return peer;
  }

  // A connection on which an agent has presented a token.
  asio::awaitable<std::unique_ptr<Peer>> attachment(const AgentIdentity& self,
                                                    control::Token token) {
    std::unique_ptr<Peer> peer = co_await greet();
    const ByteString request = control::attach(peer->hello, token, self.key, peer->exporter);
    co_await peer->stream->write(request);
    co_return peer;
  }

private:
  static const crypto::opaque::ServerSetup& setup() { return Door::setup(); }
  static crypto::opaque::ServerSetup opaque() {
    return crypto::opaque::ServerSetup::decode(setup().encode().bytes()).value();
  }
  static crypto::SigningKey leaf_key() {
    return crypto::SigningKey::from_pem(realm().leaf.private_key.bytes()).value();
  }
};

// What the gateway says next: its name, with the reason of a refusal; "end" when it has
// finished, "cut" when it left without a word.
inline asio::awaitable<std::string> word_from(Peer& peer) {
  std::string word;
  try {
    const std::optional<wire::Frame> frame = co_await peer.frames->next();
    using control::MessageType;
    if (!frame)
      word = "end";
    else if (frame->type == std::uint8_t(MessageType::refused))
      word = std::string(name(wire::decode<control::Refused>(*frame).reason));
    else if (frame->type == std::uint8_t(MessageType::paired))
      word = "paired";
    else
      word = "frame " + std::to_string(frame->type);
  } catch (const std::system_error&) {
    word = "cut";
  }
  co_return word;
}

}  // namespace tasuki::test
