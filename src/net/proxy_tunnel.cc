// libcurl talks to the proxy, since it has met more of them than we ever shall,
// and knows Digest and NTLM. It stops where the tunnel stands, and we keep only
// the socket. It waits in its own way, so it gets a thread, which ends with the
// Tunnel: one wake-up, and no step of it blocks.
#include "net/proxy_tunnel.h"

#include "net/answer.h"
#include "net/descriptor.h"

#include <curl/curl.h>
#include <sys/socket.h>
#include <algorithm>
#include <atomic>
#include <limits>
#include <thread>

namespace tasuki::net {
namespace {
using Clock = std::chrono::steady_clock;
using Cause = ReachError::Cause;

constexpr long log_ins = CURLAUTH_BASIC | CURLAUTH_DIGEST | CURLAUTH_NTLM;

struct CloseEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct CloseMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
using Easy = std::unique_ptr<CURL, CloseEasy>;
using Multi = std::unique_ptr<CURLM, CloseMulti>;

void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_ALL);
  if (started != CURLE_OK) throw std::runtime_error(curl_easy_strerror(started));
}

// At least 1: to curl, 0 means its own default.
int milliseconds_to(Clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  return int(std::clamp<decltype(left)>(left, 1, std::numeric_limits<int>::max()));
}

template <typename Value>
void set(const Easy& easy, CURLoption option, Value value) {
  const CURLcode result = curl_easy_setopt(easy.get(), option, value);
  if (result != CURLE_OK) throw std::runtime_error(curl_easy_strerror(result));
}

template <typename Value>
Value get(const Easy& easy, CURLINFO info) {
  Value value{};
  curl_easy_getinfo(easy.get(), info, &value);
  return value;
}

// Close-on-exec from the start: the client runs viewers, which must not inherit it.
curl_socket_t open_socket(void*, curlsocktype, curl_sockaddr* address) {
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t discard(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

// For CURLOPT_PROXYUSERPWD, which every curl percent-decodes. CURLOPT_PROXYUSERNAME
// and CURLOPT_PROXYPASSWORD ought not to, but up to curl 8.7.0 do: a '%' in a
// password went wrong.
std::string escape(const Easy& easy, const std::string& text) {
  const std::unique_ptr<char, decltype(&curl_free)> escaped(
      curl_easy_escape(easy.get(), text.data(), int(text.size())), curl_free);
  if (!escaped) throw std::bad_alloc();
  return escaped.get();
}

// Everything the environment or a ~/.netrc could say is said here instead.
Easy prepare(const Proxy& proxy, const Address& to, Clock::time_point until) {
  Easy easy(curl_easy_init());
  if (!easy) throw std::bad_alloc();

  set(easy, CURLOPT_URL, ("http://" + to.text()).c_str());
  set(easy, CURLOPT_PROTOCOLS_STR, "http");
  set(easy, CURLOPT_CONNECT_ONLY, 1L);
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_NETRC, long(CURL_NETRC_IGNORED));
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, long(milliseconds_to(until)));  // else 5 minutes
  set(easy, CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS, 250L);  // as when we connect ourselves
  set(easy, CURLOPT_QUICK_EXIT, 1L);                   // does not wait for a name lookup that hangs
  set(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  set(easy, CURLOPT_WRITEFUNCTION, discard);  // else to stdout
  set(easy, CURLOPT_HEADERFUNCTION, discard);

  set(easy, CURLOPT_NOPROXY, "");
  set(easy, CURLOPT_PROXY, proxy.address.text().c_str());
  if (proxy.kind == Proxy::Kind::socks5) {
    set(easy, CURLOPT_PROXYTYPE, long(CURLPROXY_SOCKS5_HOSTNAME));
    set(easy, CURLOPT_SOCKS5_AUTH, long(CURLAUTH_BASIC));  // no Kerberos: curl blocks in it
  } else {
    set(easy, CURLOPT_PROXYTYPE, long(CURLPROXY_HTTP));
    set(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    set(easy, CURLOPT_PROXYAUTH, log_ins);
    set(easy, CURLOPT_USERAGENT, "Tasuki/1");
  }
  if (!proxy.user.empty()) {
    const std::string login = escape(easy, proxy.user) + ":" + escape(easy, proxy.password);
    set(easy, CURLOPT_PROXYUSERPWD, login.c_str());
  }
  return easy;
}

const char* socks_reason(CURLproxycode code) {
  switch (code) {
    case CURLPX_REPLY_CONNECTION_REFUSED: return "connection refused";
    case CURLPX_REPLY_HOST_UNREACHABLE: return "host unreachable";
    case CURLPX_REPLY_NETWORK_UNREACHABLE: return "network unreachable";
    case CURLPX_REPLY_TTL_EXPIRED: return "no answer in time";
    case CURLPX_NO_AUTH: return "it knows no way to log in that we know";
    default: return "it does not speak SOCKS5 as we do";
  }
}

// One attempt. The thread has curl's handles to itself; the owner only rings.
class Tunnel {
public:
  struct Outcome {
    std::optional<Descriptor> socket;
    std::exception_ptr failure;
  };

  Tunnel(const Proxy& proxy, const Address& to, Clock::time_point until)
      : proxy_(proxy),
        to_(to),
        until_(until),
        multi_(curl_multi_init()),
        easy_(prepare(proxy, to, until)) {
    if (!multi_) throw std::bad_alloc();
    thread_ = std::thread([this] { answer_->give(work()); });
  }
  ~Tunnel() {
    abandoned_ = true;
    curl_multi_wakeup(multi_.get());
    thread_.join();
  }
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

  const std::shared_ptr<Answer<Outcome>>& outcome() const { return answer_; }

private:
  Outcome work() noexcept {
    Outcome outcome;
    try {
      outcome.socket = dig();
    } catch (...) {
      outcome.failure = std::current_exception();
    }
    easy_.reset();  // lets go of the connection, if it is still curl's
    return outcome;
  }

  Descriptor dig() {
    curl_multi_add_handle(multi_.get(), easy_.get());
    for (int running = 1;;) {
      const CURLMcode result = curl_multi_perform(multi_.get(), &running);
      if (result != CURLM_OK) throw std::runtime_error(curl_multi_strerror(result));
      if (running == 0) break;
      if (abandoned_ || Clock::now() >= until_) throw too_late();
      curl_multi_poll(multi_.get(), nullptr, 0, milliseconds_to(until_), nullptr);
    }
    int more = 0;
    const CURLMsg* const message = curl_multi_info_read(multi_.get(), &more);
    if (message->data.result != CURLE_OK) throw failed(message->data.result);
    return keep_socket();
  }

  // curl closes its socket with its handle; ours is another name for the same.
  //
  // Bytes that the gateway sent close behind the proxy's answer would be lost if
  // curl had read them along with it. The gateway sends none: it is silent until
  // our ClientHello. (And curl 7.88 reads the answer byte by byte.)
  Descriptor keep_socket() {
    const auto socket = get<curl_socket_t>(easy_, CURLINFO_ACTIVESOCKET);
    if (socket == CURL_SOCKET_BAD) throw ReachError(Cause::proxy_failed, says("went away"));
    return Descriptor(::fcntl(socket, F_DUPFD_CLOEXEC, 0));
  }

  ReachError failed(CURLcode result) {
    if (result == CURLE_OPERATION_TIMEDOUT) return too_late();
    if (!proxy_reached()) return {Cause::proxy_unreachable, cannot_reach(result)};
    if (proxy_.kind == Proxy::Kind::socks5) return socks_failure(result);
    return http_failure(result);
  }

  ReachError http_failure(CURLcode result) {
    const long status = get<long>(easy_, CURLINFO_HTTP_CONNECTCODE);
    const std::string code = " (HTTP " + std::to_string(status) + ")";
    switch (status) {
      case 407: return log_in_refused();
      case 403:
      case 405:  // the method: no CONNECT at all
      case 451: return {Cause::proxy_forbids, says("does not allow " + to_.text() + code)};
      case 0:
        return {Cause::proxy_failed, says(std::string("failed: ") + curl_easy_strerror(result))};
      default: return {Cause::proxy_failed, says("could not connect to " + to_.text() + code)};
    }
  }

  ReachError socks_failure(CURLcode result) {
    if (result != CURLE_PROXY)
      return {Cause::proxy_failed, says(std::string("failed: ") + curl_easy_strerror(result))};
    const auto code = CURLproxycode(get<long>(easy_, CURLINFO_PROXY_ERROR));
    if (code == CURLPX_USER_REJECTED) return log_in_refused();
    if (code == CURLPX_NO_AUTH && proxy_.user.empty()) return log_in_refused();
    if (code == CURLPX_REPLY_NOT_ALLOWED)
      return {Cause::proxy_forbids, says("does not allow " + to_.text())};
    return {Cause::proxy_failed,
            says("could not connect to " + to_.text() + ": " + socks_reason(code))};
  }

  ReachError log_in_refused() {
    const bool http = proxy_.kind == Proxy::Kind::http;
    const std::string code = http ? " (407)" : "";  // the number by which people look it up
    if (proxy_.user.empty())
      return {Cause::proxy_needs_password, says("asks for a user and a password" + code)};
    // It may want Kerberos only: then no password was sent, and none was wrong.
    if (http && !(get<long>(easy_, CURLINFO_PROXYAUTH_AVAIL) & log_ins))
      return {Cause::proxy_failed, says("knows no way to log in that we know")};
    return {Cause::proxy_wrong_password, says("does not accept this user and password" + code)};
  }

  ReachError too_late() {
    if (!proxy_reached())
      return {Cause::proxy_unreachable, "no answer in time from " + proxy_.text()};
    return {Cause::timed_out, says("did not connect to " + to_.text() + " in time")};
  }

  // curl knows the other side's port as soon as, and only if, TCP is connected.
  bool proxy_reached() { return get<long>(easy_, CURLINFO_PRIMARY_PORT) != 0; }
  std::string says(const std::string& what) { return "proxy " + proxy_.text() + " " + what; }
  std::string cannot_reach(CURLcode result) {
    const long error = get<long>(easy_, CURLINFO_OS_ERRNO);
    const std::string reason = result == CURLE_COULDNT_RESOLVE_PROXY ? "no such host"
                               : error != 0 ? std::generic_category().message(int(error))
                                            : curl_easy_strerror(result);
    return "cannot reach proxy " + proxy_.text() + ": " + reason;
  }

  const Proxy proxy_;
  const Address to_;
  const Clock::time_point until_;
  const std::shared_ptr<Answer<Outcome>> answer_ = std::make_shared<Answer<Outcome>>();
  std::atomic<bool> abandoned_ = false;
  const Multi multi_;  // outlives easy_
  Easy easy_;
  std::thread thread_;
};

tcp::socket adopt(const asio::any_io_executor& executor, Descriptor fd) {
  int family = AF_INET;
  socklen_t size = sizeof family;
  getsockopt(fd.get(), SOL_SOCKET, SO_DOMAIN, &family, &size);
  tcp::socket socket(executor, family == AF_INET6 ? tcp::v6() : tcp::v4(), fd.release());
  socket.set_option(tcp::no_delay(true));
  return socket;
}

}  // namespace

asio::awaitable<tcp::socket> connect_through(const Proxy& proxy, const Address& to,
                                             Clock::time_point until) {
  start_curl();
  const auto executor = co_await asio::this_coro::executor;
  const Tunnel tunnel(proxy, to, until);
  std::optional<Tunnel::Outcome> outcome =
      co_await receive(tunnel.outcome(), Clock::time_point::max());  // the tunnel minds the limit
  if (outcome->failure) std::rethrow_exception(outcome->failure);
  co_return adopt(executor, std::move(*outcome->socket));
}

}  // namespace tasuki::net
