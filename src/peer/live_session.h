// A session as it is lived: joins its channels to local connections, over one carrier
// and then the next. Used by agent and client alike.
//
//                    ┌─────────── LiveSession ──────────┐
//   local socket ◀──▶│ bridge ◀─▶ channel ◀─▶ Session   │◀──▶ carrier, or none for now
//   local socket ◀──▶│ bridge ◀─▶ channel               │
//                    └──────────────────────────────────┘
//
//   adopt(carrier) ──▶ carried ──carrier dies──▶ lost ──adopt(another)──▶ carried
//                         │                        └──the window closes──▶ over, with a failure
//                         └──goodbye──▶ over
//
// While it is lost, bridges go on: what local programs say is kept, until there is no
// more room. They notice nothing but a pause.
//
// Back-pressure: a bridge reads no more from its local socket than the session takes;
// what arrives is given credit for only once the local socket has taken it.
//
// Lives on one loop. Shared by its owner and its own coroutines.
#pragma once

#include "peer/carrier.h"

namespace tasuki::peer {

// The agent does not open that channel.
struct ChannelRefused : std::runtime_error {
  explicit ChannelRefused(inner::ChannelError why)
      : std::runtime_error("channel refused: " + std::string(name(why))), reason(why) {}
  inner::ChannelError reason;
};

// The other side ended the session on purpose.
struct SessionClosed : std::runtime_error {
  explicit SessionClosed(inner::CloseReason why)
      : std::runtime_error("the session was ended by the other side"), reason(why) {}
  inner::CloseReason reason;
};

// The line was lost, and did not come back in time.
struct SessionLost : std::runtime_error {
  SessionLost(std::chrono::seconds time, std::exception_ptr why)
      : std::runtime_error("the line was lost for too long"), window(time), cause(why) {}
  std::chrono::seconds window;
  std::exception_ptr cause;  // of the loss
};

// The line of a session is lost, or back.
struct LineNews {
  std::exception_ptr lost;                     // by this; nullptr: it is back
  std::string way;                             // that was lost, or leads there now
  std::chrono::steady_clock::duration away{};  // how long it was lost, when it is back
};

class LiveSession : public std::enable_shared_from_this<LiveSession> {
public:
  LiveSession(asio::any_io_executor executor, std::unique_ptr<inner::Session> session);
  ~LiveSession();

  // Goes on over this carrier, whose end is open with this session. One that it had
  // before must have been left.
  void adopt(std::shared_ptr<Carrier> carrier);

  // Gives up the carrier that it has, to go on over another at once. Its window runs
  // from here.
  void leave_carrier();

  bool lost() const { return !over_ && !carrier_; }
  const std::shared_ptr<Carrier>& carrier() const { return carrier_; }

  // Something may have changed: lost(), over(), asked_to_move(). Checks again after it.
  asio::awaitable<void> changed() { return changed_.wait(); }

  // Makes changed() return, for whoever waits for more than what this session knows.
  void stir() { changed_.notify(); }

  // Client: the agent asked that we go on over another gateway, since the last adopt().
  bool asked_to_move() const { return asked_to_move_; }

  // Hears of each loss and of each return; of a change of carriers that left nobody
  // waiting, nothing.
  std::function<void(const LineNews&)> on_line;
  std::function<void()> on_doubt;  // the carrier may be dead: nothing is heard

  // The loss is to be heard of, though it was us who left: what was to follow did not.
  void notice_loss(std::exception_ptr why);

  // The session is over: properly (no failure), or by what went wrong.
  bool over() const { return over_; }
  bool closing() const { return closing_; }  // we are saying goodbye: it stays where it is
  std::exception_ptr failure() const { return failure_; }
  void fail(std::exception_ptr why);  // breaks it off
  // Says goodbye, if there is a carrier, and waits a little for the other side's.
  asio::awaitable<void> close(inner::CloseReason reason);

  inner::Session& session() { return *session_; }
  const inner::Session& session() const { return *session_; }
  unsigned resumes() const { return resumes_; }

  // Call after having done something to the session: sends what it says.
  void flush();

  // Client: opens a channel. Throws ChannelRefused, or the session's failure.
  struct OpenChannel {
    inner::ChannelNumber number;
    inner::TargetKind kind;
  };
  asio::awaitable<OpenChannel> open(std::string target,
                                    inner::Priority priority = inner::Priority::interactive);

  // Agent: called when the client asks for a channel; answered now or later by refuse(),
  // or by accept() and then bridge().
  std::function<void(inner::ChannelNumber, const std::string& target)> on_asked;
  void accept(inner::ChannelNumber number, inner::TargetKind kind);
  void refuse(inner::ChannelNumber number, inner::ChannelError reason);

  // Joins an open channel and a local connection until both directions have ended or
  // either breaks. An end that is not proper reaches the local program as a reset.
  // Never throws. Returns why it broke, if it did.
  asio::awaitable<std::optional<inner::ChannelError>> bridge(
      inner::ChannelNumber number, std::unique_ptr<net::PlainStream> local);

  asio::any_io_executor executor() { return executor_; }

private:
  struct Channel;
  using ChannelPtr = std::shared_ptr<Channel>;

  asio::awaitable<void> send_local(inner::ChannelNumber number, ChannelPtr channel);
  asio::awaitable<void> receive_local(inner::ChannelNumber number, ChannelPtr channel);
  void carrier_over();
  void begin_window(std::exception_ptr why);
  void dispatch();
  void take(const inner::Session::Event& event);
  void on(const inner::Session::Asked& asked);
  void on(const inner::Session::WasOpened& opened);
  void on(const inner::Session::WasRefused& refused);
  void on(const inner::Session::Arrived& arrived);
  void on(const inner::Session::MayWrite& may_write);
  void on(const inner::Session::AllMayWrite& all);
  void on(const inner::Session::PeerFinished& finish);
  void on(const inner::Session::Cut& cut);
  void on(const inner::Session::Ponged& ponged);
  void on(const inner::Session::AskedToMove& asked);
  void on(const inner::Session::Closed& closed);
  template <typename Deed>
  void change(inner::ChannelNumber number, Deed deed);
  void finished();

  const asio::any_io_executor executor_;
  const std::unique_ptr<inner::Session> session_;
  std::shared_ptr<Carrier> carrier_;  // shared with its own coroutines
  std::map<inner::ChannelNumber, ChannelPtr> channels_;
  net::Signal changed_;
  asio::steady_timer window_;
  std::exception_ptr failure_;
  unsigned resumes_ = 0;
  std::string last_way_;
  std::chrono::steady_clock::time_point lost_since_{};
  bool carried_before_ = false;
  bool loss_noticed_ = false;
  bool asked_to_move_ = false;
  bool closing_ = false;
  bool over_ = false;
};

}  // namespace tasuki::peer
