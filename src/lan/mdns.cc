#include "lan/mdns.h"

#include <arpa/nameser.h>
#include <resolv.h>
#include <algorithm>
#include <array>
#include <cstring>

namespace tasuki::lan {
namespace {

namespace ip = asio::ip;

// In a question: "an answer to me alone will do" (RFC 6762, 5.4). In a record: "this is
// all there is under that name" (10.2).
constexpr std::uint16_t top_bit = 0x8000;

// Nobody asks more in one message that has to do with us.
constexpr int most_questions = 64;
constexpr int most_records = 256;

// The second half of a record's life: who knows it that well needs no answer (RFC 6762, 7.1).
constexpr std::uint32_t half_life = std::uint32_t(Lifetime::usual) / 2;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
}

// Names in DNS have no case. A dot inside of a label comes escaped, and is not one of ours.
bool same(std::string_view name, std::string_view ours) {
  return std::equal(name.begin(), name.end(), ours.begin(), ours.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

bool is_internet(std::uint16_t qclass) {
  return (qclass & ~top_bit) == ns_c_in || (qclass & ~top_bit) == ns_c_any;
}

// The resolver's view of a message. It checks every length and every pointer.
class Message {
public:
  explicit Message(Bytes bytes) {
    readable_ = bytes.size() >= NS_HFIXEDSZ && bytes.size() <= largest_message &&
                ns_initparse(bytes.data(), int(bytes.size()), &message_) == 0;
    if (!readable_) return;
    bool some = false;
    for (const ns_sect section : {ns_s_qd, ns_s_an, ns_s_ns, ns_s_ar})
      some = some || count(section) > (section == ns_s_qd ? most_questions : most_records);
    readable_ = !some && ns_msg_getflag(message_, ns_f_opcode) == ns_o_query &&
                ns_msg_getflag(message_, ns_f_rcode) == ns_r_noerror;
  }

  bool readable() const { return readable_; }
  bool is_answer() const { return ns_msg_getflag(message_, ns_f_qr) != 0; }
  std::uint16_t id() const { return std::uint16_t(ns_msg_id(message_)); }
  int count(ns_sect section) const { return ns_msg_count(message_, section); }

  // nullopt: it cannot be read, and so nothing behind it can.
  std::optional<ns_rr> record(ns_sect section, int number) {
    ns_rr record{};
    if (ns_parserr(&message_, section, number, &record) != 0) return std::nullopt;
    return record;
  }

  // A name inside a record's data. nullopt: none that makes sense.
  std::optional<std::string> name_in(const ns_rr& record, std::size_t offset) const {
    if (ns_rr_rdlen(record) <= offset) return std::nullopt;
    std::array<char, NS_MAXDNAME> name{};
    const std::uint8_t* const at = ns_rr_rdata(record) + offset;
    const int used =
        dn_expand(ns_msg_base(message_), ns_msg_end(message_), at, name.data(), int(name.size()));
    if (used < 0 || offset + std::size_t(used) != ns_rr_rdlen(record)) return std::nullopt;
    return name.data();
  }

private:
  ns_msg message_{};
  bool readable_ = false;
};

bool concerns(const Query::Question& question, const std::string& name) {
  if (!is_internet(question.qclass)) return false;
  const auto asks = [&](const std::string& owner, std::initializer_list<int> types) {
    if (!same(question.name, owner)) return false;
    return question.type == ns_t_any ||
           std::find(types.begin(), types.end(), question.type) != types.end();
  };
  return asks(service_name(), {ns_t_ptr}) || asks(instance_name(name), {ns_t_srv, ns_t_txt}) ||
         asks(host_name(name), {ns_t_a, ns_t_aaaa});
}

// Writes one message, names compressed.
class Writer {
public:
  Writer(std::uint16_t id, std::uint16_t flags) {
    names_[0] = bytes_.data();
    put16(id);
    put16(flags);
    for (int section = 0; section < 4; ++section) put16(0);
  }
  Writer(const Writer&) = delete;  // names_ points into bytes_
  Writer& operator=(const Writer&) = delete;

  void question(const std::string& name, std::uint16_t type, std::uint16_t qclass) {
    put_name(name);
    put16(type);
    put16(qclass);
    count(ns_s_qd);
  }

  // What stands between begin() and end() is the record's data.
  void begin(const std::string& name, ns_type type, std::uint16_t rclass, std::uint32_t seconds) {
    put_name(name);
    put16(type);
    put16(rclass);
    put16(std::uint16_t(seconds >> 16));
    put16(std::uint16_t(seconds));
    length_at_ = used_;
    put16(0);
  }
  void end(ns_sect section) {
    const std::size_t length = used_ - length_at_ - 2;
    bytes_[length_at_] = std::uint8_t(length >> 8);
    bytes_[length_at_ + 1] = std::uint8_t(length);
    count(section);
  }

  void put16(std::uint16_t value) {
    bytes_[used_++] = std::uint8_t(value >> 8);
    bytes_[used_++] = std::uint8_t(value);
  }
  void put(Bytes bytes) {
    std::copy(bytes.begin(), bytes.end(), bytes_.begin() + std::ptrdiff_t(used_));
    used_ += bytes.size();
  }
  void put_name(const std::string& name) {
    const int size = dn_comp(name.c_str(), bytes_.data() + used_, int(bytes_.size() - used_),
                             names_.data(), names_.data() + names_.size());
    if (size < 0) throw std::length_error("a name that DNS does not know: " + name);
    used_ += std::size_t(size);
  }

  ByteString take() const { return {bytes_.begin(), bytes_.begin() + std::ptrdiff_t(used_)}; }

private:
  void count(ns_sect section) {
    ++bytes_[5 + 2 * std::size_t(section)];  // never more than a few
  }

  // A few questions and records, each well below 300 bytes: more than there can be.
  std::array<std::uint8_t, largest_message> bytes_{};
  std::size_t used_ = 0;
  std::size_t length_at_ = 0;
  std::array<unsigned char*, 32> names_{};  // dn_comp's: where names begin
};

// The records of a service, one after the other; `place` says into which section each
// goes, or into none.
class Records {
public:
  Records(Writer& writer, const Service& service, Lifetime lifetime)
      : writer_(writer),
        service_(service),
        seconds_(std::uint32_t(lifetime)),
        // Old resolvers take the bit for a part of the class.
        unique_(lifetime == Lifetime::legacy ? ns_c_in : ns_c_in | top_bit) {}

  template <typename Place>
  void write(const Place& place) {
    const std::string instance = instance_name(service_.name), host = host_name(service_.name);
    if (const auto section = place(service_name(), ns_t_ptr)) {
      writer_.begin(service_name(), ns_t_ptr, ns_c_in, seconds_);
      writer_.put_name(instance);
      writer_.end(*section);
    }
    if (const auto section = place(instance, ns_t_srv)) {
      writer_.begin(instance, ns_t_srv, unique_, seconds_);
      for (const std::uint16_t field : {std::uint16_t(0), std::uint16_t(0), service_.port})
        writer_.put16(field);  // priority, weight, port
      writer_.put_name(host);
      writer_.end(*section);
    }
    if (const auto section = place(instance, ns_t_txt)) {
      writer_.begin(instance, ns_t_txt, unique_, seconds_);
      writer_.put(Bytes(no_text));
      writer_.end(*section);
    }
    for (const ip::address& address : service_.addresses) {
      const ns_type type = address.is_v4() ? ns_t_a : ns_t_aaaa;
      if (const auto section = place(host, type)) {
        writer_.begin(host, type, unique_, seconds_);
        if (address.is_v4())
          writer_.put(address.to_v4().to_bytes());
        else
          writer_.put(address.to_v6().to_bytes());
        writer_.end(*section);
      }
    }
  }

private:
  static constexpr std::array<std::uint8_t, 1> no_text{0};  // RFC 6763, 6.1

  Writer& writer_;
  const Service& service_;
  const std::uint32_t seconds_;
  const std::uint16_t unique_;
};

constexpr std::uint16_t is_authoritative_answer = 0x8400;

std::optional<ip::address> address_in(const ns_rr& record) {
  const Bytes raw(ns_rr_rdata(record), ns_rr_rdlen(record));
  if (ns_rr_type(record) == ns_t_a && raw.size() == NS_INADDRSZ) {
    ip::address_v4::bytes_type bytes;
    std::copy(raw.begin(), raw.end(), bytes.begin());
    return ip::address_v4(bytes);
  }
  if (ns_rr_type(record) == ns_t_aaaa && raw.size() == NS_IN6ADDRSZ) {
    ip::address_v6::bytes_type bytes;
    std::copy(raw.begin(), raw.end(), bytes.begin());
    return ip::address_v6(bytes);
  }
  return std::nullopt;
}

}  // namespace

std::string service_name() {
  return "_tasuki._tcp.local";
}
std::string instance_name(const std::string& name) {
  return name + "." + service_name();
}
std::string host_name(const std::string& name) {
  return name + ".local";
}

std::optional<Query> parse_query(Bytes bytes, const std::string& name) {
  Message message(bytes);
  if (!message.readable() || message.is_answer()) return std::nullopt;
  Query query{.id = message.id(), .questions = {}, .unicast = true};
  for (int i = 0; i < message.count(ns_s_qd); ++i) {
    const auto record = message.record(ns_s_qd, i);
    if (!record) return std::nullopt;
    const Query::Question question{ns_rr_name(*record), std::uint16_t(ns_rr_type(*record)),
                                   std::uint16_t(ns_rr_class(*record))};
    if (!concerns(question, name)) continue;
    query.unicast = query.unicast && (question.qclass & top_bit);
    query.questions.push_back(question);
  }
  // Whoever browses and knows of us needs no answer to that.
  for (int i = 0; i < message.count(ns_s_an); ++i) {
    const auto known = message.record(ns_s_an, i);
    if (!known) return std::nullopt;
    if (ns_rr_type(*known) != ns_t_ptr || ns_rr_ttl(*known) < half_life) continue;
    const auto instance = message.name_in(*known, 0);
    if (!instance || !same(*instance, instance_name(name))) continue;
    std::erase_if(query.questions, [](const Query::Question& question) {
      return same(question.name, service_name());
    });
  }
  if (query.questions.empty()) return std::nullopt;
  return query;
}

ByteString build_query(std::uint16_t id, const std::string& name) {
  Writer writer(id, 0);
  writer.question(instance_name(name), ns_t_srv, ns_c_in | top_bit);
  return writer.take();
}

ByteString build_announcement(const Service& service, Lifetime lifetime) {
  Writer writer(0, is_authoritative_answer);
  Records(writer, service, lifetime).write([](const std::string&, ns_type) {
    return std::optional(ns_s_an);
  });
  return writer.take();
}

ByteString build_answer(const Service& service, const Query& query, bool legacy) {
  Writer writer(legacy ? query.id : std::uint16_t(0), is_authoritative_answer);
  bool answered = false;
  const auto place = [&](const std::string& owner, ns_type type) -> std::optional<ns_sect> {
    for (const Query::Question& question : query.questions)
      if (same(question.name, owner) && (question.type == type || question.type == ns_t_any)) {
        answered = true;
        return ns_s_an;
      }
    return std::nullopt;
  };
  // The additional ones come behind, so that who asks for one thing has it all.
  const auto rest = [&](const std::string& owner, ns_type type) -> std::optional<ns_sect> {
    if (type == ns_t_ptr || place(owner, type)) return std::nullopt;
    return ns_s_ar;
  };
  if (legacy)
    for (const Query::Question& question : query.questions)
      writer.question(question.name, question.type, question.qclass & ~top_bit);
  Records records(writer, service, legacy ? Lifetime::legacy : Lifetime::usual);
  records.write(place);
  if (!answered) return {};
  records.write(rest);
  return writer.take();
}

std::optional<Whereabouts> parse_answer(Bytes bytes, const std::string& name) {
  Message message(bytes);
  if (!message.readable() || !message.is_answer()) return std::nullopt;
  Whereabouts found;
  std::string host;
  std::vector<ns_rr> records;
  for (const ns_sect section : {ns_s_an, ns_s_ar})
    for (int i = 0; i < message.count(section); ++i) {
      const auto record = message.record(section, i);
      if (!record) return std::nullopt;
      if (is_internet(std::uint16_t(ns_rr_class(*record))) && ns_rr_ttl(*record) > 0)
        records.push_back(*record);
    }

  constexpr std::size_t before_name = 3 * NS_INT16SZ;  // priority, weight, port
  for (const ns_rr& record : records) {
    if (ns_rr_type(record) != ns_t_srv || !same(ns_rr_name(record), instance_name(name))) continue;
    const auto target = message.name_in(record, before_name);
    if (!target) return std::nullopt;
    host = *target;
    found.port = std::uint16_t(ns_get16(ns_rr_rdata(record) + 2 * NS_INT16SZ));
  }
  if (host.empty() || found.port == 0) return std::nullopt;

  for (const ns_rr& record : records) {
    const auto address = address_in(record);
    if (!address || !same(ns_rr_name(record), host)) continue;
    auto& list = found.addresses;
    if (list.size() < most_addresses && std::find(list.begin(), list.end(), *address) == list.end())
      list.push_back(*address);
  }
  if (found.addresses.empty()) return std::nullopt;
  return found;
}

}  // namespace tasuki::lan
