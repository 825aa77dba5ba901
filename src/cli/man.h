// Manual pages, made from the commands and the tables of configuration fields.
#pragma once

#include "cli/command.h"

#include <filesystem>

namespace tasuki::cli {

struct ManPage {
  std::filesystem::path file;  // "man1/tasuki-connect.1", "ja/man1/tasuki-connect.1"
  std::string text;            // roff
};

// tasuki(1), a page for each command of its own, and one for each configuration file.
std::vector<ManPage> man_pages(const Command& program, Language language);

}  // namespace tasuki::cli
