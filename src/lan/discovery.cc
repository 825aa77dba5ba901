#include "lan/discovery.h"

#include "lan/mdns.h"
#include "net/linux/multicast.h"

#include <algorithm>
#include <memory>
#include <random>

namespace tasuki::lan {
namespace {

namespace ip = asio::ip;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using net::Link;
using net::udp;

// UDP is lost now and then, on wireless links more than that.
constexpr auto ask_again_after = 100ms;

// The right one may be the second to answer, behind somebody who wants to be in the way.
constexpr auto others_may_follow = 50ms;

constexpr std::size_t most_answers = 4;

// Shared by the coroutine that waits and those that listen, which may end later.
struct Search {
  Search(const asio::any_io_executor& executor, std::string asked)
      : name(std::move(asked)), links(net::links()), bell(executor) {
    for (const udp& family : {udp::v4(), udp::v6()}) {
      try {
        sockets.push_back(std::make_shared<net::MulticastSocket>(executor, family, 0));
      } catch (const std::system_error&) {  // a family that this machine lacks
      } catch (const boost::system::system_error&) {
      }
    }
  }

  void ask() {
    const ByteString question = build_query(id, name);
    for (const auto& socket : sockets)
      for (const Link& link : links) {
        ip::address_v6 group = ip::make_address_v6("ff02::fb");
        group.scope_id(link.index);
        const ip::address to =
            socket->is_v4() ? ip::make_address("224.0.0.251") : ip::address(group);
        socket->send(question, {to, mdns_port}, link.index);
      }
  }

  void hear(const net::Datagram& datagram) {
    if (answers.size() == most_answers) return;
    const auto link = std::find_if(links.begin(), links.end(),
                                   [&](const Link& each) { return each.index == datagram.link; });
    // RFC 6762, 6: an answer comes from that port; 11: and from this link.
    if (link == links.end() || datagram.from.port() != mdns_port ||
        !net::is_neighbour(datagram.from.address(), *link))
      return;
    const auto found = parse_answer(datagram.bytes, name);
    if (!found) return;
    std::vector<tcp::endpoint> heard;
    for (ip::address address : found->addresses) {
      if (address.is_v6() && address.to_v6().is_link_local()) {
        ip::address_v6 scoped = address.to_v6();
        scoped.scope_id(link->index);
        address = scoped;
      }
      // An answer must not send us to knock at doors of other networks, or at our own.
      if (address.is_loopback() || address.is_multicast() || address.is_unspecified() ||
          !net::is_neighbour(address, *link))
        continue;
      heard.emplace_back(address, found->port);
    }
    if (heard.empty()) return;
    answers.push_back(std::move(heard));
    if (answers.size() == 1 || answers.size() == most_answers) bell.cancel();
  }

  void end() {
    for (const auto& socket : sockets) socket->close();
  }

  const std::uint16_t id = std::uint16_t(std::random_device{}());
  const std::string name;
  const std::vector<Link> links;
  asio::steady_timer bell;
  std::vector<std::shared_ptr<net::MulticastSocket>> sockets;
  std::vector<std::vector<tcp::endpoint>> answers;
};

asio::awaitable<void> listen(std::shared_ptr<Search> search,
                             std::shared_ptr<net::MulticastSocket> socket) {
  for (;;) {
    const net::Datagram datagram = co_await socket->receive(largest_message);
    search->hear(datagram);
    // Whoever floods us must not keep the loop to himself: others are on it, and the end of
    // this search as well.
    co_await asio::post(search->bell.get_executor(), asio::use_awaitable);
  }
}

// Waits until then, or until the bell is rung.
asio::awaitable<void> wait(std::shared_ptr<Search> search, Clock::time_point until) {
  search->bell.expires_at(until);
  ErrorCode rung;
  co_await search->bell.async_wait(asio::redirect_error(asio::use_awaitable, rung));
}

// The first of each answer, then the second of each: a liar with many addresses does not
// stand before the truth with one.
std::vector<tcp::endpoint> in_turn(const std::vector<std::vector<tcp::endpoint>>& answers) {
  std::vector<tcp::endpoint> order;
  for (std::size_t i = 0; i < most_addresses; ++i)
    for (const auto& answer : answers)
      if (i < answer.size() && std::find(order.begin(), order.end(), answer[i]) == order.end())
        order.push_back(answer[i]);
  if (order.size() > most_addresses) order.resize(most_addresses);
  return order;
}

struct EndAtScope {  // whichever way the coroutine ends, cancellation included
  std::shared_ptr<Search> search;
  ~EndAtScope() { search->end(); }
};

}  // namespace

asio::awaitable<std::vector<tcp::endpoint>> discover(std::string name,
                                                     std::chrono::milliseconds limit) {
  const auto until = Clock::now() + limit;
  const auto executor = co_await asio::this_coro::executor;
  const auto search = std::make_shared<Search>(executor, std::move(name));
  if (search->links.empty()) co_return std::vector<tcp::endpoint>();
  const EndAtScope end{search};
  for (const auto& socket : search->sockets)
    asio::co_spawn(executor, listen(search, socket), [search](std::exception_ptr) {});

  search->ask();
  co_await wait(search, std::min(until, Clock::now() + ask_again_after));
  if (search->answers.empty()) {
    search->ask();
    co_await wait(search, until);
  }
  if (!search->answers.empty())
    co_await wait(search, std::min(until, Clock::now() + others_may_follow));
  co_return in_turn(search->answers);
}

}  // namespace tasuki::lan
