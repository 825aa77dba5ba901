#include "lan/announcer.h"

#include <algorithm>

namespace tasuki::lan {
namespace {

namespace ip = asio::ip;
using namespace std::chrono_literals;
using net::Link;
using net::udp;

const ip::address group_v4 = ip::make_address("224.0.0.251");
const ip::address group_v6 = ip::make_address("ff02::fb");

// RFC 6762, 8.3: at least two, a second apart.
constexpr auto between_announcements = 1s;

// Queries are small. What is longer is not for us.
constexpr std::size_t longest_query = 1500;

// More addresses than one link of a PC has.
constexpr std::size_t most_announced = 16;

udp::endpoint everybody(const net::MulticastSocket& socket, const Link& link) {
  if (socket.is_v4()) return {group_v4, mdns_port};
  ip::address_v6 group = group_v6.to_v6();
  group.scope_id(link.index);
  return {group, mdns_port};
}

}  // namespace

class Announcer::Responder : public std::enable_shared_from_this<Responder> {
public:
  Responder(const asio::any_io_executor& executor, std::string name,
            std::vector<tcp::endpoint> listening)
      : executor_(executor),
        name_(std::move(name)),
        listening_(std::move(listening)),
        watch_(executor),
        pause_(executor) {
    for (const udp& family : {udp::v4(), udp::v6()}) {
      try {
        sockets_.push_back(std::make_shared<net::MulticastSocket>(executor, family, mdns_port));
      } catch (const std::system_error&) {
        // A family that this machine lacks, or a port that somebody keeps to himself:
        // a configured address still leads here.
      } catch (const boost::system::system_error&) {
      }
    }
  }

  void start() {
    const auto self = shared_from_this();
    for (const auto& socket : sockets_)
      asio::co_spawn(executor_, answer(socket), [self](std::exception_ptr) {});
    if (!sockets_.empty()) asio::co_spawn(executor_, follow_links(), [self](std::exception_ptr) {});
  }

  void stop() {
    stopped_ = true;
    for (const Link& link : links_) announce(link, Lifetime::goodbye);
    watch_.stop();
    pause_.cancel();
    for (const auto& socket : sockets_) socket->close();
  }

private:
  asio::awaitable<void> follow_links();
  asio::awaitable<void> answer(std::shared_ptr<net::MulticastSocket> socket);
  void answer_one(net::MulticastSocket& socket, const net::Datagram& datagram);
  void announce(const Link& link, Lifetime lifetime);
  std::optional<Service> service_on(const Link& link) const;

  const asio::any_io_executor executor_;
  const std::string name_;
  const std::vector<tcp::endpoint> listening_;
  std::vector<std::shared_ptr<net::MulticastSocket>> sockets_;  // shared with answer()
  std::vector<Link> links_;
  std::map<unsigned, Moderation> moderation_;  // by the link's index
  net::LinkWatch watch_;
  asio::steady_timer pause_;
  bool stopped_ = false;
};

// Announces itself on what is new, and looks again when something changes.
asio::awaitable<void> Announcer::Responder::follow_links() {
  while (!stopped_) {
    std::vector<Link> now = net::links();
    std::vector<Link> fresh;
    std::copy_if(now.begin(), now.end(), std::back_inserter(fresh), [&](const Link& link) {
      return std::find(links_.begin(), links_.end(), link) == links_.end();
    });
    links_ = std::move(now);
    std::erase_if(moderation_, [&](const auto& entry) {
      return std::none_of(links_.begin(), links_.end(),
                          [&](const Link& link) { return link.index == entry.first; });
    });
    for (const auto& socket : sockets_) socket->join(socket->is_v4() ? group_v4 : group_v6, links_);
    for (const Link& link : fresh) announce(link, Lifetime::usual);
    if (!fresh.empty()) {
      pause_.expires_after(between_announcements);
      ErrorCode ignored;
      co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      if (stopped_) co_return;
      for (const Link& link : fresh) announce(link, Lifetime::usual);
    }
    co_await watch_.changed();
  }
}

asio::awaitable<void> Announcer::Responder::answer(std::shared_ptr<net::MulticastSocket> socket) {
  while (!stopped_) {
    const net::Datagram datagram = co_await socket->receive(longest_query);
    if (stopped_) co_return;
    answer_one(*socket, datagram);
    // Whoever floods us has to share the loop with the others.
    co_await asio::post(executor_, asio::use_awaitable);
  }
}

void Announcer::Responder::answer_one(net::MulticastSocket& socket, const net::Datagram& datagram) {
  const auto link = std::find_if(links_.begin(), links_.end(),
                                 [&](const Link& each) { return each.index == datagram.link; });
  // RFC 6762, 11: from this link, or not at all.
  if (link == links_.end() || !net::is_neighbour(datagram.from.address(), *link)) return;
  const auto query = parse_query(datagram.bytes, name_);
  if (!query) return;
  const auto service = service_on(*link);
  if (!service) return;

  const bool legacy = datagram.from.port() != mdns_port;
  const ByteString said = build_answer(*service, *query, legacy);
  if (said.empty()) return;
  Moderation& moderation = moderation_[link->index];
  const auto now = Moderation::Clock::now();
  if (legacy || query->unicast) {
    if (moderation.may_unicast(now)) socket.send(said, datagram.from, link->index);
  } else if (moderation.may_multicast(now)) {
    socket.send(said, everybody(socket, *link), link->index);
  }
}

void Announcer::Responder::announce(const Link& link, Lifetime lifetime) {
  const auto service = service_on(link);
  if (!service) return;
  const ByteString said = build_announcement(*service, lifetime);
  for (const auto& socket : sockets_) socket->send(said, everybody(*socket, link), link.index);
}

// nullopt: we do not listen on any address of this link.
std::optional<Service> Announcer::Responder::service_on(const Link& link) const {
  Service service{name_, 0, {}};
  for (const tcp::endpoint& listening : listening_)
    for (const net::LinkAddress& own : link.addresses) {
      const ip::address& at = listening.address();
      const bool all = at.is_unspecified() && (at.is_v6() || own.address.is_v4());
      if (!all && at != own.address) continue;
      service.port = listening.port();
      if (service.addresses.size() < most_announced) service.addresses.push_back(own.address);
    }
  if (service.addresses.empty()) return std::nullopt;
  return service;
}

Announcer::Announcer(const asio::any_io_executor& executor, std::string name,
                     std::vector<tcp::endpoint> listening)
    : responder_(std::make_shared<Responder>(executor, std::move(name), std::move(listening))) {
  responder_->start();
}

Announcer::~Announcer() {
  responder_->stop();
}

bool Moderation::may_multicast(Clock::time_point now) {
  if (last_multicast_ && now - *last_multicast_ < between_multicasts) return false;
  last_multicast_ = now;
  return true;
}

bool Moderation::may_unicast(Clock::time_point now) {
  if (refilled_) {
    const double seconds = std::chrono::duration<double>(now - *refilled_).count();
    budget_ = std::min(most_at_once, budget_ + seconds * per_second);
  }
  refilled_ = now;
  if (budget_ < 1) return false;
  budget_ -= 1;
  return true;
}

}  // namespace tasuki::lan
