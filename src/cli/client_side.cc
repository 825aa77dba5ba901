#include "cli/client_side.h"

#include "cli/catalogue.h"
#include "cli/outcome.h"
#include "cli/password.h"
#include "cli/session_view.h"
#include "cli/times.h"
#include "client/presence.h"
#include "client/profiles.h"
#include "net/linux/asleep.h"
#include "peer/facts.h"

#include <unistd.h>
#include <nlohmann/json.hpp>

namespace tasuki::cli {
namespace {

constexpr unsigned most_proxy_questions = 3;

// A shorter sleep of this machine explains nothing.
constexpr std::chrono::seconds worth_telling{5};

// Between attempts to open a session in the place of one that was lost.
constexpr std::chrono::seconds reopen_pause{5};

// The session is over though nobody wanted that: a new one may take its place.
bool is_loss(std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const peer::SessionLost&) {
    return true;
  } catch (const client::Denied& denied) {
    return denied.reason == inner::Denial::no_session;
  } catch (...) {
    return false;
  }
}

// There is no way to the computer now; there may be one in a moment.
bool is_absence(std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const net::ReachError&) {
    return true;
  } catch (const control::RefusedByGateway& refused) {
    return refused.reason == control::Refusal::unavailable ||
           refused.reason == control::Refusal::busy;
  } catch (...) {
    return false;
  }
}

asio::awaitable<Exit> wait_a_little(asio::io_context& loop) {
  asio::steady_timer timer(loop, reopen_pause);
  co_await timer.async_wait(asio::use_awaitable);
  co_return Exit::done;
}

// Asks for the access password: from the descriptor once, or from the person.
client::AskPassword password_source(Console& console, Progress& progress,
                                    const SessionChoice& choice,
                                    std::shared_ptr<crypto::Secret> given) {
  return [&console, &progress, choice, given](bool again) -> std::optional<crypto::Secret> {
    progress.over();
    if (choice.password_fd) {
      if (again) return std::nullopt;
      return given->copy();
    }
    const Message& question = again ? say::ask_password_again : say::ask_password;
    auto typed = ask_secret(console, fill(question, {place("computer", choice.computer.text()),
                                                     place("user", choice.user)}));
    if (!typed) throw Trouble(Exit::password, fill(say::password_not_given));
    progress.step(fill(say::step_password));
    return typed;
  };
}

net::Proxy proxy_to(const net::Address& to, const std::string& command_line,
                    const config::ProxySettings& settings) {
  try {
    return config::choose_proxy(command_line, settings, to);
  } catch (const std::invalid_argument& error) {
    throw Trouble(Exit::configuration, fill(say::bad_proxy, {place("detail", error.what())}));
  }
}

Words step_words(std::string_view step, const std::string& computer, const std::string& target) {
  if (step == "gateway") return fill(say::step_gateway);
  if (step == "agent") return fill(say::step_agent, {place("computer", computer)});
  if (step == "open") return fill(say::step_open, {place("target", target)});
  return fill(say::step_password);
}

// What `tasuki status` shows of us; the session must outlive it.
std::unique_ptr<client::Presence> be_present(asio::io_context& loop, Console& console,
                                             const SessionChoice& choice, const SessionView& view,
                                             client::ClientSession& session) {
  const std::int64_t since = unix_now();
  const auto describe = [=, &session] {
    nlohmann::json facts = peer::describe(session.live());
    facts.update({{"computer", choice.computer.text()},
                  {"user", choice.user},
                  {"agent", session.agent().text()},
                  {"command", view.command},
                  {"pid", ::getpid()},
                  {"since", since}});
    if (view.more) facts.update(view.more());
    return facts;
  };
  try {
    return std::make_unique<client::Presence>(loop, describe);
  } catch (const std::system_error& error) {
    console.warn(fill(say::not_in_status, {place("detail", error.code().message())}));
    return nullptr;
  }
}

asio::awaitable<Exit> open_and_use(asio::io_context& loop, std::shared_ptr<const peer::Door> door,
                                   Console& console, const SessionChoice& choice,
                                   client::Reach reach, std::shared_ptr<Progress> progress,
                                   const SessionView& view, const SessionWork& use) {
  client::Pins pins(client::home_directory());
  const std::string computer = reach.computer.text();
  reach.progress = [&, computer](std::string_view step) {
    if (step != "gateway" && step != "agent") console.about.in_session = true;
    progress->step(step_words(step, computer, console.about.target));
  };
  reach.on_line = [&console, &view, computer,
                   slept = net::time_asleep()](const peer::LineNews& news) mutable {
    const auto before = std::exchange(slept, net::time_asleep());
    if (slept - before >= worth_telling)
      console.note(fill(say::was_asleep, {place("time", span_text(slept - before))}));
    tell(console, computer, news);
    if (view.on_line) view.on_line(news);
  };
  std::unique_ptr<client::ClientSession> session =
      co_await client::ClientSession::open(door, pins, std::move(reach));
  progress->over();
  if (session->first_contact())
    console.note(fill(say::first_contact,
                      {place("computer", computer), place("agent", session->agent().text())}));
  const auto presence = be_present(loop, console, choice, view, *session);
  Exit exit = Exit::done;
  std::exception_ptr failure;
  try {
    exit = co_await use(*session);
  } catch (...) {
    failure = std::current_exception();
  }
  // Whoever cancelled us still wants the other side to hear that it was on purpose.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (!session->live().over()) co_await session->live().close(inner::CloseReason::done);
  if (failure) std::rethrow_exception(failure);
  co_return exit;
}

}  // namespace

void judge(Console& console, const std::filesystem::path& file,
           const std::vector<config::Mistake>& mistakes,
           const std::vector<config::Mistake>& warnings) {
  for (const config::Mistake& each : warnings)
    console.warn({each.text(Language::english), each.text(Language::japanese)});
  for (const config::Mistake& each : mistakes)
    console.note({each.text(Language::english), each.text(Language::japanese)});
  if (!mistakes.empty())
    throw Trouble(Exit::configuration, fill(say::mistakes_found, {place("file", file.string())}));
}

client::ClientConfig read_home_config(Console& console, const std::filesystem::path& home) {
  auto loaded = client::load_home_config(home);
  judge(console, home / "client.toml", loaded.mistakes, loaded.warnings);
  return std::move(loaded.value);
}

bool ask_proxy_login(Console& console, const net::Proxy& proxy, net::ReachError::Cause cause,
                     ProxyLogin& login, unsigned& asked) {
  using Cause = net::ReachError::Cause;
  if (cause != Cause::proxy_needs_password && cause != Cause::proxy_wrong_password) return false;
  if (!console.terminals().in || !console.terminals().err || asked++ == most_proxy_questions)
    return false;
  const std::string where = proxy.address.text();
  std::string user = login.user.empty() ? proxy.user : login.user;
  // A wrong answer may be in either; the user's name is asked for again as well.
  if (user.empty() || asked > 1) {
    const auto typed = ask_line(console, fill(say::ask_proxy_user, {place("proxy", where)}));
    if (!typed || typed->empty()) return false;
    user = *typed;
  }
  auto password = ask_secret(
      console, fill(say::ask_proxy_password, {place("user", user), place("proxy", where)}));
  if (!password) return false;
  login.user = user;
  login.password = std::move(*password);
  return true;
}

Exit with_gateway(Console& console, const GatewayChoice& choice, const client::ClientConfig& config,
                  const GatewayWork& work) {
  const client::Profiles profiles(client::home_directory());
  if (profiles.list().size() > 1) console.about.profile = choice.profile;

  ProxyLogin login;
  net::Proxy used;
  for (unsigned asked = 0;;) {
    const auto door =
        std::make_shared<peer::Door>(profiles.find(choice.profile, config.profile), software);
    door->proxy_for = [&](const net::Address& to) {
      used = proxy_to(to, choice.proxy, config.proxy);
      if (login.password) {
        used.user = login.user;
        used.password = std::string(as_text(login.password->bytes()));
      }
      return used;
    };
    try {
      return conduct([&](asio::io_context& loop) { return work(loop, door); });
    } catch (const net::ReachError& error) {
      if (!ask_proxy_login(console, used, error.cause, login, asked)) throw;
    }
  }
}

Exit with_session(Console& console, const GatewayChoice& gateway, const SessionChoice& choice,
                  const SessionView& view, const SessionWork& use) {
  console.about.computer = choice.computer.text();
  const client::ClientConfig config = read_home_config(console, client::home_directory());
  // Before anybody is called: a mistake in this is found at once.
  std::shared_ptr<crypto::Secret> given;
  if (choice.password_fd)
    given =
        std::make_shared<crypto::Secret>(read_secret_line(*choice.password_fd, "--password-fd"));
  else if (!console.terminals().in)
    throw Trouble(Exit::usage, fill(say::no_terminal_for_password));

  const GatewayWork work = [&](asio::io_context& loop, std::shared_ptr<const peer::Door> door) {
    const auto progress = std::make_shared<Progress>(loop, console);
    client::Reach reach;
    reach.computer = choice.computer;
    reach.user = choice.user;
    reach.direct = choice.direct;
    const auto known = config.direct_addresses(choice.computer);
    reach.direct.insert(reach.direct.end(), known.begin(), known.end());
    reach.discover = config.direct.discover;
    reach.ask_password = password_source(console, *progress, choice, given);
    return open_and_use(loop, door, console, choice, std::move(reach), progress, view, use);
  };
  for (bool reopening = false;;) {
    std::exception_ptr failure;
    try {
      return with_gateway(console, gateway, config, work);
    } catch (...) {
      failure = std::current_exception();
    }
    // Where nobody sits, whoever started us has to know, and may start us again.
    const bool lost = view.reopens && console.terminals().in && is_loss(failure);
    if (!lost && !(reopening && is_absence(failure))) std::rethrow_exception(failure);
    if (lost) {
      console.warn(explain(failure, console.about).words);
      console.note(fill(say::reopening, {place("computer", choice.computer.text())}));
    }
    reopening = true;
    console.about.in_session = false;
    if (!lost) conduct(wait_a_little);
  }
}

}  // namespace tasuki::cli
