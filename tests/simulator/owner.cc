#include "simulator/owner.h"

#include "simulator/life.h"
#include "simulator/world.h"

#include <cstring>

namespace tasuki::simulator {

using inner::Session;

namespace {

// Byte `at` of a way is a byte of a number that only this way and this place make: one
// that is lost, repeated or exchanged shows.
void check_or_fill(std::uint64_t pattern, std::size_t at, std::size_t size, auto&& each) {
  std::uint8_t word[8];
  for (std::size_t i = 0; i < size;) {
    const std::uint64_t number = mixed(pattern + (at + i) / 8);
    std::memcpy(word, &number, sizeof word);
    const std::size_t first = (at + i) % 8, n = std::min(8 - first, size - i);
    each(i, Bytes(word).subspan(first, n));
    i += n;
  }
}

Way way(Dice& dice, bool large) {
  Way made;
  switch (dice.below(8)) {
    case 0: made.total = 0; break;
    case 1:
    case 2: made.total = dice.below(50); break;
    case 3:
    case 4:
    case 5: made.total = dice.below(4'000); break;
    case 6: made.total = dice.below(40'000); break;
    default: made.total = dice.below(large ? 1'500'000 : 250'000);
  }
  if (large && dice.one_in(3)) made.total += 300'000;
  // So that it takes some seconds, in not too many steps.
  const std::size_t steps = dice.between(1, 24);
  made.piece = std::max<std::size_t>(1, made.total / steps);
  made.pace = dice.between(0ms, 12s) / long(steps);
  if (dice.one_in(5)) {
    made.stalls_at = dice.below(made.total + 1);
    made.stall = dice.between(0ms, 8s);
  }
  made.pattern = dice.next();
  return made;
}

}  // namespace

Ledger Ledger::made(Dice& dice, bool large) {
  Ledger ledger;
  const std::size_t channels = large ? dice.between(12, 24) : dice.between(1, 5);
  Duration opens = dice.between(0ms, 300ms);
  for (std::size_t i = 0; i < channels; ++i) {
    Plan plan;
    plan.priority = inner::Priority(dice.below(2));
    plan.opens = opens;
    opens += dice.one_in(3) ? dice.between(0ms, 4s) : dice.between(0ms, 50ms);
    plan.answers = dice.one_in(2) ? Duration{} : dice.between(0ms, 1s);
    plan.refused = dice.one_in(20);
    if (dice.one_in(12)) plan.clients_reset = dice.between(0ms, 6s);
    if (dice.one_in(12)) plan.agents_reset = dice.between(0ms, 6s);
    plan.ways = {way(dice, large), way(dice, large)};
    ledger.plans.push_back(std::move(plan));
  }
  return ledger;
}

Plan& Owner::plan(Number channel) {
  if (channel == 0 || channel > ledger_.plans.size())
    throw Wrong{"an event of a channel that never was"};
  return ledger_.plans[channel - 1];
}

void Owner::later(Duration wait, std::function<void()> what) {
  world_.at_home(machine_, wait, [this, what = std::move(what)] {
    if (!life_.over() && !life_.closing()) what();
  });
}

void Owner::begin() {
  if (std::exchange(begun_, true) || !is_client()) return;
  for (const Plan& each : ledger_.plans) later(each.opens, [this] { open_next(); });
}

void Owner::open_next() {
  const Number next = life_.session().open("target", plan(++last_opened_).priority);
  if (next != last_opened_) throw Wrong{"channel numbers jump"};
  if (ours(next).total == 0) {  // done before it is open
    life_.session().finish(next);
    ours(next).finished = true;
  }
  if (const auto wait = plan(next).clients_reset)
    later(*wait, [this, next] {
      if (!life_.session().has(next)) return;
      world_.met.met(Met::channel_resets);
      plan(next).cut = true;
      life_.session().reset(next, inner::ChannelError::ended);
      life_.flush();
    });
  life_.flush();
}

void Owner::take(Session::Event& event) {
  std::visit(
      [this](auto& e) {
        using E = std::decay_t<decltype(e)>;
        if constexpr (std::is_same_v<E, Session::Asked>) {
          if (std::exchange(plan(e.channel).asked, true)) throw Wrong{"a channel is opened twice"};
          const Number channel = e.channel;
          later(plan(channel).answers, [this, channel] { answer(channel); });
        } else if constexpr (std::is_same_v<E, Session::WasOpened>) {
          write_more(e.channel);
        } else if constexpr (std::is_same_v<E, Session::WasRefused>) {
          if (!plan(e.channel).refused) throw Wrong{"a channel is refused by nobody"};
          world_.met.met(Met::channels_refused);
        } else if constexpr (std::is_same_v<E, Session::Arrived>) {
          arrived(e.channel, e.bytes);
        } else if constexpr (std::is_same_v<E, Session::MayWrite>) {
          if (std::exchange(waits_[e.channel], false)) write_more(e.channel);
        } else if constexpr (std::is_same_v<E, Session::AllMayWrite>) {
          for (auto& [channel, waits] : waits_)
            if (std::exchange(waits, false)) write_more(channel);
        } else if constexpr (std::is_same_v<E, Session::PeerFinished>) {
          Way& way = theirs(e.channel);
          if (!way.finished || way.read != way.total || std::exchange(way.heard_finish, true))
            throw Wrong{"a channel ends where it does not"};
          if (!ours(e.channel).finished) world_.met.met(Met::half_closes);
        } else if constexpr (std::is_same_v<E, Session::Cut>) {
          if (!plan(e.channel).cut) throw Wrong{"a channel is cut by nobody"};
        }
      },
      event);
}

void Owner::answer(Number channel) {
  if (!life_.session().has(channel)) return;
  if (plan(channel).refused) {
    life_.session().refuse(channel, inner::ChannelError::unreachable);
    return life_.flush();
  }
  life_.session().accept(channel, inner::TargetKind::tcp);
  if (const auto wait = plan(channel).agents_reset)
    later(*wait, [this, channel] {
      if (!life_.session().has(channel)) return;
      world_.met.met(Met::channel_resets);
      plan(channel).cut = true;
      life_.session().reset(channel, inner::ChannelError::broken);
      life_.flush();
    });
  write_more(channel);
  life_.flush();
}

void Owner::write_more(Number channel) {
  Session& session = life_.session();
  Way& way = ours(channel);
  if (!session.has(channel) || way.finished) return;
  if (way.piece_left == 0) way.piece_left = std::min(way.piece, way.total - way.written);
  const std::size_t size = std::min(way.piece_left, session.writable(channel));
  if (size > 0) {
    ByteString bytes(size);
    check_or_fill(way.pattern, way.written, size, [&](std::size_t i, Bytes part) {
      std::copy(part.begin(), part.end(), bytes.begin() + long(i));
    });
    way.written += size;
    way.piece_left -= size;
    session.write(channel, bytes);
  }
  if (way.written == way.total) {
    way.finished = true;
    session.finish(channel);
  } else if (way.piece_left > 0) {
    if (session.memory_used() >= world_.session_memory) world_.met.met(Met::memory_full);
    waits_[channel] = true;
  } else {
    later(way.pace, [this, channel] { write_more(channel); });
  }
  if (size > 0 || way.finished) life_.flush();
}

void Owner::arrived(Number channel, Bytes bytes) {
  Way& way = theirs(channel);
  if (way.heard_finish) throw Wrong{"bytes come behind the end of a channel"};
  if (bytes.size() > way.written - way.read)
    throw Wrong{"more bytes arrive in channel " + std::to_string(channel) + " than were written"};
  check_or_fill(way.pattern, way.read, bytes.size(), [&](std::size_t i, Bytes part) {
    if (!std::equal(part.begin(), part.end(), bytes.begin() + long(i)))
      throw Wrong{"a wrong byte in channel " + std::to_string(channel) + ", at " +
                  std::to_string(way.read + i)};
  });
  way.read += bytes.size();
  way.unconsumed += bytes.size();
  if (way.unconsumed > inner::channel_window) throw Wrong{"more arrives than there is room for"};
  world_.met.bytes += bytes.size();
  if (way.stalled) return;
  if (way.read < way.stalls_at) return consume(channel);
  way.stalled = true;
  way.stalls_at = SIZE_MAX;
  world_.met.met(Met::stalled_readers);
  later(way.stall, [this, channel] {
    theirs(channel).stalled = false;
    consume(channel);
  });
}

void Owner::consume(Number channel) {
  life_.session().consumed(channel, std::exchange(theirs(channel).unconsumed, 0));
  life_.flush();
}

}  // namespace tasuki::simulator
