// Two sessions whose owners do whatever is allowed, in any order, over a carrier that
// delivers each way as late as it likes. Nobody misbehaves, so nobody may complain; what
// one side writes, the other gets; and nothing is left behind.
#include "support/pieces.h"
#include "support/sessions.h"

#include <gtest/gtest.h>

namespace tasuki::inner {
namespace {

// One side: its session, its owner's view of each channel, what is on the way to it.
struct Side {
  Session session;
  ByteString towards;  // bytes the carrier still has for this side
  struct View {
    std::string written, read;
    std::size_t unconsumed = 0;
    bool open = false, finished = false, peer_finished = false, cut = false;
  };
  std::map<ChannelNumber, View> views;
  std::vector<ChannelNumber> asked;  // the agent's owner has not answered yet

  explicit Side(Session::Side side) : session(side) {}

  void take(const Session::Event& event) {
    std::visit(
        [this](const auto& e) {
          using E = std::decay_t<decltype(e)>;
          if constexpr (std::is_same_v<E, Session::Asked>) {
            asked.push_back(e.channel);
          } else if constexpr (std::is_same_v<E, Session::WasOpened>) {
            views[e.channel].open = true;
          } else if constexpr (std::is_same_v<E, Session::WasRefused> ||
                               std::is_same_v<E, Session::Cut>) {
            views[e.channel].cut = true;
          } else if constexpr (std::is_same_v<E, Session::Arrived>) {
            View& view = views[e.channel];
            EXPECT_FALSE(view.peer_finished);
            view.read += as_text(e.bytes);
            view.unconsumed += e.bytes.size();
            EXPECT_LE(view.unconsumed, channel_window);
          } else if constexpr (std::is_same_v<E, Session::PeerFinished>) {
            EXPECT_FALSE(views[e.channel].peer_finished);
            views[e.channel].peer_finished = true;
          }
        },
        event);
  }

  void handle_events() {
    while (auto event = session.next_event()) take(*event);
  }
};

class Model {
public:
  explicit Model(unsigned seed) : random_(seed) {}

  void run() {
    for (int i = 0; i < 400; ++i) step();
    wind_up();
    compare();
  }

private:
  void step() {
    switch (random_.below(3)) {
      case 0: return act(random_.one_in(2) ? client_ : agent_);
      case 1: return deliver(client_, agent_, random_.size());
      default: return deliver(agent_, client_, random_.size());
    }
  }

  // Some of what `from` has said comes to `to`: whole frames, as End gives them.
  void deliver(Side& from, Side& to, std::size_t size) {
    append(to.towards, from.session.take());
    std::size_t at = 0;
    while (at + 4 <= to.towards.size() && at <= size) {
      const std::size_t length = std::size_t(to.towards[at + 1]) << 16 |
                                 std::size_t(to.towards[at + 2]) << 8 | to.towards[at + 3];
      const Bytes payload = Bytes(to.towards).subspan(at + 4, length);
      to.session.receive({to.towards[at], {payload.begin(), payload.end()}});
      at += 4 + length;
    }
    to.towards.erase(to.towards.begin(), to.towards.begin() + long(at));
    to.handle_events();
  }

  void act(Side& side) {
    const bool is_client = &side == &client_;
    if (is_client && random_.one_in(4) && side.session.channels() < 12) {
      side.views[side.session.open("target")];
      return;
    }
    if (!side.asked.empty() && random_.one_in(2)) return answer(side);
    if (random_.one_in(20)) return side.session.ping(1);
    if (side.views.empty()) return;
    auto pick = std::next(side.views.begin(), long(random_.below(side.views.size())));
    const ChannelNumber channel = pick->first;
    Side::View& view = pick->second;
    switch (random_.below(8)) {
      case 0: finish(side, channel, view); return;
      case 1:
        if (random_.one_in(3)) {
          side.session.reset(channel, ChannelError::ended);
          view.cut = true;
        }
        return;
      case 2:
      case 3: consume(side, channel, view, random_.size()); return;
      default: write(side, channel, view); return;
    }
  }

  void answer(Side& side) {
    const ChannelNumber channel = side.asked.back();
    side.asked.pop_back();
    if (random_.one_in(5)) {
      side.session.refuse(channel, ChannelError::unreachable);
      side.views[channel].cut = true;
      return;
    }
    side.session.accept(channel, TargetKind::tcp);
    side.views[channel].open = true;
  }

  void write(Side& side, ChannelNumber channel, Side::View& view) {
    const std::size_t size = std::min(side.session.writable(channel), random_.size());
    if (size == 0) return;
    EXPECT_FALSE(view.finished || view.cut);
    const ByteString bytes = random_.bytes(size);
    side.session.write(channel, bytes);
    view.written += as_text(bytes);
  }

  void consume(Side& side, ChannelNumber channel, Side::View& view, std::size_t most) {
    const std::size_t size = std::min(view.unconsumed, most);
    view.unconsumed -= size;
    side.session.consumed(channel, size);
  }

  // Also before the channel is open: the program that uses it may be done at once.
  void finish(Side& side, ChannelNumber channel, Side::View& view) {
    side.session.finish(channel);
    view.finished = true;
  }

  void wind_up() {
    for (int i = 0; i < 3; ++i) {
      deliver(client_, agent_, std::size_t(-1) / 2);
      while (!agent_.asked.empty()) answer(agent_);
      for (Side* side : {&client_, &agent_})
        for (auto& [channel, view] : side->views) finish(*side, channel, view);
      deliver(agent_, client_, std::size_t(-1) / 2);
    }
  }

  void compare() {
    EXPECT_EQ(client_.session.channels(), 0u);
    EXPECT_EQ(agent_.session.channels(), 0u);
    EXPECT_EQ(client_.session.bytes_sent(), agent_.session.bytes_received());
    EXPECT_EQ(agent_.session.bytes_sent(), client_.session.bytes_received());
    for (const auto& [channel, clients] : client_.views) {
      const Side::View& agents = agent_.views[channel];
      const bool cut = clients.cut || agents.cut;
      if (cut) {  // what came is a prefix of what was said
        EXPECT_TRUE(clients.written.starts_with(agents.read)) << channel;
        EXPECT_TRUE(agents.written.starts_with(clients.read)) << channel;
      } else {
        EXPECT_TRUE(clients.written == agents.read) << channel;
        EXPECT_TRUE(agents.written == clients.read) << channel;
        EXPECT_TRUE(clients.peer_finished && agents.peer_finished) << channel;
      }
    }
  }

  test::Random random_;
  Side client_{Session::Side::client};
  Side agent_{Session::Side::agent};
};

TEST(SessionModel, HoldsWhateverTheOwnersDoAndHoweverLateTheCarrierIs) {
  for (unsigned seed = 1; seed <= test::runs(600); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    try {
      Model(seed).run();
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace tasuki::inner
