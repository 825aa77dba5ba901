#include "control/messages.h"

namespace tasuki::control {

std::string_view name(Refusal refusal) {
  switch (refusal) {
    case Refusal::version: return "version";
    case Refusal::gateway_key: return "gateway_key";
    case Refusal::unavailable: return "unavailable";
    case Refusal::id_taken: return "id_taken";
    case Refusal::bad_proof: return "bad_proof";
    case Refusal::busy: return "busy";
    case Refusal::revoked: return "revoked";
    case Refusal::replaced: return "replaced";
    case Refusal::ended: return "ended";
  }
  return "?";
}

}  // namespace tasuki::control
