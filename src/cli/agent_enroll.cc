#include "cli/agent_enroll.h"

#include "agent/agent.h"
#include "cli/catalogue.h"
#include "cli/client_side.h"
#include "cli/outcome.h"
#include "cli/password.h"
#include "cli/profile_source.h"
#include "config/files.h"

namespace tasuki::cli {
namespace {

namespace fs = std::filesystem;

asio::awaitable<Exit> register_once(const agent::Identity& identity,
                                    const agent::AgentConfig& config,
                                    std::shared_ptr<Progress> progress) {
  progress->step(fill(say::step_register));
  co_await agent::try_registration(identity, config);
  co_return Exit::done;
}

// Percent-encoded as Proxy::parse wants it.
std::string url_user(const std::string& user) {
  std::string out;
  for (const unsigned char c : user) {
    const bool plain = std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '~';
    constexpr std::string_view hex = "0123456789ABCDEF";
    if (plain)
      out += char(c);
    else
      (out += '%') += {hex[c >> 4], hex[c & 15]};
  }
  return out;
}

// An agent runs without a person: what was asked for is kept beside its configuration,
// which was made a moment ago and holds nothing but defaults.
void keep_proxy(const fs::path& state, const config::ProxySettings& settings, Language language) {
  agent::AgentConfig config;
  config.proxy = settings;
  if (!config.proxy.password_file.empty()) config.proxy.password_file = "proxy-password";
  config::write_file(state / "agent.toml", as_bytes(agent::config_table().print(config, language)),
                     config::Mode::shared);
}

// Registers; asks for the proxy's password if the proxy wants one.
void try_registration(Console& console, const agent::Identity& identity, const Enrolment& asked) {
  agent::AgentConfig config = agent::load_config(asked.state / "agent.toml").value;
  config.state = asked.state;
  config.proxy.url = asked.proxy;
  ProxyLogin login;
  for (unsigned questions = 0;;) {
    try {
      conduct([&](asio::io_context& loop) {
        return register_once(identity, config, std::make_shared<Progress>(loop, console));
      });
      break;
    } catch (const net::ReachError& error) {
      const net::Proxy proxy =
          config::choose_proxy({}, config.proxy, identity.profile.gateways.front());
      if (!ask_proxy_login(console, proxy, error.cause, login, questions)) throw;
      const std::string kind = proxy.kind == net::Proxy::Kind::socks5 ? "socks5://" : "http://";
      config.proxy.url = kind + url_user(login.user) + "@" + proxy.address.text();
      config.proxy.password_file = asked.state / "proxy-password";
      config::write_file(config.proxy.password_file, login.password->bytes());
    }
  }
  if (config.proxy.url.empty()) return;
  keep_proxy(asked.state, config.proxy, console.language());
  console.note(fill(say::proxy_login_kept, {place("file", (asked.state / "agent.toml").string())}));
}

void undo(const fs::path& state) {
  std::error_code ignored;
  fs::remove(state / "proxy-password", ignored);
  agent::forget(state);
}

// The network may be better tomorrow; what the gateway refuses it will refuse again.
bool worth_keeping(std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const control::RefusedByGateway& refused) {
    return refused.reason == control::Refusal::busy;
  } catch (const Interrupted&) {
    return false;
  } catch (...) {
    return true;
  }
}

}  // namespace

Exit enroll(const Enrolment& asked, Console& console) {
  console.about.at_agent = true;
  console.about.computer = asked.computer.text();
  const ProfileText given = read_profile(asked.profile);
  // Before the person types a password twice for nothing.
  if (fs::exists(asked.state / "identity.key"))
    throw Trouble(Exit::configuration,
                  fill(say::file_exists, {place("file", asked.state.string())}));
  const auto strength = asked.weak_password ? config::Strength::waived : config::Strength::required;
  const crypto::Secret password =
      new_password(console, asked.password_fd, asked.computer.text(), [&](const crypto::Secret& p) {
        return config::access_password_fault(p, given.profile.gateway_key, strength);
      });
  const agent::Identity identity = agent::enroll(asked.state, given.text, asked.computer, password,
                                                 strength, console.language());

  const std::string custom =
      asked.state == agent::default_state() ? "" : " --state " + asked.state.string();
  const Filling run = place("run", "tasuki agent run" + custom);
  const Filling config = place("config", (asked.state / "agent.toml").string());
  std::exception_ptr failure;
  try {
    try_registration(console, identity, asked);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure && !worth_keeping(failure)) {
    undo(asked.state);
    const Outcome outcome = explain(failure, console.about);
    if (outcome.exit == Exit::interrupted) std::rethrow_exception(failure);
    throw Trouble(outcome.exit, fill(say::enrolment_undone, {{"why", outcome.words}}));
  }
  if (failure) {
    if (!asked.proxy.empty()) keep_proxy(asked.state, {asked.proxy, {}}, console.language());
    const Outcome outcome = explain(failure, console.about);
    throw Trouble(outcome.exit,
                  fill(say::enrolled_but_not_reached, {{"why", outcome.words}, run, config}));
  }
  console.say(fill(say::agent_made, {place("computer", asked.computer.text()),
                                     place("realm", identity.profile.realm)}));
  console.say(fill(say::agent_made_id, {place("agent", identity.id().text())}));
  console.say(fill(say::agent_made_config, {place("file", (asked.state / "agent.toml").string())}));
  console.say(fill(say::next_step, {place("command", "tasuki agent run" + custom)}));
  return Exit::done;
}

}  // namespace tasuki::cli
