#include "simulator/model_seal.h"

#include <cstring>

namespace tasuki::simulator {
namespace {

constexpr std::size_t header_size = 5, tag_size = 8, most_in_record = 16 * 1024;

// Every bit of the bytes counts; nobody here tries to find collisions.
std::uint64_t digest(std::uint64_t seed, Bytes bytes) {
  std::uint64_t a = mixed(seed ^ bytes.size()), b = ~a;
  while (bytes.size() >= 16) {
    std::uint64_t words[2];
    std::memcpy(words, bytes.data(), 16);
    a = (a ^ words[0]) * 0x9fb21c651e98df25u;
    b = (b ^ words[1]) * 0xd6e8feb86659fd93u;
    a ^= a >> 29;
    b ^= b >> 32;
    bytes = bytes.subspan(16);
  }
  for (const std::uint8_t byte : bytes) a = (a ^ byte) * 0x100000001b3u + 1;
  return mixed(a ^ mixed(b));
}

std::uint64_t number_in(Bytes bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

void append_number(ByteString& to, std::uint64_t value) {
  std::uint8_t raw[sizeof value];
  std::memcpy(raw, &value, sizeof value);
  append(to, raw);
}

}  // namespace

ModelSeal::ModelSeal(Side side, const crypto::PublicKey& agent, Dice& dice)
    : side_(side), agent_(agent), own_(dice.bytes<32>()) {
  if (side == Side::client) seal(Type::handshake, own_);
}

void ModelSeal::must(bool good, const char* what) const {
  if (!good) throw inner::SealError(inner::SealError::Cause::broken, what);
}

void ModelSeal::receive(Bytes sealed) {
  if (sealed.empty() || peer_closed_) return;
  if (start_ == in_.size()) {
    in_.clear();
    start_ = 0;
  }
  append(in_, sealed);
  while (!established_) {
    const std::size_t before = start_;
    shake_hands();
    if (start_ == before) return;
  }
}

std::optional<ModelSeal::Record> ModelSeal::next_record() {
  const Bytes rest = Bytes(in_).subspan(start_);
  if (rest.size() < header_size) return std::nullopt;
  const auto type = Type(rest[0]);
  must(rest[0] >= 0x15 && rest[0] <= 0x17 && rest[1] == 3 && rest[2] == 3, "record header");
  const std::size_t size = std::size_t(rest[3]) << 8 | rest[4];
  must(size >= tag_size && size <= most_in_record + tag_size, "record size");
  if (rest.size() < header_size + size) return std::nullopt;
  start_ += header_size + size;
  const Bytes whole = rest.subspan(header_size, size);
  return Record{type, whole.first(size - tag_size), number_in(whole.last(tag_size))};
}

// client: hello ─▶ agent: hello, whose it is, finished ─▶ client: finished
void ModelSeal::shake_hands() {
  const auto record = next_record();
  if (!record) return;
  must(record->type == Type::handshake, "no handshake");
  const Side from = side_ == Side::client ? Side::agent : Side::client;
  const std::uint64_t key = keys_[from == Side::agent];
  must(tag(key, heard_++, record->type, record->body) == record->tag, "handshake record");
  const Bytes body = record->body;
  switch (step_++) {
    case 0: return side_ == Side::client ? hello_from_agent(body) : hello_from_client(body);
    case 1:
      if (side_ == Side::client) {
        must(body.size() == 32, "certificate");
        must(std::equal(body.begin(), body.end(), agent_.id().bytes().begin()), "certificate");
        return;
      }
      [[fallthrough]];
    default:
      must(body.size() == 8 && number_in(body) == finished(from), "finished");
      established_ = true;
      if (side_ == Side::client) say_finished();
  }
}

void ModelSeal::hello_from_client(Bytes body) {
  must(body.size() == own_.size(), "hello");
  transcript_ = digest(digest(1, body), own_);
  seal(Type::handshake, own_);
  derive();
  seal(Type::handshake, agent_.id().bytes());
  say_finished();
}

void ModelSeal::hello_from_agent(Bytes body) {
  must(body.size() == own_.size(), "hello");
  transcript_ = digest(digest(1, own_), body);
  derive();
}

void ModelSeal::derive() {
  keys_ = {mixed(transcript_ ^ 2), mixed(transcript_ ^ 3)};
}

std::uint64_t ModelSeal::finished(Side whose) const {
  return mixed(transcript_ ^ (whose == Side::client ? 4 : 5));
}

void ModelSeal::say_finished() {
  ByteString body;
  append_number(body, finished(side_));
  seal(Type::handshake, body);
}

void ModelSeal::read(ByteString& into) {
  while (established_ && !peer_closed_) {
    const auto record = next_record();
    if (!record) return;
    const std::uint64_t key = keys_[side_ == Side::client];
    must(tag(key, heard_++, record->type, record->body) == record->tag, "bad record");
    must(record->type != Type::handshake, "unexpected record");
    if (record->type == Type::alert)
      peer_closed_ = true;
    else
      append(into, record->body);
  }
}

void ModelSeal::write(Bytes open) {
  if (closed_) return;
  if (!established_) throw std::logic_error("written before it was established");
  while (!open.empty()) {
    const Bytes piece = open.first(std::min(open.size(), most_in_record));
    seal(Type::data, piece);
    open = open.subspan(piece.size());
  }
}

void ModelSeal::close() {
  if (std::exchange(closed_, true) || !established_) return;
  seal(Type::alert, {});
}

void ModelSeal::carrier_ended() {
  if (!peer_closed_)
    throw inner::SealError(inner::SealError::Cause::truncated, "ended without a proper close");
}

void ModelSeal::seal(Type type, Bytes body) {
  const std::size_t size = body.size() + tag_size;
  append(out_, std::array<std::uint8_t, header_size>{std::uint8_t(type), 3, 3,
                                                     std::uint8_t(size >> 8), std::uint8_t(size)});
  append(out_, body);
  append_number(out_, tag(keys_[side_ == Side::agent], said_++, type, body));
}

std::uint64_t ModelSeal::tag(std::uint64_t key, std::uint64_t number, Type type, Bytes body) const {
  return digest(mixed(key + number) ^ std::uint64_t(type), body);
}

crypto::Sha256 ModelSeal::exporter(std::string_view label, Bytes context) const {
  ByteString all;
  append_number(all, transcript_);
  append_number(all, keys_[0]);
  append(all, as_bytes(label));
  append(all, context);
  return crypto::sha256(all);
}

}  // namespace tasuki::simulator
