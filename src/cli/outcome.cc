#include "cli/outcome.h"

#include "agent/enrolment.h"
#include "cli/catalogue.h"
#include "cli/outcome_network.h"
#include "cli/parse.h"
#include "client/client.h"
#include "client/desktop.h"
#include "client/profiles.h"
#include "config/files.h"
#include "gateway/setup.h"

#include <functional>
#include <optional>

namespace tasuki::cli {
namespace {

using control::Refusal;

// What a person may take for the reason: no control characters, no endless text.
std::string tame(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  constexpr std::size_t most = 400;
  if (text.size() > most) text.resize(most);
  return text;
}

Outcome file_trouble(const config::FileError& error, const Circumstances&) {
  return {Exit::configuration, with_cure(error.words)};
}

Outcome profile_trouble(const client::ProfileError& error, const Circumstances&) {
  const bool changed = error.cause == client::ProfileError::Cause::identity_changed;
  return {changed ? Exit::identity : Exit::configuration, with_cure(error.words)};
}

Outcome setup_trouble(const gateway::SetupError& error, const Circumstances&) {
  using Cause = gateway::SetupError::Cause;
  if (error.cause == Cause::wrong_root)
    return {Exit::configuration, fill(say::root_key_wrong, {{"what", error.words}})};
  const bool asked_wrongly = error.cause == Cause::bad_request || error.cause == Cause::bad_key;
  return {asked_wrongly ? Exit::usage : Exit::configuration, with_cure(error.words)};
}

Outcome enrolment_trouble(const agent::EnrolmentError& error, const Circumstances&) {
  using Cause = agent::EnrolmentError::Cause;
  if (error.cause == Cause::bad_password)
    return {Exit::usage, fill(say::weak_password, {{"fault", error.words}})};
  return {Exit::configuration, with_cure(error.words)};
}

Outcome wrong_password(const client::WrongPassword&, const Circumstances&) {
  return {Exit::password, fill(say::wrong_password)};
}

Outcome changed(const inner::IdentityChanged& error, const Circumstances& about) {
  const std::string profile = about.profile.empty() ? "" : " --profile " + about.profile;
  return {Exit::identity,
          fill(say::identity_changed,
               {place("computer", about.computer), place("expected", error.expected.text()),
                place("actual", error.actual.text()), place("profile", profile)})};
}

Outcome denied(const client::Denied& error, const Circumstances& about) {
  const Filling computer = place("computer", about.computer);
  switch (error.reason) {
    case inner::Denial::no_password:
      return {Exit::password, fill(say::denied_no_password, {computer})};
    case inner::Denial::too_many_sessions:
      return {Exit::unavailable, fill(say::denied_too_many, {computer})};
    case inner::Denial::no_session: return {Exit::broken, fill(say::denied_no_session, {computer})};
    case inner::Denial::policy: break;
  }
  const std::string words = error.message.empty() ? "" : " \"" + tame(error.message) + "\"";
  return {Exit::target, fill(say::denied_policy, {computer, place("words", words)})};
}

std::string text_of(inner::TargetKind kind) {
  switch (kind) {
    case inner::TargetKind::vnc: return "VNC";
    case inner::TargetKind::rdp: return "RDP";
    default: return std::string(name(kind));
  }
}

Outcome no_viewer(const client::NoViewer& error, const Circumstances&) {
  std::string tried;
  for (const std::string& each : error.tried) tried += (tried.empty() ? "" : ", ") + each;
  const bool rdp = error.kind == inner::TargetKind::rdp;
  return {Exit::viewer,
          fill(say::no_viewer,
               {place("kind", text_of(error.kind)), place("tried", tried.empty() ? "-" : tried),
                place("package", rdp ? "freerdp2-x11" : "tigervnc-viewer")})};
}

Outcome session_lost(const peer::SessionLost& error, const Circumstances& about) {
  return {Exit::broken,
          fill(say::session_gone, {place("computer", about.computer),
                                   place("seconds", std::to_string(error.window.count()))})};
}

Outcome channel_refused(const peer::ChannelRefused& error, const Circumstances& about) {
  return {Exit::target, explain(error.reason, about)};
}

// ── The table ───────────────────────────────────────────────────────────────

using Row = std::function<std::optional<Outcome>(std::exception_ptr, const Circumstances&)>;

template <typename E>
Row row(Outcome (*explained)(const E&, const Circumstances&)) {
  return [explained](std::exception_ptr failure,
                     const Circumstances& about) -> std::optional<Outcome> {
    try {
      std::rethrow_exception(failure);
    } catch (const E& error) {
      return explained(error, about);
    } catch (...) {
      return std::nullopt;
    }
  };
}

// Types that bring their words along.
template <typename E, Exit exit>
Row row() {
  return row<E>(+[](const E& error, const Circumstances&) { return Outcome{exit, error.words}; });
}

// Derived types before their bases: the first row that fits is it.
const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      row<Trouble>(+[](const Trouble& t, const Circumstances&) {
        return Outcome{t.exit, t.words};
      }),
      row<Interrupted>(+[](const Interrupted&, const Circumstances&) {
        return Outcome{Exit::interrupted, {}};
      }),
      row<UsageError, Exit::usage>(),
      row(file_trouble),
      row(profile_trouble),
      row(setup_trouble),
      row(enrolment_trouble),
      row(not_reached),
      row(refused_by_gateway),
      row(changed),
      row(wrong_password),
      row(denied),
      row(no_viewer),
      row(channel_refused),
      row(session_closed),
      row(session_lost),
      row(seal_broken),
      row(makes_no_sense),
      row<std::system_error>(connection_broke),
      row<boost::system::system_error>(connection_broke),
      row<std::bad_alloc>(+[](const std::bad_alloc&, const Circumstances&) {
        return Outcome{Exit::failure, fill(say::out_of_memory)};
      }),
      row<std::exception>(+[](const std::exception& e, const Circumstances&) {
        return Outcome{Exit::failure, fill(say::unexpected, {place("detail", tame(e.what()))})};
      }),
  };
  return all;
}

}  // namespace

Words with_cure(const Words& what) {
  const bool has_one = what.en.find("; ") != what.en.npos || what.en.find(". ") != what.en.npos;
  return has_one ? what : fill(say::file_trouble, {{"what", what}});
}

Outcome explain(std::exception_ptr failure, const Circumstances& about) {
  for (const Row& row : rows())
    if (auto outcome = row(failure, about)) return std::move(*outcome);
  return {Exit::failure, fill(say::unexpected, {place("detail", "not an exception of C++")})};
}

Words explain(inner::ChannelError reason, const Circumstances& about) {
  const Filling computer = place("computer", about.computer),
                target = place("target", about.target);
  switch (reason) {
    case inner::ChannelError::not_allowed: return fill(say::target_not_allowed, {computer, target});
    case inner::ChannelError::unknown_target: return fill(say::target_unknown, {computer, target});
    case inner::ChannelError::not_listening:
      return fill(say::target_not_listening, {computer, target});
    case inner::ChannelError::unreachable: return fill(say::target_unreachable, {computer, target});
    case inner::ChannelError::too_many: return fill(say::target_too_many);
    case inner::ChannelError::broken:
    case inner::ChannelError::ended: break;
  }
  return fill(say::target_broken, {computer, target});
}

std::span<const ExitRow> exit_rows() {
  static const ExitRow all[] = {
      {Exit::done, {"done", "正常終了"}},
      {Exit::failure, {"unexpected failure", "予期しない失敗"}},
      {Exit::usage, {"wrong use: the command line", "コマンドラインの誤り"}},
      {Exit::configuration,
       {"a configuration, profile or state directory is wrong",
        "設定、プロファイル、状態ディレクトリの誤り"}},
      {Exit::not_reached,
       {"the gateway was not reached: network, proxy",
        "ゲートウェイに到達できない（ネットワーク、プロキシ）"}},
      {Exit::refused,
       {"the gateway refused us: gateway key, limits",
        "ゲートウェイに拒否された（ゲートウェイキー、上限）"}},
      {Exit::unavailable, {"the Computer ID is not available", "Computer ID が利用できない"}},
      {Exit::password, {"wrong password, or locked out", "パスワードの誤り、またはロック中"}},
      {Exit::identity, {"somebody's identity is not the known one", "相手の識別子が記録と異なる"}},
      {Exit::viewer, {"no viewer, or the viewer failed", "ビューアーがない、または失敗した"}},
      {Exit::target, {"the target was refused", "ターゲットへの接続が拒否された"}},
      {Exit::broken, {"the session broke", "セッションが途中で切れた"}},
      {Exit::interrupted, {"interrupted: Ctrl-C, or a signal", "中断された（Ctrl-C、シグナル）"}},
  };
  return all;
}

}  // namespace tasuki::cli
