#include "gateway/upgrade.h"

#include "gateway/predecessor.h"
#include "log/log.h"

#include <nlohmann/json.hpp>

namespace tasuki::gateway {

using nlohmann::json;
using namespace std::chrono_literals;

namespace {

// To load its configuration, keys and store; and to open its socket when all is there.
constexpr auto start_limit = 30s;
constexpr auto turn_limit = 10s;

// Peers that were let in before the successor was: most have asked by then.
constexpr auto conversation_limit = 2s;

// A successor that fails says why, and ends by itself.
constexpr auto farewell_limit = 1s;

constexpr auto moment = 20ms;

json failure(std::string en, std::string ja) {
  return {{"failed", {{"en", std::move(en)}, {"ja", std::move(ja)}}}};
}

json ended_with(int number) {
  const std::string status = std::to_string(number);
  return failure(
      "the new process ended, or was not ready in time (status " + status + ")",
      "新しいプロセスが終了したか、時間内に準備できませんでした（終了状態 " + status + "）");
}

control::WantsAttachment attachment(const json& message) {
  control::WantsAttachment wants;
  const ByteString& token = message.at("token").get_binary();
  if (token.size() != wants.token.size()) throw std::runtime_error("malformed token");
  std::copy(token.begin(), token.end(), wants.token.begin());
  wants.statement = message.at("statement").get_binary();
  wants.signature = message.at("signature").get_binary();
  return wants;
}

}  // namespace

Upgrade::Upgrade(asio::io_context& loop, Gateway& gateway, net::CommandLine command, Owner owner)
    : loop_(loop), gateway_(gateway), command_(std::move(command)), owner_(std::move(owner)) {}

asio::awaitable<json> Upgrade::run(std::chrono::seconds limit) {
  const auto self = shared_from_this();
  if (under_way_ || gateway_.drain_facts().draining)
    co_return failure("it is going already", "既に終了に向かっています");
  if (gateway_.is_successor())
    co_return failure(
        "the process that it took the place of still has sessions; try again when that has ended, "
        "within five minutes if --limit was not given",
        "前回置き換えた古いプロセスにまだセッションがあります。それが終了してから（--limit "
        "を指定していなければ 5 分以内に）もう一度実行してください");
  under_way_ = true;
  log::info("UPGRADE_STARTED", {{"program", command_.program}});
  json outcome;
  try {
    net::Successor successor(command_, gateway_.listening_descriptors());
    const auto channel = std::make_shared<net::MessageChannel>(loop_, successor.take_channel());
    outcome = co_await hand_over(successor, channel);
    if (!outcome.contains("failed"))
      asio::co_spawn(loop_, leave(channel, limit), [self](std::exception_ptr) {});
  } catch (const std::exception& error) {
    outcome = failure(error.what(), error.what());
  }
  under_way_ = false;
  if (outcome.contains("failed"))
    log::error("UPGRADE_FAILED", {{"reason", outcome["failed"]["en"].get<std::string>()}});
  co_return outcome;
}

// Until it is ready we serve as ever; from "go" to "serving" newcomers wait in the kernel.
asio::awaitable<json> Upgrade::hand_over(net::Successor& successor, Channel channel) {
  const std::optional<net::MessageChannel::Message> ready = co_await channel->hear(start_limit);
  json answer = ready ? unpack(ready->text) : json{{"say", ""}};
  if (answer["say"] == "ready") {
    gateway_.stop_accepting();
    owner_.give_up_admin_socket();
    channel->say(pack({{"say", "go"}}));
    const std::optional<net::MessageChannel::Message> serving = co_await channel->hear(turn_limit);
    answer = serving ? unpack(serving->text) : json{{"say", ""}};
    if (answer["say"] != "serving") {
      co_await end(successor);  // before we listen where it may
      gateway_.accept_again();
      owner_.take_admin_socket();
    }
  }
  if (answer["say"] == "serving") {
    gateway_.close_listeners();
    owner_.announce(successor.pid());
    log::info("UPGRADED",
              {{"pid", std::to_string(successor.pid())}, {"version", answer.value("version", "")}});
    const Gateway::DrainFacts left = gateway_.drain_facts();
    co_return json{{"pid", successor.pid()},
                   {"version", answer.value("version", "")},
                   {"agents", left.agents},
                   {"pairs", left.pairs}};
  }
  const int status = co_await end(successor);
  if (answer["say"] == "failed") co_return failure(answer.value("en", ""), answer.value("ja", ""));
  co_return ended_with(status);
}

asio::awaitable<int> Upgrade::end(net::Successor& successor) {
  asio::steady_timer pause(loop_);
  const auto until = Clock::now() + farewell_limit;
  while (!successor.ended() && Clock::now() < until) {
    pause.expires_after(moment);
    co_await pause.async_wait(asio::use_awaitable);
  }
  co_return successor.end();
}

// Who was let in by us is served by us; then the agents move, and with them the sessions.
asio::awaitable<void> Upgrade::leave(Channel channel, std::chrono::seconds limit) {
  const auto self = shared_from_this();
  asio::co_spawn(loop_, attend(channel), [self](std::exception_ptr) {});
  asio::steady_timer pause(loop_);
  const auto until = Clock::now() + conversation_limit;
  while (gateway_.converses() && Clock::now() < until) {
    pause.expires_after(moment);
    co_await pause.async_wait(asio::use_awaitable);
  }
  gateway_.drain(limit, owner_.drained, Gateway::After::successor);
  while (gateway_.serves_agents()) {
    pause.expires_after(moment);
    co_await pause.async_wait(asio::use_awaitable);
  }
  channel->say(pack({{"say", "empty"}}));
}

asio::awaitable<void> Upgrade::attend(Channel channel) {
  const auto self = shared_from_this();
  for (;;) {
    std::optional<net::MessageChannel::Message> asked = co_await channel->hear();
    if (!asked) break;
    obey_successor(gateway_, std::move(*asked));
  }
  log::warning("SUCCESSOR_LOST");
}

void obey_successor(Gateway& gateway, net::MessageChannel::Message asked) {
  const json message = unpack(asked.text);
  const auto label = control::KeyLabel::parse(message.value("label", ""));
  const auto computer = control::ComputerId::parse(message.value("computer", ""));
  if (message["say"] == "wanted" && label && computer) gateway.hasten(*label, *computer);
  if (message["say"] == "key_revoked" && label) gateway.key_revoked(*label);
  if (message["say"] == "released" && label && computer) gateway.released(*label, *computer);
  if (message["say"] == "attach" && asked.with)
    gateway.attach_from_successor(std::move(*asked.with), attachment(message),
                                  message.value("source", ""));
}

}  // namespace tasuki::gateway
