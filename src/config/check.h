// `tasuki check FILE`: whose configuration is it, and what is wrong with it?
#pragma once

#include "config/table.h"

#include <span>

namespace tasuki::config {

struct Findings {
  std::string role;               // "gateway"; empty: the file does not say
  std::vector<Mistake> mistakes;  // in the file's order
  std::vector<Mistake> warnings;
};

// One kind of file that there is, and who checks it.
struct Kind {
  std::string role;
  std::function<Findings(const std::filesystem::path& file)> check;
};

template <typename T>
Kind kind(std::string role, Loaded<T> (*load)(const std::filesystem::path&)) {
  return {role, [role, load](const std::filesystem::path& file) {
            Loaded<T> loaded = load(file);
            return Findings{role, std::move(loaded.mistakes), std::move(loaded.warnings)};
          }};
}

// The command line knows all kinds:
//   check_file(file, {{kind("gateway", gateway::load_config), kind("agent", agent::load_config),
//   …}})
// A file without a role, or with an unknown one, is a mistake whose text names the cure.
Findings check_file(const std::filesystem::path& file, std::span<const Kind> kinds);

}  // namespace tasuki::config
