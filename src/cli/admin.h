// What the commands of "tasuki admin" share.
#pragma once

#include "cli/command.h"
#include "control/names.h"
#include "store/store.h"

#include <filesystem>

namespace tasuki::cli {

struct AdminChoice {
  std::filesystem::path state;  // empty: the default
  bool json = false;

  std::filesystem::path directory() const;
};
using AdminChoicePtr = std::shared_ptr<AdminChoice>;

// Throws Trouble when there is no gateway.
std::unique_ptr<store::Store> open_store(const AdminChoice& asked);

// An option or operand that names a gateway key.
Option label_option(std::string name, control::KeyLabel& into, Words about);

// tasuki admin key add, list, revoke.
Command admin_key_command(const AdminChoicePtr& asked);

}  // namespace tasuki::cli
