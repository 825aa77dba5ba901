// Fields in a bounded buffer, big-endian. Knows no message and no socket.
//
// Writer and Reader take the same list of fields, so that a message states its
// layout once and encoding cannot drift from decoding:
//
//   struct Ping {
//     static constexpr auto type = MessageType::ping;
//     std::uint64_t cookie = 0;
//     static void fields(auto& io, auto& m) { io(m.cookie); }
//   };
//
// What may be a field: an unsigned integer, an enum with known(), a fixed
// array of bytes, Text, Blob, List, or a struct with fields() of its own.
#pragma once

#include "wire/bytes.h"
#include "wire/utf8.h"

#include <algorithm>
#include <array>
#include <concepts>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace tasuki::wire {

// The peer sent something that no conforming peer sends. The text is for our
// own log; it is never sent back.
struct ProtocolError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// At most Max bytes of text for people, after a u16 length: well-formed UTF-8 without
// control characters, so that whoever shows or logs it needs no second thought.
template <std::uint16_t Max>
struct Text {
  std::string value;
  bool operator==(const Text&) const = default;
};

// At most Max bytes of anything, after a u16 length.
template <std::uint16_t Max>
struct Blob {
  ByteString value;
  bool operator==(const Blob&) const = default;
};

// At most Max elements, after a u16 count.
template <typename T, std::uint16_t Max>
struct List {
  std::vector<T> value;
  bool operator==(const List&) const = default;
};

// An enum that travels says which of its values exist.
template <typename E>
concept WireEnum = std::is_enum_v<E> && requires(E e) {
  { known(e) } -> std::same_as<bool>;
};

class Writer {
public:
  void operator()(const auto&... fields) { (put(fields), ...); }

  // What goes to the end of the message without a length of its own.
  void rest(Bytes raw) { append(bytes_, raw); }

  ByteString take() && { return std::move(bytes_); }

private:
  template <std::unsigned_integral T>
  void put(T value) {
    for (int shift = 8 * (int(sizeof(T)) - 1); shift >= 0; shift -= 8)
      bytes_.push_back(std::uint8_t(value >> shift & 0xff));
  }

  template <WireEnum E>
  void put(E value) {
    put(std::underlying_type_t<E>(value));
  }

  template <std::size_t N>
  void put(const std::array<std::uint8_t, N>& raw) {
    append(bytes_, raw);
  }

  template <std::uint16_t Max>
  void put(const Text<Max>& text) {
    put_sized(as_bytes(text.value), Max);
  }

  template <std::uint16_t Max>
  void put(const Blob<Max>& blob) {
    put_sized(blob.value, Max);
  }

  template <typename T, std::uint16_t Max>
  void put(const List<T, Max>& list) {
    if (list.value.size() > Max) throw std::length_error("list too long to send");
    put(std::uint16_t(list.value.size()));
    for (const T& each : list.value) put(each);
  }

  template <typename M>
  requires requires(Writer& w, const M& m) { M::fields(w, m); }
  void put(const M& message) { M::fields(*this, message); }

  void put_sized(Bytes raw, std::size_t max) {
    if (raw.size() > max) throw std::length_error("field too long to send");
    put(std::uint16_t(raw.size()));
    append(bytes_, raw);
  }

  ByteString bytes_;
};

class Reader {
public:
  explicit Reader(Bytes bytes) : rest_(bytes) {}

  void operator()(auto&... fields) { (get(fields), ...); }

  // All that is left. The span points into what the Reader was given.
  Bytes rest() { return next(rest_.size()); }

  // Every message is read to its last byte.
  void finish() const {
    if (!rest_.empty()) throw ProtocolError("trailing bytes");
  }

private:
  template <std::unsigned_integral T>
  void get(T& value) {
    value = 0;
    for (const std::uint8_t b : next(sizeof(T))) value = T(std::uint64_t(value) << 8 | b);
  }

  template <WireEnum E>
  void get(E& value) {
    std::underlying_type_t<E> raw{};
    get(raw);
    value = E(raw);
    if (!known(value)) throw ProtocolError("unknown value of an enumeration");
  }

  template <std::size_t N>
  void get(std::array<std::uint8_t, N>& raw) {
    const Bytes from = next(N);
    std::copy(from.begin(), from.end(), raw.begin());
  }

  template <std::uint16_t Max>
  void get(Text<Max>& text) {
    text.value = as_text(sized(Max));
    if (!is_plain_text(text.value, 0, Max)) throw ProtocolError("malformed text");
  }

  template <std::uint16_t Max>
  void get(Blob<Max>& blob) {
    const Bytes from = sized(Max);
    blob.value.assign(from.begin(), from.end());
  }

  template <typename T, std::uint16_t Max>
  void get(List<T, Max>& list) {
    std::uint16_t count = 0;
    get(count);
    if (count > Max) throw ProtocolError("list too long");
    list.value.clear();
    for (std::uint16_t i = 0; i < count; ++i) get(list.value.emplace_back());
  }

  template <typename M>
  requires requires(Reader& r, M& m) { M::fields(r, m); }
  void get(M& message) { M::fields(*this, message); }

  Bytes sized(std::size_t max) {
    std::uint16_t size = 0;
    get(size);
    if (size > max) throw ProtocolError("field too long");
    return next(size);
  }

  Bytes next(std::size_t size) {
    if (size > rest_.size()) throw ProtocolError("truncated message");
    const Bytes taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }

  Bytes rest_;
};

template <typename M>
ByteString encode_body(const M& message) {
  Writer writer;
  M::fields(writer, message);
  return std::move(writer).take();
}

// Throws ProtocolError unless the bytes are exactly one M.
template <typename M>
M decode_body(Bytes body) {
  M message;
  Reader reader(body);
  M::fields(reader, message);
  reader.finish();
  return message;
}

}  // namespace tasuki::wire
