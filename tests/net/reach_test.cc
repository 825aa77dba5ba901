#include "net/reach.h"

#include "net/answer.h"
#include "net/race.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <cstdlib>
#include <list>
#include <map>
#include <thread>

namespace tasuki::net {

void PrintTo(const ReachError::Cause& cause, std::ostream* out) {
  *out << int(cause);
}

namespace {
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Cause = ReachError::Cause;

// ---- the proxy, as people write it ----

std::string reason_against(std::string_view url) {
  try {
    Proxy::parse(url);
    return "none";
  } catch (const std::invalid_argument& reason) {
    return reason.what();
  }
}

TEST(Proxy, IsReadFromAUrl) {
  const Proxy proxy = Proxy::parse("http://proxy.corp:3128");
  EXPECT_EQ(proxy.kind, Proxy::Kind::http);
  EXPECT_EQ(proxy.address, (Address{"proxy.corp", 3128}));
  EXPECT_EQ(proxy.user, "");
  EXPECT_EQ(proxy.password, "");
}

TEST(Proxy, MayBeOfEitherKindOrNone) {
  EXPECT_EQ(Proxy::parse("none").kind, Proxy::Kind::none);
  EXPECT_EQ(Proxy::parse("socks5://s:1080").kind, Proxy::Kind::socks5);
  EXPECT_EQ(Proxy::parse("SOCKS5H://s:1080").kind, Proxy::Kind::socks5);
  EXPECT_EQ(Proxy::parse("proxy:3128").kind, Proxy::Kind::http);
  EXPECT_EQ(Proxy::parse("http://[::1]:3128/").address, (Address{"::1", 3128}));
}

TEST(Proxy, TakesUserAndPasswordPercentDecoded) {
  const Proxy proxy = Proxy::parse("http://al%40ice:p%3Aa%40s%2fs%25@proxy:3128");
  EXPECT_EQ(proxy.user, "al@ice");
  EXPECT_EQ(proxy.password, "p:a@s/s%");
  EXPECT_EQ(Proxy::parse("http://%E5%A4%AA%E9%83%8E:%e7%a7%98@proxy:1").user, "太郎");
  EXPECT_EQ(Proxy::parse("http://太郎:秘密@proxy:1").password, "秘密");
}

TEST(Proxy, TakesColonsAndAtSignsInAPasswordAsTheyAre) {
  const Proxy proxy = Proxy::parse("socks5://alice:a:b@c@proxy:1080");
  EXPECT_EQ(proxy.user, "alice");
  EXPECT_EQ(proxy.password, "a:b@c");
  EXPECT_EQ(proxy.address, (Address{"proxy", 1080}));
}

TEST(Proxy, MayHaveAUserWithoutAPassword) {
  EXPECT_EQ(Proxy::parse("http://alice@proxy:1").user, "alice");
  EXPECT_EQ(Proxy::parse("http://alice:@proxy:1").password, "");
}

TEST(Proxy, SaysWhatIsWrongWithAUrl) {
  EXPECT_NE(reason_against("https://proxy:443").find("not supported"), std::string::npos);
  EXPECT_NE(reason_against("socks4://proxy:1080").find("not supported"), std::string::npos);
  EXPECT_NE(reason_against("http://proxy").find("port is missing"), std::string::npos);
  EXPECT_NE(reason_against("http://").find("host is missing"), std::string::npos);
  EXPECT_NE(reason_against("").find("host is missing"), std::string::npos);
  EXPECT_NE(reason_against("http://proxy:x").find("host or port is wrong"), std::string::npos);
  EXPECT_NE(reason_against("http://proxy:3128/path").find("wrong"), std::string::npos);
  EXPECT_NE(reason_against("http://:secret@proxy:3128").find("user is missing"), std::string::npos);
  EXPECT_NE(reason_against("http://a:50%@proxy:3128").find("%25"), std::string::npos);
  EXPECT_NE(reason_against("http://a:%4@proxy:3128").find("%25"), std::string::npos);
  EXPECT_NE(reason_against("http://a:%-1@proxy:3128").find("%25"), std::string::npos);
}

TEST(Proxy, RefusesALineBreakInAUser) {
  EXPECT_NE(reason_against("http://a%0d%0aX:b@proxy:1").find("control"), std::string::npos);
  EXPECT_NE(reason_against("http://a:b%00@proxy:1").find("control"), std::string::npos);
}

TEST(Proxy, RefusesASocksPasswordThatTheProtocolCannotCarry) {
  const std::string longest(255, 'x');
  EXPECT_EQ(reason_against("socks5://a:" + longest + "@proxy:1"), "none");
  EXPECT_NE(reason_against("socks5://a:" + longest + "x@proxy:1"), "none");
  EXPECT_EQ(reason_against("http://a:" + longest + "x@proxy:1"), "none");
}

TEST(Proxy, NeverShowsThePassword) {
  const Proxy proxy = Proxy::parse("http://al%40ice:secret@proxy:3128");
  EXPECT_EQ(proxy.text(), "http://al%40ice@proxy:3128");
  EXPECT_EQ(Proxy::parse("socks5://[::1]:1080").text(), "socks5://[::1]:1080");
  EXPECT_EQ(Proxy{}.text(), "none");
  for (const auto* url :
       {"https://a:secret@proxy:1", "http://a:secret@proxy", "http://a:secret%@p:1",
        "http://a:secret@:1", "http://:secret@p:1", "a:secret"})
    EXPECT_EQ(reason_against(url).find("secret"), std::string::npos) << url;
}

// ---- the proxy, as the environment has it ----

// The variables we look at, put back at the end.
class Environment {
public:
  Environment(std::initializer_list<std::pair<const char*, const char*>> values) {
    for (const auto* name : names) {
      if (const char* value = std::getenv(name)) before_[name] = value;
      unsetenv(name);
    }
    for (const auto& [name, value] : values) setenv(name, value, 1);
  }
  ~Environment() {
    for (const auto* name : names) unsetenv(name);
    for (const auto& [name, value] : before_) setenv(name.c_str(), value.c_str(), 1);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

private:
  static constexpr std::array names = {"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy",
                                       "ALL_PROXY",   "all_proxy",   "NO_PROXY",   "no_proxy"};
  std::map<std::string, std::string> before_;
};

std::string proxy_for(const std::string& host) {
  return Proxy::from_environment(Address{host, 443}).text();
}

TEST(ProxyEnvironment, NamesNoProxyWhenItIsEmpty) {
  const Environment empty{};
  EXPECT_EQ(proxy_for("gw.example"), "none");
  const Environment blank{{"HTTPS_PROXY", ""}, {"all_proxy", ""}};
  EXPECT_EQ(proxy_for("gw.example"), "none");
}

TEST(ProxyEnvironment, PrefersTheVariableForHttps) {
  const Environment environment{{"HTTPS_PROXY", "http://a:1"},
                                {"https_proxy", "http://b:1"},
                                {"ALL_PROXY", "http://c:1"},
                                {"all_proxy", "http://d:1"}};
  EXPECT_EQ(proxy_for("gw.example"), "http://a:1");
  unsetenv("HTTPS_PROXY");
  EXPECT_EQ(proxy_for("gw.example"), "http://b:1");
  setenv("https_proxy", "", 1);
  EXPECT_EQ(proxy_for("gw.example"), "http://c:1");
  unsetenv("ALL_PROXY");
  EXPECT_EQ(proxy_for("gw.example"), "http://d:1");
}

TEST(ProxyEnvironment, IsNotAskedAboutPlainHttp) {
  const Environment environment{{"HTTP_PROXY", "http://a:1"}, {"http_proxy", "http://b:1"}};
  EXPECT_EQ(proxy_for("gw.example"), "none");
}

TEST(ProxyEnvironment, ExemptsAHostAndAllBelowIt) {
  const Environment environment{{"HTTPS_PROXY", "http://a:1"},
                                {"NO_PROXY", "localhost, .corp.example,Lab.Example. other"}};
  EXPECT_EQ(proxy_for("localhost"), "none");
  EXPECT_EQ(proxy_for("corp.example"), "none");
  EXPECT_EQ(proxy_for("gw.corp.example"), "none");
  EXPECT_EQ(proxy_for("gw.lab.example"), "none");
  EXPECT_EQ(proxy_for("other"), "none");
  EXPECT_EQ(proxy_for("evilcorp.example"), "http://a:1");
  EXPECT_EQ(proxy_for("corp.example.com"), "http://a:1");
  EXPECT_EQ(proxy_for("example"), "http://a:1");
}

TEST(ProxyEnvironment, ExemptsAnAddressByItselfOnly) {
  const Environment environment{{"HTTPS_PROXY", "http://a:1"},
                                {"no_proxy", "10.0.0.1,[2001:DB8::0:7],2.3.4,::1"}};
  EXPECT_EQ(proxy_for("10.0.0.1"), "none");
  EXPECT_EQ(proxy_for("2001:db8::7"), "none");
  EXPECT_EQ(proxy_for("::1"), "none");
  EXPECT_EQ(proxy_for("110.0.0.1"), "http://a:1");
  EXPECT_EQ(proxy_for("1.2.3.4"), "http://a:1");
}

TEST(ProxyEnvironment, ExemptsEverythingByAStar) {
  const Environment environment{{"HTTPS_PROXY", "http://a:1"}, {"NO_PROXY", "*"}};
  EXPECT_EQ(proxy_for("gw.example"), "none");
  EXPECT_EQ(proxy_for("10.0.0.1"), "none");
}

TEST(ProxyEnvironment, IsNamedWhenItIsWrong) {
  const Environment environment{{"ALL_PROXY", "socks4://alice:secret@a:1"}};
  try {
    proxy_for("gw.example");
    FAIL();
  } catch (const std::invalid_argument& reason) {
    EXPECT_EQ(std::string(reason.what()).substr(0, 11), "ALL_PROXY: ");
    EXPECT_EQ(std::string(reason.what()).find("secret"), std::string::npos);
  }
}

// ---- reaching ----

tcp::endpoint at(const char* ip, std::uint16_t port = 0) {
  return {asio::ip::make_address(ip), port};
}

// Listens on loopback and leaves the rest to the kernel, which accepts.
struct Listener {
  explicit Listener(const char* ip = "127.0.0.1", int backlog = 8) : acceptor(io) {
    acceptor.open(at(ip).protocol());
    acceptor.bind(at(ip));
    acceptor.listen(backlog);
    endpoint = acceptor.local_endpoint();
  }
  Address address() const { return {endpoint.address().to_string(), endpoint.port()}; }

  asio::io_context io;
  tcp::acceptor acceptor;
  tcp::endpoint endpoint;
};

// An address at which nobody answers, not even with a refusal: its queue is full.
struct DeadEnd : Listener {
  explicit DeadEnd(const char* ip = "127.0.0.1") : Listener(ip, 0) {
    for (int i = 0; i < 4; ++i) {
      queued.emplace_back(io).async_connect(endpoint, [](ErrorCode) {});
    }
  }
  std::list<tcp::socket> queued;
};

Address nobody_at(const char* ip) {
  const Listener gone(ip);
  return gone.address();
}

template <typename T>
T run(asio::awaitable<T> story) {
  asio::io_context io;
  T result;
  std::exception_ptr failure;
  asio::co_spawn(io, std::move(story), [&](std::exception_ptr error, T value) {
    failure = error;
    result = value;
  });
  io.run();
  if (failure) std::rethrow_exception(failure);
  return result;
}

struct Seen {  // of a socket, before its loop ends
  tcp::endpoint peer;
  bool no_delay = false;
  bool close_on_exec = false;
};

Seen look_at(const tcp::socket& socket) {
  tcp::no_delay no_delay;
  socket.get_option(no_delay);
  const int fd = const_cast<tcp::socket&>(socket).native_handle();
  return {socket.remote_endpoint(), no_delay.value(), (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0};
}

asio::awaitable<Seen> try_reach(Address to, Proxy proxy, Clock::duration limit) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(limit);
  tcp::socket socket = co_await reach(to, proxy, milliseconds);
  co_return look_at(socket);
}

Seen reached(const Address& to, Clock::duration limit = 5s) {
  return run(try_reach(to, {}, limit));
}

ReachError failure_to_reach(const Address& to, const Proxy& proxy = {},
                            Clock::duration limit = 5s) {
  try {
    run(try_reach(to, proxy, limit));
  } catch (const ReachError& error) {
    return error;
  }
  throw std::logic_error("it was reached");
}

asio::awaitable<Seen> try_race(std::vector<tcp::endpoint> endpoints, Clock::duration limit) {
  tcp::socket socket = co_await race(endpoints, Clock::now() + limit);
  co_return look_at(socket);
}

TEST(Reach, ConnectsToAnAddressOfEitherFamily) {
  const Listener ipv4("127.0.0.1"), ipv6("::1");
  EXPECT_EQ(reached(ipv4.address()).peer, ipv4.endpoint);
  EXPECT_EQ(reached(ipv6.address()).peer, ipv6.endpoint);
}

TEST(Reach, ConnectsToAName) {
  const Listener listener;
  EXPECT_EQ(reached({"localhost", listener.endpoint.port()}).peer.port(), listener.endpoint.port());
}

TEST(Reach, SendsWithoutDelayAndHidesTheSocketFromProgramsWeRun) {
  const Listener listener;
  const Seen socket = reached(listener.address());
  EXPECT_TRUE(socket.no_delay);
  EXPECT_TRUE(socket.close_on_exec);
}

TEST(Reach, TellsThatNobodyListens) {
  const Address nobody = nobody_at("127.0.0.1");
  const ReachError error = failure_to_reach(nobody);
  EXPECT_EQ(error.cause, Cause::refused);
  EXPECT_EQ(error.what(), nobody.text() + " refuses the connection");
}

TEST(Reach, TellsThatAHostDoesNotExist) {
  const ReachError error = failure_to_reach({"no..such..host", 443});
  EXPECT_EQ(error.cause, Cause::name_unknown);
  EXPECT_STREQ(error.what(), "no such host: no..such..host");
}

TEST(Reach, TellsThatThereIsNoRoute) {
  EXPECT_EQ(failure_to_reach({"fe80::1", 443}).cause, Cause::unreachable);  // of which link?
}

TEST(Reach, GivesUpAtItsLimit) {
  const DeadEnd dead_end;
  const auto start = Clock::now();
  const ReachError error = failure_to_reach(dead_end.address(), {}, 300ms);
  EXPECT_EQ(error.cause, Cause::timed_out);
  EXPECT_GE(Clock::now() - start, 300ms);
  EXPECT_LT(Clock::now() - start, 3s);
}

TEST(Race, TakesTheFamiliesInTurn) {
  const std::vector found = {at("2001:db8::1"), at("2001:db8::2"), at("2001:db8::3"),
                             at("192.0.2.1"), at("192.0.2.2")};
  const std::vector order = {at("2001:db8::1"), at("192.0.2.1"), at("2001:db8::2"), at("192.0.2.2"),
                             at("2001:db8::3")};
  EXPECT_EQ(alternate_families(found), order);
  EXPECT_EQ(alternate_families({at("192.0.2.1"), at("2001:db8::1")}).front(), at("192.0.2.1"));
  EXPECT_TRUE(alternate_families({}).empty());
}

TEST(Race, IsNotHeldUpByAnAddressThatDoesNotAnswer) {
  const DeadEnd ipv6("::1");
  const Listener ipv4;
  const auto start = Clock::now();
  EXPECT_EQ(run(try_race({ipv6.endpoint, ipv4.endpoint}, 5s)).peer, ipv4.endpoint);
  EXPECT_GE(Clock::now() - start, 250ms);
  EXPECT_LT(Clock::now() - start, 3s);
}

TEST(Race, GoesOnAtOnceWhenAnAddressRefuses) {
  const Address nobody = nobody_at("127.0.0.2");
  const Listener listener;
  const auto start = Clock::now();
  EXPECT_EQ(run(try_race({at("127.0.0.2", nobody.port), listener.endpoint}, 5s)).peer,
            listener.endpoint);
  EXPECT_LT(Clock::now() - start, 200ms);
}

TEST(Race, ReportsTheRefusalRatherThanTheMissingRoute) {
  const Address nobody = nobody_at("127.0.0.1");
  try {
    run(try_race({at("127.0.0.1", nobody.port), at("fe80::1", 443)}, 5s));
    FAIL();
  } catch (const boost::system::system_error& error) {
    EXPECT_EQ(error.code(), asio::error::connection_refused);
  }
}

TEST(ReachThroughAProxy, TellsThatTheProxyItselfIsNotThere) {
  Proxy proxy{Proxy::Kind::http, nobody_at("127.0.0.1"), "alice", "secret"};
  const ReachError http = failure_to_reach({"gw.example", 443}, proxy);
  EXPECT_EQ(http.cause, Cause::proxy_unreachable);
  EXPECT_EQ(http.what(), "cannot reach proxy " + proxy.text() + ": Connection refused");

  proxy.kind = Proxy::Kind::socks5;
  EXPECT_EQ(failure_to_reach({"gw.example", 443}, proxy).cause, Cause::proxy_unreachable);
}

TEST(ReachThroughAProxy, TellsThatTheProxysNameIsUnknown) {
  const Proxy proxy{Proxy::Kind::http, {"no..such..host", 3128}, "", ""};
  EXPECT_EQ(failure_to_reach({"gw.example", 443}, proxy).cause, Cause::proxy_unreachable);
}

TEST(ReachThroughAProxy, GivesUpOnAProxyThatDoesNotAnswerTheCall) {
  const DeadEnd dead_end;
  const Proxy proxy{Proxy::Kind::http, dead_end.address(), "", ""};
  const ReachError error = failure_to_reach({"gw.example", 443}, proxy, 300ms);
  EXPECT_EQ(error.cause, Cause::proxy_unreachable);
}

TEST(ReachThroughAProxy, GivesUpOnAProxyThatTakesTheCallAndSaysNothing) {
  const Listener silent;
  for (const auto kind : {Proxy::Kind::http, Proxy::Kind::socks5}) {
    const Proxy proxy{kind, silent.address(), "", ""};
    const ReachError error = failure_to_reach({"gw.example", 443}, proxy, 300ms);
    EXPECT_EQ(error.cause, Cause::timed_out);
  }
}

TEST(ReachThroughAProxy, DoesNotLookAtTheEnvironment) {
  const Listener silent;
  const Environment environment{{"NO_PROXY", "*"}, {"ALL_PROXY", "http://127.0.0.9:9"}};
  const Proxy proxy{Proxy::Kind::http, nobody_at("127.0.0.1"), "", ""};
  EXPECT_EQ(failure_to_reach(silent.address(), proxy).cause, Cause::proxy_unreachable);
}

// ---- leaving early ----

// Reaches, is cancelled soon after, and tells how it ended.
ErrorCode cancelled_while_reaching(const Address& to, const Proxy& proxy) {
  asio::io_context io;
  asio::cancellation_signal cancel;
  ErrorCode end;
  const auto ended = [&](std::exception_ptr error, Seen) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const boost::system::system_error& failure) {
      end = failure.code();
    }
  };
  asio::co_spawn(io, try_reach(to, proxy, 1h), asio::bind_cancellation_slot(cancel.slot(), ended));
  asio::steady_timer soon(io, 50ms);
  soon.async_wait([&](ErrorCode) { cancel.emit(asio::cancellation_type::terminal); });
  io.run();
  return end;
}

TEST(ReachCancelled, EndsAtOnce) {
  const DeadEnd dead_end;
  const Listener silent;
  const Proxy proxy{Proxy::Kind::http, silent.address(), "", ""};
  const auto start = Clock::now();
  EXPECT_EQ(cancelled_while_reaching(dead_end.address(), {}), asio::error::operation_aborted);
  EXPECT_EQ(cancelled_while_reaching({"gw.example", 443}, proxy), asio::error::operation_aborted);
  EXPECT_LT(Clock::now() - start, 1s);
}

TEST(ReachCancelled, MayLoseItsLoop) {
  const DeadEnd dead_end;
  const Listener silent;
  const auto start = Clock::now();
  {
    asio::io_context io;
    const Proxy http{Proxy::Kind::http, silent.address(), "", ""};
    const Proxy dead{Proxy::Kind::socks5, dead_end.address(), "", ""};
    asio::co_spawn(io, try_reach({"gw.example", 443}, http, 1h), asio::detached);
    asio::co_spawn(io, try_reach({"gw.example", 443}, dead, 1h), asio::detached);
    asio::co_spawn(io, try_reach(dead_end.address(), {}, 1h), asio::detached);
    io.run_for(50ms);
  }
  EXPECT_LT(Clock::now() - start, 1s);
}

asio::awaitable<int> receive_within(std::shared_ptr<Answer<int>> answer, Clock::duration limit) {
  const std::optional<int> got = co_await receive(answer, Clock::now() + limit);
  co_return got.value_or(-1);
}

TEST(Answer, ArrivesFromItsThread) {
  const auto answer = std::make_shared<Answer<int>>();
  std::thread slow([answer] {
    std::this_thread::sleep_for(20ms);
    answer->give(7);
  });
  EXPECT_EQ(run(receive_within(answer, 1h)), 7);
  slow.join();
}

TEST(Answer, MayBeThereBeforeItIsAwaited) {
  const auto answer = std::make_shared<Answer<int>>();
  answer->give(7);
  EXPECT_EQ(run(receive_within(answer, 1h)), 7);
}

TEST(Answer, MayComeWhenNobodyWaitsAnyMore) {
  const auto answer = std::make_shared<Answer<int>>();
  EXPECT_EQ(run(receive_within(answer, 10ms)), -1);
  std::thread([answer] { answer->give(7); }).join();
}

}  // namespace
}  // namespace tasuki::net
