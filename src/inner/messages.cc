#include "inner/messages.h"

namespace tasuki::inner {

std::string_view name(Denial denial) {
  switch (denial) {
    case Denial::no_password: return "no_password";
    case Denial::too_many_sessions: return "too_many_sessions";
    case Denial::policy: return "policy";
    case Denial::no_session: return "no_session";
  }
  return "?";
}

std::string_view name(TargetKind kind) {
  switch (kind) {
    case TargetKind::tcp: return "tcp";
    case TargetKind::vnc: return "vnc";
    case TargetKind::rdp: return "rdp";
    case TargetKind::ssh: return "ssh";
  }
  return "?";
}

std::string_view name(Priority priority) {
  return priority == Priority::bulk ? "bulk" : "interactive";
}

std::string_view name(ChannelError error) {
  switch (error) {
    case ChannelError::not_allowed: return "not_allowed";
    case ChannelError::unknown_target: return "unknown_target";
    case ChannelError::not_listening: return "not_listening";
    case ChannelError::unreachable: return "unreachable";
    case ChannelError::too_many: return "too_many";
    case ChannelError::broken: return "broken";
    case ChannelError::ended: return "ended";
  }
  return "?";
}

}  // namespace tasuki::inner
