// A carrier to an agent that has shown who it is, and waits for what we want of it.
#pragma once

#include "client/approach.h"
#include "inner/end.h"
#include "peer/carrier.h"

namespace tasuki::client {

// Owns the carrier until it is released; one that nobody wanted is broken off.
class Sealed {
public:
  Sealed() = default;
  Sealed(std::shared_ptr<peer::Carrier> carrier, inner::ClientEnd* end)
      : carrier_(std::move(carrier)), end_(end) {}
  ~Sealed() { drop(); }
  Sealed(Sealed&& other) noexcept
      : carrier_(std::exchange(other.carrier_, nullptr)), end_(other.end_) {}
  Sealed& operator=(Sealed&& other) noexcept {
    drop();
    carrier_ = std::exchange(other.carrier_, nullptr);
    end_ = other.end_;
    return *this;
  }

  explicit operator bool() const { return carrier_ != nullptr; }
  const std::shared_ptr<peer::Carrier>& carrier() const { return carrier_; }
  inner::ClientEnd& end() const { return *end_; }  // the carrier's
  std::shared_ptr<peer::Carrier> release() { return std::exchange(carrier_, nullptr); }

private:
  void drop() {
    if (carrier_) std::exchange(carrier_, nullptr)->detach();
  }

  std::shared_ptr<peer::Carrier> carrier_;  // shared with its own coroutines
  inner::ClientEnd* end_ = nullptr;
};

// Seals what the approach has reached, and waits until the agent has shown itself: the
// end is no longer connecting then. Throws what the carrier died of, inner::IdentityChanged
// among it, or that it took longer than `limit`.
asio::awaitable<Sealed> seal(Approach made, inner::ClientEnd::Whom whom,
                             inner::ClientEnd::Self self, std::chrono::seconds limit);

// Waits while the end is in this phase, for at most so long. Throws what the carrier died of.
asio::awaitable<void> while_in(std::shared_ptr<peer::Carrier> carrier, const inner::ClientEnd& end,
                               inner::ClientEnd::Phase phase, std::chrono::seconds limit);

}  // namespace tasuki::client
