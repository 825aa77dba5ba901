// Multicast DNS (RFC 6762) and service discovery (RFC 6763), as far as one agent that
// announces itself and one client that looks for it need them. Bytes in, bytes out:
// no socket, no clock. The wire format is read by the C library's resolver.
//
//   NAME._tasuki._tcp.local   SRV   NAME.local, port         NAME: peer/lan_name.h
//   NAME.local                A, AAAA
//   _tasuki._tcp.local        PTR   NAME._tasuki._tcp.local
//
// Whatever comes from the network may be hostile: what is not understood is nothing.
#pragma once

#include "net/asio.h"
#include "wire/bytes.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace tasuki::lan {

inline constexpr std::uint16_t mdns_port = 5353;
inline constexpr std::size_t largest_message = 9000;  // RFC 6762, 17

std::string service_name();                          // _tasuki._tcp.local
std::string instance_name(const std::string& name);  // NAME._tasuki._tcp.local
std::string host_name(const std::string& name);      // NAME.local

// An agent, as one link sees it.
struct Service {
  std::string name;  // 1 to 63 of [a-z0-9]
  std::uint16_t port = 0;
  std::vector<asio::ip::address> addresses;  // on that link
};

// What somebody asks that a Service can answer.
struct Query {
  std::uint16_t id = 0;
  struct Question {
    std::string name;
    std::uint16_t type = 0;
    std::uint16_t qclass = 0;  // with the bit that asks for an answer to the asker alone
  };
  std::vector<Question> questions;  // those about the service; not empty
  bool unicast = false;             // all of them ask for an answer to the asker alone
};

// nullopt: not a query, malformed, not about this service, or the asker knows already.
std::optional<Query> parse_query(Bytes message, const std::string& name);

// A client's question for the service of that name, which may be answered directly.
ByteString build_query(std::uint16_t id, const std::string& name);

enum class Lifetime : std::uint32_t { goodbye = 0, legacy = 10, usual = 120 };  // seconds

// Said unasked, to everybody on the link; with goodbye: forget it.
ByteString build_announcement(const Service& service, Lifetime lifetime);

// The answer. To whoever asked from another port than 5353, `legacy`, it is what a
// resolver of old understands (RFC 6762, 6.7). Empty: there is nothing to say.
ByteString build_answer(const Service& service, const Query& query, bool legacy);

// Where the service of that name is, as an answer says; nullopt: it does not.
struct Whereabouts {
  std::uint16_t port = 0;
  std::vector<asio::ip::address> addresses;  // at most most_addresses, none twice
};
inline constexpr std::size_t most_addresses = 8;
std::optional<Whereabouts> parse_answer(Bytes message, const std::string& name);

}  // namespace tasuki::lan
