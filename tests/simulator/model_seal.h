// A model of TLS 1.3, as far as a session can tell: a handshake of three flights, records
// that are noticed when they are damaged, missing, repeated or in another order, an
// exporter that is the same at both ends of one connection and nowhere else, and an end
// that nobody else can make. It hides nothing, and nobody here looks.
#pragma once

#include "inner/seal.h"
#include "simulator/dice.h"

namespace tasuki::simulator {

class ModelSeal final : public inner::Sealing {
public:
  // `agent`: whose key the agent's side shows. Must outlive this.
  ModelSeal(Side side, const crypto::PublicKey& agent, Dice& dice);

  void receive(Bytes sealed) override;
  void carrier_ended() override;
  void read(ByteString& into) override;
  void write(Bytes open) override;
  void renew_key() override {}
  void close() override;
  ByteString take() override { return std::exchange(out_, {}); }
  std::size_t waiting() const override { return out_.size(); }
  bool established() const override { return established_; }
  bool peer_closed() const override { return peer_closed_; }
  crypto::Sha256 exporter(std::string_view label, Bytes context) const override;
  const crypto::PublicKey& peer_key() const override { return agent_; }

private:
  enum class Type : std::uint8_t { alert = 0x15, handshake = 0x16, data = 0x17 };
  struct Record {
    Type type;
    Bytes body;  // without its tag
    std::uint64_t tag;
  };

  std::optional<Record> next_record();
  void shake_hands();
  void hello_from_client(Bytes body);
  void hello_from_agent(Bytes body);
  void derive();
  void seal(Type type, Bytes body);
  std::uint64_t tag(std::uint64_t key, std::uint64_t number, Type type, Bytes body) const;
  std::uint64_t finished(Side whose) const;
  void say_finished();
  void must(bool good, const char* what) const;

  const Side side_;
  const crypto::PublicKey& agent_;
  std::array<std::uint8_t, 32> own_;
  std::array<std::uint64_t, 2> keys_{};  // of the client's records, of the agent's
  std::uint64_t heard_ = 0, said_ = 0;   // records
  std::uint64_t transcript_ = 0;
  unsigned step_ = 0;
  ByteString in_;
  std::size_t start_ = 0;  // where in in_ the next record begins
  ByteString out_;
  bool established_ = false, peer_closed_ = false, closed_ = false;
};

}  // namespace tasuki::simulator
