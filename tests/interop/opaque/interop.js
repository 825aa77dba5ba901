// OPAQUE between Tasuki (opaque_peer, a child process) and @serenity-kit/opaque, an
// implementation that shares nothing with it. Every case registers and logs in.
//
//   node interop.js PATH-TO-OPAQUE_PEER
import * as opaque from "@serenity-kit/opaque";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const base64url = (text) => Buffer.from(text ?? "", "utf8").toString("base64url") || "-";

// Tasuki's implementation, as verbs with answers; null when it refuses.
class Peer {
  constructor(path) {
    this.process = spawn(path, { stdio: ["pipe", "pipe", "inherit"] });
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  async ask(...words) {
    this.process.stdin.write(words.join(" ") + "\n");
    const { value: line, done } = await this.lines.next();
    if (done) throw new Error("opaque_peer has died");
    const [word, ...fields] = line.split(" ");
    return word === "ok" ? fields : null;
  }

  close() {
    this.process.stdin.end();
  }
}

// The four roles, each with the same verbs on both sides. What fails gives null.
const theirs = {
  server() {
    const setup = opaque.server.createSetup();
    const records = new Map();
    let state;
    return {
      publicKey: async () => opaque.server.getPublicKey(setup),
      async respondRegistration({ user }, registrationRequest) {
        const answer = { serverSetup: setup, userIdentifier: user, registrationRequest };
        return opaque.server.createRegistrationResponse(answer).registrationResponse;
      },
      keep: async ({ user }, record) => records.set(user, record),
      async respondLogin({ user, identifiers }, startLoginRequest) {
        const { serverLoginState, loginResponse } = opaque.server.startLogin({
          serverSetup: setup,
          userIdentifier: user,
          registrationRecord: records.get(user),
          startLoginRequest,
          identifiers,
        });
        state = serverLoginState;
        return loginResponse;
      },
      async admit({ identifiers }, finishLoginRequest) {
        try {
          const login = { serverLoginState: state, finishLoginRequest, identifiers };
          return opaque.server.finishLogin(login).sessionKey;
        } catch {
          return null;
        }
      },
    };
  },

  client() {
    let state, secret;
    const stretching = ({ passes, memory }) => ({
      "argon2id-custom": { iterations: passes, memory, parallelism: 1 },
    });
    return {
      async startRegistration(password) {
        secret = password;
        const started = opaque.client.startRegistration({ password });
        state = started.clientRegistrationState;
        return started.registrationRequest;
      },
      async finishRegistration(account, registrationResponse) {
        const { registrationRecord, exportKey } = opaque.client.finishRegistration({
          password: secret,
          clientRegistrationState: state,
          registrationResponse,
          identifiers: account.identifiers,
          keyStretching: stretching(account),
        });
        return { record: registrationRecord, exportKey };
      },
      async startLogin(password) {
        secret = password;
        const started = opaque.client.startLogin({ password });
        state = started.clientLoginState;
        return started.startLoginRequest;
      },
      async finishLogin(account, loginResponse) {
        const finished = opaque.client.finishLogin({
          password: secret,
          clientLoginState: state,
          loginResponse,
          identifiers: account.identifiers,
          keyStretching: stretching(account),
        });
        if (!finished) return null;
        const { finishLoginRequest, sessionKey, exportKey, serverStaticPublicKey } = finished;
        return { ke3: finishLoginRequest, sessionKey, exportKey, server: serverStaticPublicKey };
      },
    };
  },
};

const ours = (peer) => {
  const names = ({ identifiers }) => [
    base64url(identifiers?.client),
    base64url(identifiers?.server),
  ];
  const terms = (account) => [...names(account), account.passes, account.memory];
  const first = (fields) => fields && fields[0];
  return {
    server: () => {
      const setup = peer.ask("setup");
      return {
        publicKey: async () => first(await setup),
        respondRegistration: async ({ user }, request) =>
          first(await peer.ask("respond-registration", base64url(user), request)),
        keep: ({ user }, record) => peer.ask("keep", base64url(user), record),
        respondLogin: async (account, ke1) =>
          first(await peer.ask("respond-login", base64url(account.user), ...names(account), ke1)),
        admit: async (_, ke3) => first(await peer.ask("admit", ke3)),
      };
    },
    client: () => ({
      startRegistration: async (password) =>
        first(await peer.ask("start-registration", base64url(password))),
      async finishRegistration(account, response) {
        const fields = await peer.ask("finish-registration", response, ...terms(account));
        return fields && { record: fields[0], exportKey: fields[1] };
      },
      startLogin: async (password) => first(await peer.ask("start-login", base64url(password))),
      async finishLogin(account, ke2) {
        const fields = await peer.ask("finish-login", ke2, ...terms(account));
        if (!fields) return null;
        const [ke3, sessionKey, exportKey, server] = fields;
        return { ke3, sessionKey, exportKey, server };
      },
    }),
  };
};

function expect(what, holds) {
  if (!holds) throw new Error(what);
}

async function register(client, server, account) {
  const request = await client.startRegistration(account.password);
  const response = await server.respondRegistration(account, request);
  const { record, exportKey } = await client.finishRegistration(account, response);
  await server.keep(account, record);
  return exportKey;
}

async function logIn(client, server, account, { password = account.password, as = account } = {}) {
  const ke1 = await client.startLogin(password);
  const ke2 = await server.respondLogin(account, ke1);
  const finished = await client.finishLogin(as, ke2);
  return finished && { ...finished, admitted: await server.admit(account, finished.ke3) };
}

const last = (text) => text.slice(0, -1) + (text.endsWith("A") ? "Q" : "A");

const cases = {
  async "the right password: same session key, same export key"(client, server, account) {
    const exportKey = await register(client, server, account);
    for (let times = 0; times < 2; ++times) {
      const login = await logIn(client, server, account);
      expect("the client refuses the right password", login);
      expect("the session keys differ", login.sessionKey === login.admitted);
      expect("the export keys differ", login.exportKey === exportKey);
      expect("another server's key", login.server === (await server.publicKey()));
    }
  },
  // The stretch and the envelope are the client's business alone: only a client that
  // did not make them shows whether both make the same.
  async "what the other client registered opens"(client, server, account, otherClient) {
    const exportKey = await register(otherClient, server, account);
    const login = await logIn(client, server, account);
    expect("the client refuses the right password", login);
    expect("the session keys differ", login.sessionKey === login.admitted);
    expect("the export keys differ", login.exportKey === exportKey);
  },
  async "the wrong password fails"(client, server, account) {
    await register(client, server, account);
    for (const password of [account.password + " ", account.password.slice(1), ""]) {
      expect(`"${password}" works`, !(await logIn(client, server, account, { password })));
    }
  },
  async "another server name than at registration fails"(client, server, account) {
    await register(client, server, account);
    const as = { ...account, identifiers: { ...account.identifiers, server: "somebody else" } };
    expect("the client does not notice", !(await logIn(client, server, account, { as })));
  },
  async "a KE3 that was changed fails"(client, server, account) {
    await register(client, server, account);
    const ke2 = await server.respondLogin(account, await client.startLogin(account.password));
    const { ke3 } = await client.finishLogin(account, ke2);
    expect("the server admits it", !(await server.admit(account, last(ke3))));
  },
  async "a user without record is answered and never let in"(client, server, account) {
    const ke2 = await server.respondLogin(account, await client.startLogin(account.password));
    expect("the answer has another size", Buffer.from(ke2, "base64url").length === 320);
    expect("the client believes it", !(await client.finishLogin(account, ke2)));
  },
};

const accounts = {
  "no names": { user: "aki", password: "hunter2", passes: 1, memory: 8 },
  "names, Argon2id 2 x 19 MiB": {
    user: "aki@example",
    password: "襷をつなぐ pässword",
    identifiers: { client: "aki", server: "k3vf-pc-12" },
    passes: 2,
    memory: 19 * 1024,
  },
};

await opaque.ready;
const peer = new Peer(process.argv[2]);
const tasuki = ours(peer);
const pairs = {
  "npm client, our server": [theirs.client, tasuki.server, tasuki.client],
  "our client, npm server": [tasuki.client, theirs.server, theirs.client],
};
let failed = 0;
for (const [pair, [client, server, otherClient]] of Object.entries(pairs)) {
  for (const [who, account] of Object.entries(accounts)) {
    for (const [name, run] of Object.entries(cases)) {
      const title = `${pair} (${who}): ${name}`;
      try {
        await run(client(), server(), account, otherClient());
        console.log(`ok    ${title}`);
      } catch (error) {
        console.log(`FAIL  ${title}: ${error.message}`);
        ++failed;
      }
    }
  }
}
peer.close();
process.exitCode = failed ? 1 : 0;
