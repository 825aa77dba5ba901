#include "cli/catalogue.h"

namespace tasuki::cli {
namespace {

#define SAY(name, en, ja) {#name, say::name},
constexpr Named messages[] = {
#include "cli/catalogue_network.inc"
#include "cli/catalogue_results.inc"
#include "cli/catalogue_trouble.inc"
};
constexpr Named troubles[] = {
#include "cli/catalogue_network.inc"
#include "cli/catalogue_trouble.inc"
};
#undef SAY

}  // namespace

std::span<const Named> all_messages() {
  return messages;
}
std::span<const Named> trouble_messages() {
  return troubles;
}

}  // namespace tasuki::cli
