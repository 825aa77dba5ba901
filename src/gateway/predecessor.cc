#include "gateway/predecessor.h"

#include <sys/socket.h>
#include <nlohmann/json.hpp>

namespace tasuki::gateway {

using nlohmann::json;
using namespace std::chrono_literals;

namespace {

constexpr auto turn_limit = 20s;

}  // namespace

std::string pack(const json& message) {
  std::string packed;
  json::to_cbor(message, packed);
  return packed;
}

json unpack(const std::string& packed) {
  json message = json::from_cbor(packed, true, false);
  if (message.is_object() && message.contains("say") && message["say"].is_string()) return message;
  return {{"say", ""}};
}

Predecessor::Predecessor(asio::io_context& loop, net::Descriptor channel)
    : loop_(loop), channel_(loop, std::move(channel)) {}

void Predecessor::say(const json& message, const net::Descriptor* with) {
  channel_.say(pack(message), with);
}

void Predecessor::failed(const config::Words& why) {
  say({{"say", "failed"}, {"en", why.en}, {"ja", why.ja}});
}

bool Predecessor::ready_and_told_to_go() {
  say({{"say", "ready"}});
  bool go = false, over = false;
  asio::co_spawn(loop_, channel_.hear(turn_limit),
                 [&](std::exception_ptr, std::optional<net::MessageChannel::Message> heard) {
                   go = heard && unpack(heard->text)["say"] == "go";
                   over = true;
                 });
  while (!over) loop_.run_one();
  return go;
}

void Predecessor::serving(const std::string& version) {
  say({{"say", "serving"}, {"version", version}});
  asio::co_spawn(loop_, listen(), [self = shared_from_this()](std::exception_ptr) {});
}

asio::awaitable<void> Predecessor::listen() {
  while (is_there_) {
    const std::optional<net::MessageChannel::Message> heard = co_await channel_.hear();
    if (!heard) is_there_ = false;
    if (!heard || unpack(heard->text)["say"] == "empty") has_agents_ = false;
  }
}

void Predecessor::wants(const control::KeyLabel& label, const control::ComputerId& computer) {
  say({{"say", "wanted"}, {"label", label.text()}, {"computer", computer.text()}});
}

net::StreamPtr Predecessor::attach(const control::WantsAttachment& wants,
                                   const std::string& source) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw std::system_error(errno, std::generic_category(), "socketpair");
  net::Descriptor ours(ends[0]);
  const net::Descriptor theirs(ends[1]);
  const auto binary = [](Bytes bytes) {
    return json::binary(std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
  };
  say({{"say", "attach"},
       {"token", binary(wants.token)},
       {"statement", binary(wants.statement)},
       {"signature", binary(wants.signature)},
       {"source", source}},
      &theirs);
  const asio::generic::stream_protocol unix_stream(AF_UNIX, 0);
  return std::make_unique<net::PlainStream>(net::Socket(loop_, unix_stream, ours.release()));
}

void Predecessor::pass_on(const json& admin_request) {
  json message = admin_request;
  message["say"] = message.value("op", "");
  say(message);
}

}  // namespace tasuki::gateway
