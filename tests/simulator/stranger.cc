#include "simulator/stranger.h"

#include "inner/messages.h"
#include "simulator/world.h"

namespace tasuki::simulator {

using inner::Ticket;
using Purpose = Stranger::Purpose;

namespace {

Met denied(Purpose purpose) {
  switch (purpose) {
    case Purpose::stolen: return Met::denied_stolen;
    case Purpose::guessed: return Met::denied_guessed;
    case Purpose::foreign: return Met::denied_foreign;
    case Purpose::unknown: return Met::denied_unknown;
    case Purpose::old: return Met::denied_old;
    case Purpose::offset: return Met::denied_offset;
    case Purpose::late: return Met::denied_late;
    case Purpose::lawless: break;
  }
  return Met::lawless_refused;
}

Stranger::Speech resume(const inner::SessionId& id, Bytes secret, std::uint32_t attempts,
                        std::uint64_t next) {
  const auto ticket = std::make_shared<Ticket>(Ticket{id, crypto::Secret(secret), 0, attempts});
  return [ticket, next](const crypto::Sha256& binding) {
    return wire::encode(inner::ask_to_resume(*ticket, binding, next));
  };
}

Stranger::Speech words(ByteString frames) {
  return [frames = std::move(frames)](const crypto::Sha256&) { return frames; };
}

// What nobody may say before it is known who speaks.
ByteString lawless(Dice& dice) {
  switch (dice.below(6)) {
    case 0: return wire::encode(inner::Open{1, {"x"}, inner::Priority::bulk, 1'000});
    case 1: return wire::encode(inner::Resumed{});
    case 2: return wire::encode(inner::Acknowledge{0});
    case 3: return wire::encode(inner::Close{});
    case 4: {
      ByteString both = wire::encode(inner::ClientHello{});
      append(both, wire::encode(inner::Resume{}));
      return both;
    }
    default: return wire::encode(inner::Move{});
  }
}

}  // namespace

std::optional<Scheme> some_scheme(World& world) {
  Dice& dice = world.dice;
  Client& client = *world.clients()[dice.below(world.clients().size())];
  if (!client.life || !world.agent().has(client)) return std::nullopt;
  const Ticket& own = client.life->session().ticket();
  const inner::Session& agents = world.agent().life(client).session();
  const std::uint64_t next = client.life->session().bytes_received();
  const std::uint32_t taken = agents.ticket().attempts;
  switch (Purpose(dice.below(8))) {
    case Purpose::stolen:
      if (client.said().empty()) return std::nullopt;
      return Scheme{Purpose::stolen, words(client.said())};
    case Purpose::guessed:
      return Scheme{Purpose::guessed, resume(own.session, dice.bytes<32>(), taken, next)};
    case Purpose::foreign: {
      if (world.clients().size() < 2) return std::nullopt;
      const Client& other = *world.clients()[&client == world.clients()[0].get() ? 1 : 0];
      if (!other.life) return std::nullopt;
      const auto secret = other.life->session().ticket().secret.bytes();
      return Scheme{Purpose::foreign, resume(own.session, secret, taken, next)};
    }
    case Purpose::unknown:
      return Scheme{Purpose::unknown, resume(dice.bytes<16>(), dice.bytes<32>(), 0, 0)};
    case Purpose::old:
      if (taken == 0) return std::nullopt;
      return Scheme{Purpose::old, resume(own.session, own.secret.bytes(), taken - 1, next)};
    case Purpose::offset: {
      // Kept neither now nor when it arrives: far ahead, or a byte beside what is kept.
      const std::uint64_t wrong =
          dice.one_in(2) ? agents.bytes_sent() + dice.between(1 << 24, 1 << 30) : next + 1;
      return Scheme{Purpose::offset,
                    resume(own.session, own.secret.bytes(), taken + 1'000'000, wrong)};
    }
    default: return Scheme{Purpose::lawless, words(lawless(dice))};
  }
}

Stranger::Stranger(World& world, Line& line, Purpose purpose, Speech speech)
    : world_(world),
      line_(line),
      purpose_(purpose),
      speech_(std::move(speech)),
      seal_(world.seal(inner::Sealing::Side::client)) {}

void Stranger::begin() {
  world_.note("line ", line_.number, ": a stranger, to show something ",
              met_names[std::size_t(denied(purpose_))]);
  line_.to_agent->write(seal_->take());
}

void Stranger::arrived(Bytes bytes) {
  if (answered_) return;
  seal_->receive(bytes);
  if (seal_->established()) {
    if (!std::exchange(said_, true)) seal_->write(speech_(inner::binding(*seal_, World::route())));
    opened_.clear();
    seal_->read(opened_);
    frames_.receive(opened_);
    while (const auto frame = frames_.next()) hear(*frame);
  }
  line_.to_agent->write(seal_->take());
}

void Stranger::hear(const wire::Frame& frame) {
  if (purpose_ == Purpose::lawless && frame.type == std::uint8_t(inner::MessageType::methods))
    return;
  const auto answer = wire::decode<inner::Denied>(frame);
  if (answer.reason != inner::Denial::no_session) throw Wrong{"a stranger is told why"};
  if (purpose_ == Purpose::lawless) throw Wrong{"a stranger without manners is answered"};
  world_.met.met(denied(purpose_));
  answered_ = true;
  seal_->close();
}

void Stranger::ended() {
  broken();
}

void Stranger::broken() {
  if (std::exchange(answered_, true)) return;
  if (world_.slept()) return;  // the agent has had no time for us
  if (purpose_ != Purpose::lawless) throw Wrong{"a stranger is thrown out before the answer"};
  world_.met.met(Met::lawless_refused);
}

}  // namespace tasuki::simulator
