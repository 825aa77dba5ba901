// `tasuki admin`, both ends: a Unix socket in the gateway's state directory, for its
// user and root alone; one JSON request a line, one JSON answer a line.
//
//   {"op":"agents"}                                   {"agents":[…]}
//   {"op":"pairs"}                                    {"pairs":[…]}
//   {"op":"end_pair","pair":3}                        {"done":true}
//   {"op":"drain","limit":300} {"draining":true,"agents":2,"pairs":1,"left":300}
//   {"op":"stop_draining"}                            {"draining":false,…}
//   {"op":"upgrade","limit":300}                      {"pid":7,…} or {"failed":{"en":…,"ja":…}}
//   {"op":"key_revoked","label":"…"}                  {"done":true}
//   {"op":"released","label":"…","computer":"…"}      {"done":true}
#pragma once

#include "gateway/gateway.h"
#include "net/linux/local_socket.h"

#include <nlohmann/json_fwd.hpp>

namespace tasuki::gateway {

// Serves the socket for as long as it lives. Throws std::system_error when the socket
// cannot be made. A stale socket of a dead gateway is replaced; a live one's is not:
// std::system_error(address_in_use), so that two gateways never share a state.
class AdminSocket {
public:
  // What is more than the gateway's own affair.
  struct Requests {
    std::function<void()> drained;  // it was asked to drain, and has
    std::function<asio::awaitable<nlohmann::json>(std::chrono::seconds limit)> upgrade;
  };
  AdminSocket(asio::io_context& loop, Gateway& gateway, std::filesystem::path path,
              Requests requests);

private:
  net::LocalServer server_;
};

// Asks a running gateway. Blocks for at most `limit`. nullopt: none runs there.
// Throws std::runtime_error when it does not answer.
std::optional<nlohmann::json> ask_gateway(const std::filesystem::path& socket,
                                          const nlohmann::json& request,
                                          std::chrono::seconds limit = std::chrono::seconds(5));

}  // namespace tasuki::gateway
