#include "inner/resumption.h"

#include "crypto/kdf.h"

#include <algorithm>

namespace tasuki::inner {
namespace {

crypto::Sha512 mac(const Ticket& ticket, std::string_view whose, crypto::Parts statement) {
  const crypto::Secret key = crypto::hkdf_expand(
      ticket.secret.bytes(), {as_bytes("tasuki/1 resume "), as_bytes(whose)}, 64);
  const crypto::Secret value = crypto::hmac_sha512(key.bytes(), statement);
  crypto::Sha512 out{};
  std::copy(value.bytes().begin(), value.bytes().end(), out.begin());
  return out;
}

crypto::Sha512 clients(const Ticket& ticket, const crypto::Sha256& binding, Resume resume) {
  resume.mac = {};
  return mac(ticket, "client", {binding, wire::encode_body(resume)});
}

crypto::Sha512 agents(const Ticket& ticket, const crypto::Sha256& binding, const Resume& resume,
                      Resumed answer) {
  answer.mac = {};
  return mac(ticket, "agent", {binding, wire::encode_body(resume), wire::encode_body(answer)});
}

}  // namespace

Resume ask_to_resume(Ticket& ticket, const crypto::Sha256& binding, std::uint64_t next) {
  Resume resume{ticket.session, ++ticket.attempts, next, {}};
  resume.mac = clients(ticket, binding, resume);
  return resume;
}

bool proves(const Ticket& ticket, const crypto::Sha256& binding, const Resume& resume) {
  return crypto::equal(clients(ticket, binding, resume), resume.mac) &&
         resume.session == ticket.session && resume.attempt > ticket.attempts;
}

Resumed agree_to_resume(Ticket& ticket, const crypto::Sha256& binding, const Resume& resume,
                        Resumed terms) {
  ticket.attempts = resume.attempt;
  terms.mac = agents(ticket, binding, resume, terms);
  return terms;
}

bool agrees(const Ticket& ticket, const crypto::Sha256& binding, const Resume& resume,
            const Resumed& answer) {
  return crypto::equal(agents(ticket, binding, resume, answer), answer.mac);
}

}  // namespace tasuki::inner
