// What an agent is called on its LAN (PROTOCOL.md, "Direct"): a name that tells nothing to
// whoever does not hold the profile, and is the same each time for those who do.
#pragma once

#include "config/profile.h"

namespace tasuki::peer {

// 26 characters of [a-z2-7]. Takes the time of one Argon2id when the gateway key was
// chosen by a person.
std::string lan_name(const config::Profile& profile, const control::ComputerId& computer);

}  // namespace tasuki::peer
