#include "gateway/admin.h"

#include <nlohmann/json.hpp>

namespace tasuki::gateway {
namespace {

using nlohmann::json;

json agents(const Gateway& gateway) {
  json list = json::array();
  for (const AgentLine* line : gateway.agents()) {
    const AgentFacts& facts = line->facts();
    list.push_back({{"id", facts.computer.text()},
                    {"key", facts.label.text()},
                    {"agent", facts.key.id().text()},
                    {"source", facts.source},
                    {"software", facts.software},
                    {"since", facts.since},
                    {"sessions", line->sessions}});
  }
  return {{"agents", list}};
}

json pairs(const Gateway& gateway) {
  json list = json::array();
  for (const Gateway::PairFacts& pair : gateway.pairs())
    list.push_back({{"pair", pair.number},
                    {"id", pair.computer.text()},
                    {"key", pair.label.text()},
                    {"client", pair.client_source},
                    {"agent", pair.agent_source},
                    {"since", pair.since},
                    {"bytes_up", pair.traffic.from_left},
                    {"bytes_down", pair.traffic.from_right}});
  return {{"pairs", list}};
}

json standing(const Gateway& gateway) {
  const Gateway::DrainFacts facts = gateway.drain_facts();
  return {{"draining", facts.draining},
          {"agents", facts.agents},
          {"pairs", facts.pairs},
          {"left", facts.left.count()}};
}

std::chrono::seconds limit_in(const json& request) {
  const std::int64_t limit = request.at("limit");
  if (limit < 1 || limit > longest_drain.count()) throw std::runtime_error("limit out of range");
  return std::chrono::seconds(limit);
}

json answer(Gateway& gateway, const json& request) {
  const std::string op = request.at("op");
  if (op == "agents") return agents(gateway);
  if (op == "pairs") return pairs(gateway);
  if (op == "end_pair") return {{"done", gateway.end_pair(request.at("pair"))}};
  if (op == "stop_draining") {
    gateway.stop_draining();
    return standing(gateway);
  }

  const auto label = control::KeyLabel::parse(request.at("label").get<std::string>());
  if (!label) return {{"error", "malformed key label"}};
  if (op == "key_revoked") {
    gateway.key_revoked(*label);
    gateway.pass_on(request);
    return {{"done", true}};
  }
  if (op == "released") {
    const auto computer = control::ComputerId::parse(request.at("computer").get<std::string>());
    if (!computer) return {{"error", "malformed Computer ID"}};
    gateway.released(*label, *computer);
    gateway.pass_on(request);
    return {{"done", true}};
  }
  return {{"error", "unknown request"}};
}

asio::awaitable<json> answer_in_time(Gateway& gateway, const AdminSocket::Requests& requests,
                                     json request) {
  const std::string op = request.at("op");
  if (op == "upgrade") {
    const std::chrono::seconds limit = limit_in(request);
    json outcome = co_await requests.upgrade(limit);
    co_return outcome;
  }
  if (op == "drain") {
    gateway.drain(limit_in(request), requests.drained);
    co_return standing(gateway);
  }
  co_return answer(gateway, request);
}

asio::awaitable<std::string> answer_line(Gateway& gateway, const AdminSocket::Requests& requests,
                                         std::string line) {
  json said;
  try {
    json request = json::parse(line);
    said = co_await answer_in_time(gateway, requests, std::move(request));
  } catch (const std::exception& error) {
    said = {{"error", error.what()}};
  }
  co_return said.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

AdminSocket::AdminSocket(asio::io_context& loop, Gateway& gateway, std::filesystem::path path,
                         Requests requests)
    : server_(loop, std::move(path),
              net::LocalServer::SlowAnswer(
                  [&gateway, requests = std::move(requests)](std::string line) {
                    return answer_line(gateway, requests, std::move(line));
                  })) {}

std::optional<json> ask_gateway(const std::filesystem::path& socket, const json& request,
                                std::chrono::seconds limit) {
  const auto answer = net::ask_local(socket, request.dump(), limit);
  if (!answer) return std::nullopt;
  const json parsed = json::parse(*answer, nullptr, false);
  if (parsed.is_discarded()) throw std::runtime_error("the gateway's answer makes no sense");
  if (parsed.contains("error")) throw std::runtime_error(parsed["error"].get<std::string>());
  return parsed;
}

}  // namespace tasuki::gateway
