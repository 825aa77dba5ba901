// client.toml: a person's preferences, in the client's home. The profiles beside it
// are in client/profiles.h. Defaults here are the ones that hold.
#pragma once

#include "config/files.h"
#include "config/proxy_settings.h"
#include "config/table.h"
#include "control/names.h"
#include "net/address.h"

namespace tasuki::client {

struct Viewers {
  std::string vnc;  // a program's name or path; empty: the one that is found
  std::string rdp;
};

// Ways that need no gateway.
struct Direct {
  bool discover = true;  // asks the LAN for the computer, by multicast DNS
};

// What is known of one computer.
struct Computer {
  std::vector<net::Address> direct;  // where its agent may be found without a gateway
};

struct ClientConfig {
  std::string profile;  // the one that is meant when none is named; empty: the only one there is
  config::ProxySettings proxy;
  Viewers viewer;
  Direct direct;
  std::map<std::string, Computer> computers;  // by Computer ID, in whatever case

  // The addresses that are known of this one.
  std::vector<net::Address> direct_addresses(const control::ComputerId& computer) const;
};

config::Table<ClientConfig> config_table();

// Reads the file; relative paths in it are taken from its own directory.
config::Loaded<ClientConfig> load_config(const std::filesystem::path& file);

// The same for HOME/client.toml, which need not exist.
config::Loaded<ClientConfig> load_home_config(const std::filesystem::path& home);

// TASUKI_HOME, else XDG_CONFIG_HOME/tasuki, else ~/.config/tasuki. Throws
// config::FileError when the environment names none of them.
std::filesystem::path home_directory();

}  // namespace tasuki::client
