// Name lookup by the system's resolver, which knows /etc/hosts, DNS and whatever
// else nsswitch.conf names, but blocks: for half a minute when a name server is
// silent, and nothing can interrupt it. Asio's own resolver would make the end
// of the loop wait for that, and the next lookup too. So each lookup has a thread
// of its own, which is left behind when nobody waits for it any longer.
#include "net/lookup.h"

#include "net/answer.h"
#include "net/reach.h"

#include <netdb.h>
#include <cstring>
#include <thread>

namespace tasuki::net {
namespace {

struct Found {
  int error = 0;  // EAI_…
  std::vector<tcp::endpoint> endpoints;
};

Found ask_system(const Address& address) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_ADDRCONFIG;  // no question for a family this machine does not speak

  addrinfo* first = nullptr;
  Found found;
  found.error = getaddrinfo(address.host.c_str(), nullptr, &wanted, &first);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> list(first, freeaddrinfo);
  if (found.error != 0) return found;

  for (const addrinfo* each = first; each; each = each->ai_next) {
    tcp::endpoint endpoint;
    if (each->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), each->ai_addr, each->ai_addrlen);
    endpoint.resize(each->ai_addrlen);
    endpoint.port(address.port);
    found.endpoints.push_back(endpoint);
  }
  if (found.endpoints.empty()) found.error = EAI_NODATA;
  return found;
}

ReachError lookup_error(const Address& address, int error) {
  using Cause = ReachError::Cause;
  if (error == EAI_NONAME || error == EAI_NODATA)
    return {Cause::name_unknown, "no such host: " + address.host};
  // No name server answers, or all of them are broken: so is the network, for us.
  return {Cause::unreachable, "cannot look up " + address.host + ": " + gai_strerror(error)};
}

}  // namespace

asio::awaitable<std::vector<tcp::endpoint>> look_up(const Address& address,
                                                    std::chrono::steady_clock::time_point until) {
  ErrorCode not_numeric;
  const auto numeric = asio::ip::make_address(address.host, not_numeric);
  if (!not_numeric) co_return std::vector<tcp::endpoint>(1, tcp::endpoint(numeric, address.port));

  const auto answer = std::make_shared<Answer<Found>>();
  std::thread([answer, address] { answer->give(ask_system(address)); }).detach();
  const std::optional<Found> found = co_await receive(answer, until);
  if (!found)
    throw ReachError(ReachError::Cause::timed_out, "no answer in time to look up " + address.host);
  if (found->error != 0) throw lookup_error(address, found->error);
  co_return found->endpoints;
}

}  // namespace tasuki::net
