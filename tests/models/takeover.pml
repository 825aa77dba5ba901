/* Takeover: who may resume a session, and how it ends when nobody does. One session, its
 * client and its agent, a hostile network, and an attacker who has every Resume and every
 * Resumed that was ever said, may hold the agent's stolen key, but not the resume secret.
 *
 *   client: LIVE ──lost──▶ LOST ──new seal, key checked, Resume──▶ RESUMING ──Resumed──▶ LIVE
 *                           │  ◀──────────────── no answer ─────────┘ │
 *                           └── window ──▶ ENDED ◀── window, Denied ──┘
 *   agent:  HELD ──lost──▶ WAITING ──window──▶ ENDED
 *            ▲ Resume: mac, attempt, record ─┘
 *
 * A seal is one inner TLS connection. Its number stands for its EB: no two seals have the
 * same. Nobody can write into somebody else's seal; the network can hold it back and drop
 * it. What the frames do meanwhile is in resume.pml.                                     */

#define TRIES   3   /* seals 1 to 3 the client opens to resume; 0 is the login's */
#define FOREIGN 2   /* seals 4 and 5 the attacker opens to the agent */
#define SEALS  (1 + TRIES + FOREIGN)
#define of_the_client(s)  (s <= TRIES)
#define NONE   SEALS

mtype = { AGENT, IMPOSTOR, THIEF };             /* who is at the far end of a client's seal */
mtype = { LIVE, LOST, RESUMING, HELD, WAITING, ENDED };
mtype = { RESUMED, DENIED };
mtype = { BY_CLIENT, BY_AGENT, BY_NOBODY };     /* whose MAC it is: Kc's, Ka's, or rubbish */

chan knock[SEALS]  = [1] of { byte, mtype, byte };    /* Resume{attempt; MAC: by, over EB} */
chan answer[SEALS] = [1] of { mtype, mtype, byte };   /* Resumed{MAC: by, over EB} or Denied */

mtype client = LIVE;          /* ENDED is always an end with an error: local connections */
mtype agent  = HELD;          /* are reset, never finished */
byte  client_seal = 0, agent_seal = 0;
mtype far[SEALS];
byte  attempt = 0, last_taken = 0;

#ifdef MUTANT_AWAIT_BEFORE_ADOPTION
byte  passed[SEALS];          /* the attempt of a Resume that was found good a while ago */
#endif
bool  record_changed;         /* the user was revoked, or her record is another now */
bool  cut;                    /* from now on the network lets nothing through, ever */

/* What the attacker has heard. */
byte  said[SEALS];            /* the attempt in the Resume that was said over this EB */
bool  answered[SEALS];        /* a Resumed was said over this EB */

/* What the probes ask for; left out where nobody asks, as it multiplies the states. */
#ifdef PROBES
bool  resumed, resumed_twice, replay_denied, old_one_denied, policy_denied, came_too_late,
      forgery_seen;
#define note(what, truth)  what = what || (truth)
#else
#define note(what, truth)  skip
#endif

/* ── The properties; those about time are at the end ────────────────────────────── */

#define ONLY_THE_PEER(s)    assert(of_the_client(s))
#define NOT_WHEN_REVOKED    assert(!record_changed)
#define NOT_AFTER_THE_END   assert(agent != ENDED)
#define NOT_STOLEN_BACK(s)  assert(client != LIVE || client_seal < s)
#define ONLY_THE_AGENT(s)   assert(far[s] == AGENT)
#define KEY_WAS_SHOWN(s)    assert(far[s] != IMPOSTOR)

/* ── The client ─────────────────────────────────────────────────────────────────── */

inline open_seal() {
  client_seal++;
  if
  :: far[client_seal] = AGENT
  :: far[client_seal] = IMPOSTOR
  :: far[client_seal] = THIEF
  fi
}

/* What still comes over a seal that was left is not read. */
inline leave_for(state) {
  client = state;
  if
  :: nempty(answer[client_seal]) -> answer[client_seal]?_, _, _
  :: empty(answer[client_seal])
  fi
}

inline say_resume() {
  KEY_WAS_SHOWN(client_seal);
  client = RESUMING;
  attempt++;
  said[client_seal] = attempt;
  if
  :: far[client_seal] == AGENT -> knock[client_seal]!attempt, BY_CLIENT, client_seal
  :: else
  fi
}

#ifdef MUTANT_RESUMED_WITHOUT_EB
#define resumed_fits(by, eb)  (by == BY_AGENT)
#elif defined(MUTANT_RESUMED_NOT_CHECKED)
#define resumed_fits(by, eb)  (by != DENIED)
#else
#define resumed_fits(by, eb)  (by == BY_AGENT && eb == client_seal)
#endif

active proctype Client() {
  mtype kind, by;
  byte eb;
end:
  do
  /* A new pair and a new seal. Its far end must show the session's AgentID, or it is
     left without a word. Only then is the old carrier detached, and Resume said. */
  :: atomic { (client == LIVE || client == LOST) && client_seal < TRIES && !cut ->
       open_seal();
       if
#ifdef MUTANT_KEY_NOT_CHECKED
       :: true -> say_resume()
#else
       :: far[client_seal] != IMPOSTOR -> say_resume()
       :: else -> client = LOST
#endif
       fi }

  :: atomic { client == RESUMING && nempty(answer[client_seal]) && !cut ->
       answer[client_seal]?kind, by, eb;
       if
       :: kind == RESUMED && resumed_fits(by, eb) ->
            ONLY_THE_AGENT(client_seal);
            client = LIVE;
            note(resumed_twice, resumed);
            note(resumed, true)
       :: kind == RESUMED && !resumed_fits(by, eb) ->
            note(forgery_seen, true);
            client = LOST
       :: kind == DENIED ->
            client = ENDED
       fi;
       kind = 0; by = 0; eb = 0 }
  od
}

/* A Ping without a Pong, or a Resume without an answer. Nobody waits for ever: a process
   of its own, so that fairness makes the time pass. */
active proctype ClientsPatience() {
end:
  do
  :: atomic { client == LIVE && (cut || agent_seal != client_seal) -> client = LOST }
#ifndef MUTANT_CLIENT_WAITS
  :: atomic { client == RESUMING -> leave_for(LOST) }
#endif
  od
}

/* resume_seconds after the loss, whatever was tried in between. */
active proctype ClientsWindow() {
end:
  do
  :: atomic { client == LOST -> client = ENDED }
#ifndef MUTANT_CLIENT_WAITS
  :: atomic { client == RESUMING -> leave_for(ENDED) }
#endif
  od
}

/* ── The agent ──────────────────────────────────────────────────────────────────── */

#ifdef MUTANT_MAC_NOT_CHECKED
#define mac_fits(s)  (true)
#elif defined(MUTANT_MAC_WITHOUT_EB)
#define mac_fits(s)  (by == BY_CLIENT)
#else
#define mac_fits(s)  (by == BY_CLIENT && eb == s)
#endif

#ifdef MUTANT_NO_ATTEMPT_NUMBER
#define attempt_fits  (true)
#else
#define attempt_fits  (says > last_taken)
#endif

#ifdef MUTANT_RECORD_NOT_LOOKED_AT_AGAIN
#define record_fits  (true)
#else
#define record_fits  (!record_changed)
#endif

#ifdef MUTANT_FOUND_AFTER_THE_END
#define session_is_there  (true)
#else
#define session_is_there  (agent != ENDED)
#endif

/* What is said to somebody who does not listen any more comes to nothing. */
inline say_back(s, kind, by_whom) {
  if
  :: client == RESUMING && client_seal == s -> answer[s]!kind, by_whom, s
  :: else
  fi
}

/* Everything is checked, and then all of this is done, with nothing in between. */
inline adopt(s, number) {
  ONLY_THE_PEER(s);
  NOT_WHEN_REVOKED;
  NOT_AFTER_THE_END;
  NOT_STOLEN_BACK(s);
  agent = HELD;
  agent_seal = s;
  last_taken = number;
  answered[s] = true;
  say_back(s, RESUMED, BY_AGENT)
}

inline hear_resume(s) {
  knock[s]?says, by, eb;
  if
  :: session_is_there && mac_fits(s) && attempt_fits && record_fits ->
#ifdef MUTANT_AWAIT_BEFORE_ADOPTION
       passed[s] = says
#else
       adopt(s, says)
#endif
  :: else ->   /* one answer for all, so that it tells an attacker nothing */
       note(replay_denied,  by == BY_CLIENT && eb != s);
       note(old_one_denied, by == BY_CLIENT && eb == s && says <= last_taken);
       note(policy_denied,  by == BY_CLIENT && eb == s && record_changed);
       note(came_too_late,  by == BY_CLIENT && eb == s && agent == ENDED);
       say_back(s, DENIED, BY_NOBODY)
  fi;
  says = 0; by = 0; eb = 0
}

#ifdef MUTANT_AWAIT_BEFORE_ADOPTION
#define adopt_late(s) \
  :: atomic { passed[s] != 0 && agent != ENDED && !record_changed -> \
       adopt(s, passed[s]); passed[s] = 0 }
#endif

active proctype Agent() {
  mtype by;
  byte says, eb;
end:
  do
  :: atomic { !cut && nempty(knock[1]) -> hear_resume(1) }
  :: atomic { !cut && nempty(knock[2]) -> hear_resume(2) }
  :: atomic { !cut && nempty(knock[3]) -> hear_resume(3) }
  :: atomic { !cut && nempty(knock[4]) -> hear_resume(4) }
  :: atomic { !cut && nempty(knock[5]) -> hear_resume(5) }
#ifdef MUTANT_AWAIT_BEFORE_ADOPTION
  adopt_late(1) adopt_late(2) adopt_late(3)
#endif
  od
}

/* Its Pings find nobody: the client has turned to another seal, or ended. */
active proctype AgentsPatience() {
end:
  do
  :: atomic { agent == HELD && (cut || client_seal != agent_seal ||
                                client == LOST || client == ENDED) ->
       agent = WAITING;
       agent_seal = NONE }
  od
}

active proctype AgentsWindow() {
end:
  do
#ifdef MUTANT_AGENT_WINDOW_ONCE    /* armed at the first loss, and not at the next */
  :: atomic { agent == WAITING && last_taken == 0 -> agent = ENDED }
#else
  :: atomic { agent == WAITING -> agent = ENDED }
#endif
  od
}

/* ── The others ─────────────────────────────────────────────────────────────────── */

/* Kills a carrier, at one end or both, and at some moment perhaps everything. Holding
   back needs no step: the agent hears a Resume whenever it happens to. */
active proctype Network() {
  do
  :: atomic { client == LIVE -> client = LOST }
  :: atomic { agent == HELD -> agent = WAITING; agent_seal = NONE }
  :: cut = true; break
  :: break
  od
}

active proctype Administrator() {
  if
  :: record_changed = true
  :: skip
  fi
}

#define recall(heard) \
  if :: heard[1] -> eb = 1 :: heard[2] -> eb = 2 :: heard[3] -> eb = 3 fi

inline invent(number) {
  if
  :: number = 1
  :: number = 2
  :: number = TRIES + 1
  fi
}

active proctype Attacker() {
  byte s = TRIES + 1, eb, number;
end:
  do
  /* At the far end of a seal of the client's: with the agent's stolen key. */
  :: atomic { client == RESUMING && far[client_seal] != AGENT && empty(answer[client_seal]) ->
       if
       :: answer[client_seal]!DENIED, BY_NOBODY, client_seal
       :: answer[client_seal]!RESUMED, BY_NOBODY, client_seal
       :: recall(answered); answer[client_seal]!RESUMED, BY_AGENT, eb
       fi;
       eb = 0 }

  /* On a seal of its own: a Resume made up, or one that it has heard. */
  :: atomic { s < SEALS && empty(knock[s]) ->
       if
       :: invent(number); knock[s]!number, BY_NOBODY, s
       :: recall(said); knock[s]!said[eb], BY_CLIENT, eb
       fi;
       eb = 0;
       number = 0;
       s++ }
  od
}

/* ── What time brings, for every fair run ────────────────────────────────────────── */

/* No network: after the window both ends have ended. */
ltl ends_when_cut  { [] (cut -> <> (client == ENDED && agent == ENDED)) }
/* Nobody keeps a session that the other end has given up. */
ltl ends_together  { [] (((client == ENDED) -> <> (agent == ENDED)) &&
                         ((agent == ENDED) -> <> (client == ENDED))) }

/* ── Probes: each says that something never happens, and must be refuted ─────────── */

#ifdef PROBES
ltl never_resumed      { [] !(client == LIVE && agent == HELD && resumed_twice &&
                              client_seal == agent_seal) }
ltl never_replayed     { [] !(replay_denied && client == LIVE && resumed) }
ltl never_held_back    { [] !(old_one_denied && client == LIVE && resumed) }
ltl never_revoked      { [] !(policy_denied && client == ENDED && !cut) }
ltl never_too_late     { [] !(came_too_late && client == ENDED && !cut) }
ltl never_forged       { [] !(forgery_seen && client == LIVE && resumed) }
ltl never_ran_out      { [] !(cut && client == ENDED && agent == ENDED && resumed) }
#endif
