// Everybody who is connected to this agent, and everybody whose line was lost a moment
// ago and who may come back.
//
//   serve() ─▶ sealed ─▶ logs in ──────▶ a new session ─▶ channels to local targets
//                   └──▶ wants a session ─▶ the same one goes on over this carrier
//
// Lives on one loop.
#pragma once

#include "agent/config.h"
#include "agent/enrolment.h"
#include "agent/passwords.h"
#include "control/messages.h"
#include "peer/live_session.h"

#include <nlohmann/json_fwd.hpp>

namespace tasuki::agent {

// Shared by its owner and by the clients that it serves.
class Sessions : public std::enable_shared_from_this<Sessions> {
public:
  // All of these must outlive it.
  Sessions(asio::io_context& loop, const AgentConfig& config, const Identity& identity);

  // Whether another client may come. Of those who have proved nothing, the one that has
  // been there longest makes room.
  bool has_room();

  // A client has come over this stream: lets it in and stays with it until this carrier,
  // or the session that began on it, is over. What goes wrong ends here.
  // `source`: its address. `way`: the gateway that it comes through, or that it comes
  // directly. `unproved` is held until the client has proved itself or has gone. `pair`:
  // the gateway's name for this stream.
  asio::awaitable<void> serve(net::StreamPtr stream, ByteString arrived, std::string source,
                              std::string way, std::shared_ptr<const void> unproved = nullptr,
                              std::optional<control::PairId> pair = std::nullopt);

  // An administrator of the gateway wants the session over that pair to end.
  void end(const control::PairId& pair);

  // Asks all who come that way to come over another.
  void ask_to_move(const std::string& way);

  // Called with the way when nothing is heard over it, though something should be.
  std::function<void(const std::string& way)> on_doubt;

  // Called when a session has lost its line, or is back, or over.
  std::function<void()> on_change;
  bool any_lost() const;

  void say_goodbye();
  bool any() const { return !sessions_.empty(); }
  // A list: what peer::describe() says of each, and "client" (its address), "host", "user"
  // and "since" (seconds since 1970).
  nlohmann::json status() const;

private:
  struct Kept {
    std::shared_ptr<peer::LiveSession> live;  // shared with the coroutines of its channels
    std::string source, host, user;
    crypto::Sha256 password{};  // which one it was that let them in; see Passwords::stamp()
    std::int64_t since = 0;
  };
  using Newcomer = std::weak_ptr<peer::Carrier>;  // owned by the coroutine that serves it

  asio::awaitable<void> settle(std::shared_ptr<peer::Carrier> carrier, inner::AgentEnd& end);
  // Takes the carrier: a session that has moved to another must not keep its first one open.
  asio::awaitable<void> begin(std::shared_ptr<peer::Carrier>& carrier, inner::AgentEnd& end,
                              std::string source);
  void resume(std::shared_ptr<peer::Carrier> carrier, inner::AgentEnd& end,
              const std::string& source);
  asio::awaitable<void> connect_channel(std::shared_ptr<peer::LiveSession> live,
                                        inner::ChannelNumber number, std::string target);

  asio::io_context& loop_;
  const AgentConfig& config_;
  const Identity& identity_;
  Passwords passwords_;
  const inner::SealContext seal_;
  std::map<unsigned, Newcomer> newcomers_;  // have proved nothing yet; the oldest first
  unsigned last_newcomer_ = 0;
  std::map<inner::SessionId, Kept> sessions_;
  std::map<control::PairId, Newcomer> pairs_;  // carriers, dead ones among them for a while
};

}  // namespace tasuki::agent
