// The gateway whose place we took while it ran (upgrade.h has its side). For as long as
// agents are there, or clients wait there for theirs, it is asked for what only it knows;
// what is said here changes nothing for a gateway that has nobody to follow.
//
//   predecessor                                     successor
//        ◀───────────────────── ready ─────────────────
//   stops accepting, gives up its admin socket
//        ─────────────────────── go ──────────────────▶
//        ◀──────────────────── serving ────────────────  accepts
//   tells its agents to move
//        ◀──────── wanted {label, computer} ───────────  a client asks for an agent
//        ◀── attach {token, statement, signature}, fd ─  an agent comes for a client there
//        ◀──── key_revoked, released (as in admin.h) ──
//        ───────────────────── empty ─────────────────▶  all agents have moved
//
// In place of ready and serving: failed {en, ja}, and then the end.
#pragma once

#include "config/words.h"
#include "control/gateway_admission.h"
#include "net/linux/message_channel.h"
#include "net/stream.h"

#include <nlohmann/json_fwd.hpp>

namespace tasuki::gateway {

// Messages as they travel; each has a "say".
std::string pack(const nlohmann::json& message);
nlohmann::json unpack(const std::string& packed);  // "say" is empty if it makes no sense

// Shared by the gateway and the coroutine that listens.
class Predecessor : public std::enable_shared_from_this<Predecessor> {
public:
  Predecessor(asio::io_context& loop, net::Descriptor channel);

  void failed(const config::Words& why);
  // True when it is our turn. Runs the loop meanwhile.
  bool ready_and_told_to_go();
  void serving(const std::string& version);  // and from then on:

  bool has_agents() const { return has_agents_; }
  bool is_there() const { return is_there_; }  // with sessions, perhaps
  void wants(const control::KeyLabel& label, const control::ComputerId& computer);
  // An agent presents a token that only the predecessor can know: what is sent to the
  // stream is sent to it, and the other way round. Its answer comes first.
  net::StreamPtr attach(const control::WantsAttachment& wants, const std::string& source);
  void pass_on(const nlohmann::json& admin_request);

private:
  void say(const nlohmann::json& message, const net::Descriptor* with = nullptr);
  asio::awaitable<void> listen();

  asio::io_context& loop_;
  net::MessageChannel channel_;
  bool has_agents_ = true, is_there_ = true;
};

}  // namespace tasuki::gateway
