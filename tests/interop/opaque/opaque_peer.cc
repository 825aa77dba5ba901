// Tasuki's side of OPAQUE behind standard input and output, for a test that lets it
// talk to another implementation. One request a line, one answer a line: words
// separated by spaces, bytes in base64url, "-" for none.
//
//   as the server                                         answers
//     setup                                               public key
//     respond-registration USER REQUEST                   response
//     keep USER RECORD                                    (nothing)
//     respond-login USER CLIENT SERVER KE1                KE2
//     admit KE3                                           session key
//   as the client
//     start-registration PASSWORD                         request
//     finish-registration RESPONSE CLIENT SERVER T M      record, export key
//     start-login PASSWORD                                KE1
//     finish-login KE2 CLIENT SERVER T M                  KE3, session key, export key, server
//
// CLIENT and SERVER are the identities; T and M are Argon2id's passes and KiB. Each
// answer begins with "ok", or is "refused".
#include "crypto/hash.h"
#include "crypto/opaque.h"

#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>

namespace tasuki::crypto::opaque {
namespace {

// The words of one request, taken one after the other.
class Request {
public:
  explicit Request(const std::string& line) : words_(line) {}

  std::string word() {
    std::string word;
    if (!(words_ >> word)) throw std::runtime_error("the request lacks a word");
    return word;
  }

  ByteString bytes() {
    const std::string text = word();
    auto bytes = from_base64url(text == "-" ? "" : text);
    if (!bytes) throw std::runtime_error("not base64url: " + text);
    return *std::move(bytes);
  }

  template <typename Message>
  Message message() {
    const ByteString from = bytes();
    Message to;
    if (from.size() != to.size()) throw std::runtime_error("a message of another size");
    std::ranges::copy(from, to.begin());
    return to;
  }

  Stretch stretch() {
    const auto passes = std::uint32_t(std::stoul(word()));
    return {passes, std::uint32_t(std::stoul(word()))};
  }

private:
  std::istringstream words_;
};

std::string ok(std::initializer_list<Bytes> fields) {
  std::string answer = "ok";
  for (const Bytes field : fields) answer += ' ' + to_base64url(field);
  return answer;
}
const std::string refused = "refused";

class Peer {
public:
  std::string answer(const std::string& line) {
    Request request(line);
    const auto verb = verbs_.find(request.word());
    if (verb == verbs_.end()) throw std::runtime_error("unknown verb");
    return verb->second(*this, request);
  }

private:
  std::string setup(Request&) {
    setup_ = ServerSetup::generate();
    records_.clear();
    return ok({setup_.public_key});
  }

  std::string respond_registration(Request& request) {
    const auto user = request.bytes();
    const auto response =
        registration_response(setup_, user, request.message<RegistrationRequest>());
    return response ? ok({*response}) : refused;
  }

  std::string keep(Request& request) {
    const auto user = request.bytes();
    records_[user] = request.message<Record>();
    return ok({});
  }

  std::string respond_login(Request& request) {
    const auto user = request.bytes(), client = request.bytes(), server = request.bytes();
    const auto record = records_.find(user);
    login_ = Server::respond(setup_, record == records_.end() ? nullptr : &record->second, user,
                             {client, server}, {}, request.message<Ke1>());
    return login_ ? ok({login_->ke2()}) : refused;
  }

  std::string admit(Request& request) {
    const auto key = login_.value().finish(request.message<Ke3>());
    return key ? ok({key->bytes()}) : refused;
  }

  std::string start_registration(Request& request) {
    password_ = Secret(request.bytes());
    randomness_ = ClientRandomness::fresh();
    return ok({registration_request(password_, randomness_->blind)});
  }

  std::string finish_registration(Request& request) {
    const auto response = request.message<RegistrationResponse>();
    const auto client = request.bytes(), server = request.bytes();
    const auto result =
        opaque::finish_registration(password_, randomness_->blind, randomness_->nonce, response,
                                    request.stretch(), {client, server});
    return result ? ok({result->record, result->export_key.bytes()}) : refused;
  }

  std::string start_login(Request& request) {
    client_.emplace(Secret(request.bytes()));
    return ok({client_->ke1()});
  }

  std::string finish_login(Request& request) {
    const auto ke2 = request.message<Ke2>();
    const auto client = request.bytes(), server = request.bytes();
    const auto finished = client_.value().finish(ke2, request.stretch(), {client, server}, {});
    if (!finished) return refused;
    return ok({finished->ke3, finished->session_key.bytes(), finished->export_key.bytes(),
               finished->server});
  }

  using Verb = std::function<std::string(Peer&, Request&)>;
  const std::map<std::string, Verb> verbs_{
      {"setup", &Peer::setup},
      {"respond-registration", &Peer::respond_registration},
      {"keep", &Peer::keep},
      {"respond-login", &Peer::respond_login},
      {"admit", &Peer::admit},
      {"start-registration", &Peer::start_registration},
      {"finish-registration", &Peer::finish_registration},
      {"start-login", &Peer::start_login},
      {"finish-login", &Peer::finish_login},
  };

  // As the server.
  ServerSetup setup_ = ServerSetup::generate();
  std::map<ByteString, Record> records_;
  std::optional<Server> login_;
  // As the client.
  Secret password_;
  std::optional<ClientRandomness> randomness_;
  std::optional<Client> client_;
};

}  // namespace
}  // namespace tasuki::crypto::opaque

int main() try {
  tasuki::crypto::opaque::Peer peer;
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << peer.answer(line) << std::endl;
  }
  return 0;
} catch (const std::exception& error) {
  std::cerr << "opaque_peer: " << error.what() << '\n';
  return 1;
}
