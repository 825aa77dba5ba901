/* Pairing: an honest gateway that joins clients to agents by single-use tokens, between an
 * agent that comes late, twice or never, a stranger who knows every token and every Attach
 * that was ever said, and clients that leave while they wait.
 *
 *   client                     gateway                               agent
 *     │ ── Connect ────────────▶ connect: a place under a new token    │
 *     │                            │ ─────── Incoming{token} ────────▶ │
 *     │ (waits)                    │ (waits)                           │ a new connection
 *     │                          attach ◀──── Attach{token, signature} ┤
 *     │ ◀──────── Paired ──────────┤ ───────── Paired ───────────────▶ │
 *     │ ◀──────── Refused ───────── or time is up, or Declined
 *
 * connect and attach are coroutines of one thread: what they do from one await to the next
 * is one atomic step here. A message that is under way is one that was not sent yet: its
 * sender may wait as long as the network could. Only Attach is overheard on its way. A token
 * is the number of its client. The computer has the same name under both gateway keys.   */

#define CLIENTS  2      /* the properties are about one token, or about two that get mixed up */
#define COMES    2      /* times that the agent comes with one token: once too often */
#define TRIES    3      /* times that the stranger comes with a token, whosesoever */

#define AGENT    0      /* has the computer under key label 0 */
#define STRANGER 1      /* has the computer under key label 1, and a key of its own */
#define NOBODY   2

mtype = { IDLE, WAITS, PAIRED, REFUSED, CLOSED, LEFT };   /* a client, as it sees itself */
mtype client[CLIENTS] = IDLE;
byte  label[CLIENTS];               /* the gateway key that it has proved */

/* The gateway. */
byte  registered[2] = { AGENT, STRANGER };   /* label: whose line the computer is */
bool  in_map[CLIENTS];              /* token: its place can be found */
byte  place_agent[CLIENTS];         /* … and for whom it was made */
bool  place_has_client[CLIENTS];    /* … and the client's stream is in it */
bool  woken[CLIENTS];               /* … and its timer has fired, or was cancelled */
bool  visit_waits[CLIENTS];         /* connect is in Rendezvous::wait */
bool  joins[CLIENTS];               /* attach has the client, and writes Paired */
#ifdef MUTANT_AWAIT_BEFORE_TAKE
byte  passed[CLIENTS];              /* attach has checked, and something comes in between */
#endif
bool  hangs;                        /* from now on the gateway does nothing, ever */

/* The others. */
bool  told[CLIENTS];                /* Incoming was sent on the line of place_agent */
bool  overheard[CLIENTS];           /* the agent has said Attach, which may still be under way */
byte  comes[CLIENTS];               /* so often the agent came with the token */
byte  tries;                        /* so often the stranger came with any */

/* For the assertions only. */
byte  wanted[CLIENTS];              /* who had the computer under the client's own label */
byte  pairs[CLIENTS];               /* pairs that this token has made */

/* What the probes ask for; left out where nobody asks, as it multiplies the states. */
#ifdef PROBES
bool  taken_at_the_last_moment, came_late, was_stolen, was_declined, was_replayed;
#define note(what, truth)  what = what || (truth)
#else
#define note(what, truth)  skip
#endif

#define for_each_client(step)  :: step(0) :: step(1)

/* ── The properties; those about time are at the end ────────────────────────────── */

#define ONCE(token)                     assert(pairs[token] == 0)
#define ONLY_ITS_AGENT(token, who)      assert(told[token] && who == place_agent[token])
#define ONLY_WHOM_IT_ASKED_FOR(c, who)  assert(who == wanted[c])

/* ── Gateway::connect ───────────────────────────────────────────────────────────── */

#ifdef MUTANT_LABEL_IGNORED         /* Registry::find by the computer's name alone */
#define find(c)  (registered[0] != NOBODY -> registered[0] : registered[1])
#else
#define find(c)  registered[label[c]]
#endif

inline settle(c, outcome) {
  if
  :: client[c] == WAITS -> client[c] = outcome
  :: else      /* it has left, and nobody hears */
  fi
}

/* Makes a place, tells the agent, and waits. */
inline begin_visit(c) {
  wanted[c] = registered[label[c]];
  client[c] = WAITS;
  if
  :: find(c) == NOBODY -> settle(c, REFUSED)
  :: else ->
       place_agent[c] = find(c);
       told[c] = true;
       in_map[c] = true;
       place_has_client[c] = true;
       visit_waits[c] = true
  fi
}

/* Goes on behind Rendezvous::wait: with the client, or without it. */
inline end_visit(c) {
  in_map[c] = false;
  visit_waits[c] = false;
  if
  :: place_has_client[c] -> place_has_client[c] = false; settle(c, REFUSED)
  :: else      /* attach has taken the client's stream along */
  fi
}

/* ── Gateway::attach ────────────────────────────────────────────────────────────── */

#if defined(MUTANT_SIGNATURE_NOT_CHECKED)
#define signature_fits(agent, signer, over_this_hello)  (true)
#elif defined(MUTANT_SIGNATURE_WITHOUT_HELLO)
#define signature_fits(agent, signer, over_this_hello)  (signer == agent)
#else
#define signature_fits(agent, signer, over_this_hello)  (signer == agent && over_this_hello)
#endif

#ifdef MUTANT_AGENT_LOOKED_UP_AGAIN
#define agent_of(token)  registered[label[token]]
#else
#define agent_of(token)  place_agent[token]
#endif

inline take(who, token) {
  ONCE(token);
  ONLY_ITS_AGENT(token, who);
  ONLY_WHOM_IT_ASKED_FOR(token, who);
  note(taken_at_the_last_moment, woken[token]);
#ifndef MUTANT_TOKEN_KEPT
  in_map[token] = false;
#endif
  woken[token] = true;
  place_has_client[token] = false;
  joins[token] = true;
  pairs[token]++
}

/* `who` is whose connection it is. The gateway does not see that: it sees a signature. */
inline attach(who, token, signer, over_this_hello) {
  if
  :: !in_map[token] ->                                /* used, declined, or over: Refused */
       note(came_late, true)
  :: in_map[token] && !signature_fits(agent_of(token), signer, over_this_hello) ->
       note(was_stolen, signer != agent_of(token));
       note(was_replayed, signer == agent_of(token));
       woken[token] = true                            /* used up, rightly or not */
  :: in_map[token] && signature_fits(agent_of(token), signer, over_this_hello) ->
#ifdef MUTANT_AWAIT_BEFORE_TAKE
       passed[token]++
#else
       take(who, token)
#endif
  fi
}

#define goes_on(c)  atomic { !hangs && visit_waits[c] && woken[c] -> end_visit(c) }
#define pairs_off(c) atomic { !hangs && joins[c] -> joins[c] = false; settle(c, PAIRED) }
/* The agent's leg fails, or its key was revoked: the client's stream goes with it. */
#define drops(c)    atomic { !hangs && joins[c] -> joins[c] = false; settle(c, CLOSED) }

#ifdef MUTANT_AWAIT_BEFORE_TAKE
#define takes(c)    atomic { !hangs && passed[c] > 0 -> passed[c]--; take(place_agent[c], c) }
#endif

active proctype Gateway() {
end:
  do
#ifdef MUTANT_AWAIT_BEFORE_TAKE
  for_each_client(takes)
#endif
  for_each_client(goes_on)
  for_each_client(pairs_off)
  for_each_client(drops)
  od
}

/* limits.pairing_seconds. The timer has fired, but connect has not gone on yet. */
#ifndef MUTANT_NO_PAIRING_LIMIT
#define time_is_up(c)  atomic { !hangs && visit_waits[c] && !woken[c] -> woken[c] = true }
active proctype PairingLimit() {
end:
  do
  for_each_client(time_is_up)
  od
}
#endif

/* ── The peers ──────────────────────────────────────────────────────────────────── */

#define under_0(c)  atomic { !hangs && client[c] == IDLE -> label[c] = 0; begin_visit(c) }
#define under_1(c)  atomic { !hangs && client[c] == IDLE -> label[c] = 1; begin_visit(c) }
#define mute(c)     atomic {  hangs && client[c] == IDLE -> client[c] = WAITS }

active proctype Clients() {
end:
  do
  for_each_client(under_0)
  for_each_client(under_1)
  for_each_client(mute)
  od
}

/* A client's wait for Paired (20 s); or it leaves earlier, for reasons of its own. The
   gateway does not notice before it writes. */
#ifndef MUTANT_CLIENT_WAITS
#define leaves(c)  atomic { client[c] == WAITS -> client[c] = LEFT }
active proctype ClientsLimit() {
end:
  do
  for_each_client(leaves)
  od
}
#endif

/* Comes, comes twice, declines, or does nothing: its line or its new connection is dead. */
#define may_act(c)  (!hangs && told[c] && place_agent[c] == AGENT)
#define say_attach(c) \
  atomic { may_act(c) && !overheard[c] -> overheard[c] = true }
#define come(c) \
  atomic { may_act(c) && overheard[c] && comes[c] < COMES -> comes[c]++; attach(AGENT, c, AGENT, true) }
#define decline(c) \
  atomic { may_act(c) && in_map[c] && !woken[c] -> note(was_declined, true); woken[c] = true }

active proctype Agent() {
end:
  do
  for_each_client(say_attach)
  for_each_client(come)
  for_each_client(decline)
  od
}

/* Presents any token, its own ones too: signed with its own key, or with what the agent
   said on another connection, over that connection's Hello. */
#define present(c) \
  atomic { !hangs && told[c] && tries < TRIES -> tries++; attach(STRANGER, c, STRANGER, true) }
#define repeat(c) \
  atomic { !hangs && overheard[c] && tries < TRIES -> tries++; attach(STRANGER, c, AGENT, false) }

active proctype Stranger() {
end:
  do
  for_each_client(present)
  for_each_client(repeat)
  od
}

/* The agent is gone, the computer is released, and the stranger claims it. */
active proctype Registry() {
  if
  :: registered[0] = NOBODY
  :: skip
  fi;
  if
  :: registered[0] = STRANGER
  :: skip
  fi
}

active proctype Network() {
  if
  :: hangs = true
  :: skip
  fi
}

/* ── What time brings, for every fair run ────────────────────────────────────────── */

/* The gateway settles every client that waits with it. */
ltl gateway_answers { [] ((visit_waits[0] -> <> (!visit_waits[0] || hangs)) &&
                          (visit_waits[1] -> <> (!visit_waits[1] || hangs))) }
/* No client waits for ever, whatever the gateway does. */
ltl client_goes_on  { [] ((client[0] == WAITS -> <> (client[0] != WAITS)) &&
                          (client[1] == WAITS -> <> (client[1] != WAITS))) }

/* ── Probes: each says that something never happens, and must be refuted ─────────── */

#ifdef PROBES
ltl never_paired       { [] !(client[0] == PAIRED && client[1] == PAIRED && label[0] != label[1]) }
ltl never_refused      { [] !(client[0] == REFUSED && client[1] == PAIRED) }
ltl never_last_moment  { [] !(client[0] == PAIRED && taken_at_the_last_moment) }
ltl never_late         { [] !(client[0] == REFUSED && came_late) }
ltl never_stolen       { [] !(client[0] == REFUSED && was_stolen) }
ltl never_replayed     { [] !(client[0] == REFUSED && was_replayed) }
ltl never_declined     { [] !(client[0] == REFUSED && was_declined) }
#endif
