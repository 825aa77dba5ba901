// The rows of outcome.cc that speak of the network, the gateway and the session.
#pragma once

#include "cli/outcome.h"
#include "control/peer_admission.h"
#include "inner/seal.h"
#include "net/reach.h"
#include "peer/live_session.h"
#include "wire/codec.h"

#include <system_error>

namespace tasuki::cli {

Outcome not_reached(const net::ReachError& error, const Circumstances& about);
Outcome refused_by_gateway(const control::RefusedByGateway& error, const Circumstances& about);
// The reason that an agent gives for not being registered: a refusal's name, or what the
// network says.
Words registration_trouble(const std::string& trouble, const Circumstances& about);
Outcome session_closed(const peer::SessionClosed& error, const Circumstances& about);
Outcome seal_broken(const inner::SealError& error, const Circumstances& about);
Outcome makes_no_sense(const wire::ProtocolError& error, const Circumstances& about);
Outcome connection_broke(const std::system_error& error, const Circumstances& about);
Outcome connection_broke(const boost::system::system_error& error, const Circumstances& about);

}  // namespace tasuki::cli
