#include "control/gateway_key.h"

namespace tasuki::control {

bool is_made_key(std::string_view key) {
  constexpr std::string_view form = "tk-aaaaa-aaaaa-aaaaa-aaaaa-aaaaaa";
  if (key.size() != form.size() || !key.starts_with("tk-")) return false;
  for (std::size_t i = 3; i < form.size(); ++i) {
    const bool base32 = (key[i] >= 'a' && key[i] <= 'z') || (key[i] >= '2' && key[i] <= '7');
    if (form[i] == '-' ? key[i] != '-' : !base32) return false;
  }
  return true;
}

}  // namespace tasuki::control
