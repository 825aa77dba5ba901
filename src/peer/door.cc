#include "peer/door.h"

#include "net/deadline.h"
#include "net/linux/tcp_options.h"

namespace tasuki::peer {

Door::Door(config::Profile given_profile, std::string given_software)
    : profile(std::move(given_profile)),
      software(std::move(given_software)),
      proxy_for(net::Proxy::from_environment),
      tls(net::TlsContext::client(profile.roots, control::alpn)) {}

namespace {

// The gateway has said Hello: prove the key.
asio::awaitable<Admitted> prove(const Door& door, control::Role role, Greeted greeted) {
  Admitted admitted;
  admitted.line = std::move(greeted);
  Greeted& line = admitted.line;
  const net::Deadline deadline(*line.stream, line.patience);
  admitted.admission = std::make_unique<control::PeerAdmission>(
      role, door.profile.key_label, door.profile.gateway_key.copy(), line.exporter, door.software);

  const ByteString first = admitted.admission->receive(line.hello);
  co_await line.stream->write(first);
  const wire::Frame answer = co_await line.frames->expect();
  const ByteString proof = admitted.admission->receive(answer);
  co_await line.stream->write(proof);
  co_return admitted;
}

}  // namespace

asio::awaitable<Greeted> greet(const Door& door, net::Address gateway, Patience patience) {
  const net::Proxy proxy = door.proxy_for(gateway);
  tcp::socket socket = co_await net::reach(gateway, proxy, patience.dial);
  net::set_tcp_options(socket.native_handle());

  Greeted line;
  line.gateway = gateway;
  line.patience = patience.answer;
  line.stream = std::make_unique<net::TlsStream>(std::move(socket), door.tls);
  const net::Deadline deadline(*line.stream, patience.answer);
  co_await line.stream->connect(gateway.host);
  line.exporter = line.stream->exporter(control::outer_exporter_label);
  line.frames = std::make_unique<net::Frames>(*line.stream, frame_limit);
  line.hello = co_await line.frames->expect();
  co_return line;
}

asio::awaitable<Admitted> enter(const Door& door, control::Role role, net::Address gateway,
                                Patience patience) {
  Greeted greeted = co_await greet(door, gateway, patience);
  Admitted admitted = co_await prove(door, role, std::move(greeted));
  co_return admitted;
}

asio::awaitable<wire::Frame> next_answer(Greeted& line) {
  wire::Frame frame = co_await next_answer(line, line.patience);
  co_return frame;
}

asio::awaitable<wire::Frame> next_answer(Greeted& line, std::chrono::steady_clock::duration limit) {
  const net::Deadline deadline(*line.stream, limit);
  wire::Frame frame = co_await line.frames->expect();
  co_return frame;
}

asio::awaitable<void> say(Greeted& line, ByteString frame) {
  const net::Deadline deadline(*line.stream, line.patience);
  co_await line.stream->write(frame);
}

}  // namespace tasuki::peer
