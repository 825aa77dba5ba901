// Golden vectors: messages as JSON and as bytes (vectors.json), shared with the
// implementations in other languages.
//
// A message is filled from JSON by the same list of fields that encodes it, so a
// vector needs no code of its own here.
#pragma once

#include "support/frames.h"
#include "support/hex.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <map>
#include <set>

namespace tasuki::test {

using Json = nlohmann::ordered_json;

class FieldsFromJson {
public:
  explicit FieldsFromJson(const Json& object) : at_(object.begin()), end_(object.end()) {}

  void operator()(auto&... fields) { (get(next(), fields), ...); }
  bool finished() const { return at_ == end_; }

private:
  const Json& next() {
    if (finished()) throw std::out_of_range("the vector has too few fields");
    return *at_++;
  }

  template <std::unsigned_integral T>
  static void get(const Json& json, T& value) {
    const auto wide =
        json.is_string() ? std::stoull(json.get<std::string>()) : json.get<std::uint64_t>();
    value = T(wide);
    if (value != wide) throw std::out_of_range("the number does not fit the field");
  }

  template <wire::WireEnum E>
  static void get(const Json& json, E& value) {
    std::underlying_type_t<E> number{};
    get(json, number);
    value = E(number);
  }

  template <std::size_t N>
  static void get(const Json& json, std::array<std::uint8_t, N>& raw) {
    const ByteString bytes = unhex(json.get<std::string>());
    if (bytes.size() != N) throw std::out_of_range("raw bytes of another size");
    std::copy(bytes.begin(), bytes.end(), raw.begin());
  }

  template <std::uint16_t Max>
  static void get(const Json& json, wire::Text<Max>& text) {
    text.value = json.get<std::string>();
  }

  template <std::uint16_t Max>
  static void get(const Json& json, wire::Blob<Max>& blob) {
    blob.value = unhex(json.get<std::string>());
  }

  template <typename T, std::uint16_t Max>
  static void get(const Json& json, wire::List<T, Max>& list) {
    for (const Json& each : json) get(each, list.value.emplace_back());
  }

  template <typename M>
  requires requires(FieldsFromJson& io, M& m) { M::fields(io, m); }
  static void get(const Json& json, M& message) {
    FieldsFromJson io(json);
    M::fields(io, message);
    if (!io.finished()) throw std::out_of_range("the vector has too many fields");
  }

  Json::const_iterator at_, end_;
};

// Holds one vector against message M: what is encoded, decoded, and refused.
template <typename M>
void check_vector(const Json& vector) {
  const ByteString golden = unhex(vector.at("frame").get<std::string>());
  M message;
  FieldsFromJson io(vector.at("fields"));
  M::fields(io, message);
  EXPECT_TRUE(io.finished()) << "the vector has too many fields";
  EXPECT_EQ(hex(wire::encode(message)), hex(golden));

  const wire::Frame received = frame_in(golden);
  EXPECT_EQ(hex(wire::encode(wire::decode<M>(received))), hex(golden));
  for (std::size_t size = 0; size < received.payload.size(); ++size)
    EXPECT_THROW(wire::decode_body<M>(Bytes(received.payload).first(size)), wire::ProtocolError)
        << "cut to " << size;
  ByteString longer = received.payload;
  longer.push_back(0);
  EXPECT_THROW(wire::decode_body<M>(longer), wire::ProtocolError);
}

// By the name of the message, what holds its vectors.
using VectorChecks = std::map<std::string, void (*)(const Json&)>;

// Every vector in the file passes, and every message in the table has one.
inline void check_vectors(const std::string& file, const VectorChecks& checks) {
  std::ifstream in(file);
  ASSERT_TRUE(in) << file;
  const Json json = Json::parse(in);
  std::set<std::string> seen;
  for (const Json& vector : json.at("vectors")) {
    const auto message = vector.at("message").get<std::string>();
    SCOPED_TRACE(vector.at("name").get<std::string>());
    ASSERT_TRUE(checks.contains(message)) << "nobody knows a " << message;
    EXPECT_NO_THROW(checks.at(message)(vector));
    seen.insert(message);
  }
  for (const auto& [message, check] : checks)
    EXPECT_TRUE(seen.contains(message)) << "no vector for " << message;
}

}  // namespace tasuki::test
