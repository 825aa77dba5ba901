// What people may know of a session that lives: its way, its channels, how it has fared.
#pragma once

#include "peer/live_session.h"

#include <nlohmann/json_fwd.hpp>

namespace tasuki::peer {

// {"way":"gw.example.com:443","lost":false,"round_trip_us":812,"resumes":1,"memory":0,
//  "bytes_sent":…,"bytes_received":…,"channels":[{"channel":1,"target":"desktop",
//  "priority":"interactive","open":true,"sent":…,"received":…,"may_send":…,
//  "may_receive":…,"queued":0}]}
// Bytes throughout; round_trip_us is 0 until it is known.
nlohmann::json describe(const LiveSession& session);

}  // namespace tasuki::peer
