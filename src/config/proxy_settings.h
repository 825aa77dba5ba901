// The [proxy] section: how client and agent get out of their network.
#pragma once

#include "config/files.h"
#include "config/table.h"
#include "crypto/secret.h"
#include "net/reach.h"

#include <optional>

namespace tasuki::config {

struct ProxySettings {
  std::string url;                      // well formed; empty: the environment decides
  std::filesystem::path password_file;  // its first line; empty: none
};

Table<ProxySettings> proxy_table();

// Secrets of the section that others can read: in password_file (absolute by now),
// or in the URL and so in the configuration file itself.
std::vector<Mistake> proxy_warnings(const ProxySettings& settings,
                                    const std::filesystem::path& config_file);

// The proxy towards a gateway: what the person said on the command line (empty:
// nothing), else the configuration, else the environment. A password comes from the
// URL itself, else from password_file, else from TASUKI_PROXY_PASSWORD. Throws
// FileError when password_file cannot be read, std::invalid_argument when the URL is
// not one.
net::Proxy choose_proxy(const std::string& command_line_url, const ProxySettings& settings,
                        const net::Address& to);

}  // namespace tasuki::config
