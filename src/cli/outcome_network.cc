#include "cli/outcome_network.h"

#include "cli/catalogue.h"
#include "net/stream.h"

namespace tasuki::cli {
namespace {

using control::Refusal;

// "407" is what a person will search for; SOCKS has no such number.
std::string code_of(const std::string& detail) {
  return detail.find("socks5") == detail.npos ? " (407)" : "";
}

Outcome broke(const std::error_code& code, const Circumstances& about) {
  if (code == make_error_code(net::StreamError::untrusted))
    return {Exit::not_reached, fill(say::gateway_untrusted)};
  const Filling detail = place("detail", code.message());
  if (about.in_session)
    return {Exit::broken, fill(say::session_lost, {place("computer", about.computer), detail})};
  if (code == std::errc::timed_out)
    return {Exit::not_reached, fill(say::gateway_timed_out, {detail})};
  if (code == make_error_code(net::StreamError::broken_tls))
    return {Exit::not_reached, fill(say::gateway_strange, {detail})};
  return {Exit::not_reached, fill(say::gateway_lost, {detail})};
}

}  // namespace

Outcome not_reached(const net::ReachError& error, const Circumstances&) {
  using Cause = net::ReachError::Cause;
  const std::string what = error.what();
  const Filling detail = place("detail", what), code = place("code", code_of(what));
  const auto words = [&]() -> Words {
    switch (error.cause) {
      case Cause::name_unknown: return fill(say::name_unknown, {detail});
      case Cause::refused: return fill(say::gateway_refuses, {detail});
      case Cause::unreachable: return fill(say::gateway_unreachable, {detail});
      case Cause::timed_out: return fill(say::gateway_timed_out, {detail});
      case Cause::proxy_unreachable: return fill(say::proxy_unreachable, {detail});
      case Cause::proxy_needs_password: return fill(say::proxy_needs_password, {code, detail});
      case Cause::proxy_wrong_password: return fill(say::proxy_wrong_password, {code, detail});
      case Cause::proxy_forbids: return fill(say::proxy_forbids, {detail});
      case Cause::proxy_failed: break;
    }
    return fill(say::proxy_failed, {detail});
  };
  return {Exit::not_reached, words()};
}

Outcome refused_by_gateway(const control::RefusedByGateway& error, const Circumstances& about) {
  const Filling computer = place("computer", about.computer);
  const Filling cure{"cure", about.at_agent
                                 ? fill(say::cure_at_agent, {place("state", about.state)})
                                 : fill(say::cure_at_client)};
  switch (error.reason) {
    case Refusal::version: return {Exit::refused, fill(say::refused_version)};
    case Refusal::gateway_key: return {Exit::refused, fill(say::refused_gateway_key, {cure})};
    case Refusal::unavailable:
      return {Exit::unavailable, fill(say::refused_unavailable, {computer})};
    case Refusal::id_taken: return {Exit::unavailable, fill(say::refused_id_taken, {computer})};
    case Refusal::bad_proof: return {Exit::refused, fill(say::refused_bad_proof)};
    case Refusal::revoked: return {Exit::refused, fill(say::refused_revoked, {cure})};
    case Refusal::replaced: return {Exit::refused, fill(say::refused_replaced)};
    case Refusal::ended: return {Exit::refused, fill(say::refused_ended)};
    case Refusal::busy: break;
  }
  if (error.retry_after == 0) return {Exit::refused, fill(say::refused_busy)};
  return {Exit::refused,
          fill(say::refused_busy_until, {place("seconds", std::to_string(error.retry_after))})};
}

Words registration_trouble(const std::string& trouble, const Circumstances& about) {
  for (std::uint8_t number = 1; known(Refusal(number)); ++number) {
    const control::RefusedByGateway refused({Refusal(number), 0});
    if (trouble == refused.what()) return refused_by_gateway(refused, about).words;
  }
  return fill(say::status_tries_again, {place("detail", trouble)});
}

Outcome session_closed(const peer::SessionClosed& error, const Circumstances& about) {
  using Reason = inner::CloseReason;
  const Filling computer = place("computer", about.computer);
  switch (error.reason) {
    case Reason::ended_by_owner: return {Exit::broken, fill(say::closed_by_owner, {computer})};
    case Reason::expired: return {Exit::broken, fill(say::closed_expired, {computer})};
    case Reason::revoked: return {Exit::broken, fill(say::closed_revoked, {computer})};
    case Reason::shutting_down: return {Exit::broken, fill(say::closed_shutting_down, {computer})};
    case Reason::ended_by_administrator:
      return {Exit::broken, fill(say::closed_by_administrator, {computer})};
    case Reason::done: break;
  }
  return {Exit::broken, fill(say::closed_done, {computer})};
}

Outcome seal_broken(const inner::SealError& error, const Circumstances& about) {
  const Filling computer = place("computer", about.computer);
  if (error.cause == inner::SealError::Cause::truncated)
    return {Exit::broken, fill(say::session_cut, {computer})};
  return {Exit::broken, fill(say::session_damaged, {computer})};
}

Outcome makes_no_sense(const wire::ProtocolError& error, const Circumstances& about) {
  const Filling detail = place("detail", error.what());
  if (about.in_session)
    return {Exit::broken, fill(say::session_strange, {place("computer", about.computer), detail})};
  return {Exit::not_reached, fill(say::gateway_strange, {detail})};
}

Outcome connection_broke(const std::system_error& error, const Circumstances& about) {
  return broke(error.code(), about);
}

Outcome connection_broke(const boost::system::system_error& error, const Circumstances& about) {
  return broke(error.code(), about);
}

}  // namespace tasuki::cli
