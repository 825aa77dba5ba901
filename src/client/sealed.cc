#include "client/sealed.h"

namespace tasuki::client {

using inner::ClientEnd;

asio::awaitable<Sealed> seal(Approach made, ClientEnd::Whom whom, ClientEnd::Self self,
                             std::chrono::seconds limit) {
  const inner::SealContext context = inner::SealContext::client();
  auto owned_end = std::make_unique<ClientEnd>(context, std::move(whom), std::move(self));
  ClientEnd* const end = owned_end.get();
  Sealed sealed(
      std::make_shared<peer::Carrier>(std::move(made.stream), std::move(owned_end), made.way), end);
  sealed.carrier()->start(std::move(made.arrived));
  co_await while_in(sealed.carrier(), *end, ClientEnd::Phase::connecting, limit);
  co_return sealed;
}

asio::awaitable<void> while_in(std::shared_ptr<peer::Carrier> carrier, const ClientEnd& end,
                               ClientEnd::Phase phase, std::chrono::seconds limit) {
  const auto late = std::make_exception_ptr(
      std::system_error(std::make_error_code(std::errc::timed_out), "the agent does not answer"));
  // Shared with the handler, which may be on its way already when it is too late.
  const auto waiting = std::make_shared<bool>(true);
  asio::steady_timer watch(carrier->executor(), limit);
  watch.async_wait([carrier, late, waiting](ErrorCode cancelled) {
    if (!cancelled && *waiting) carrier->fail(late);
  });
  while (!carrier->over() && end.phase() == phase) co_await carrier->changed();
  *waiting = false;
  watch.cancel();
  if (carrier->failure()) std::rethrow_exception(carrier->failure());
  if (carrier->over() && end.phase() == phase)
    throw inner::SealError(inner::SealError::Cause::truncated, "the agent hung up");
}

}  // namespace tasuki::client
