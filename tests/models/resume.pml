/* Resume, seen from the frames: one session, two honest ends, and a
 * network that kills carriers, holds back what it likes and delivers it late. Shows that
 * each counted frame is delivered exactly once and in order, and always from the session's
 * one carrier.
 *
 *   client                                    agent
 *     LIVE ── frames, Acknowledge ── carrier 0 ── adopted
 *      │ lost (or Move): detach, Resume{attempt, next} on the next carrier
 *   RESUMING ─────────── knock[1] ──────────────▶ check, detach the old, adopt
 *      │ ◀──────────────── Resumed{next} ────────── replay from the client's next
 *     LIVE: replay from the agent's next
 *
 * A frame's offset is its number here. On the wire frames carry no numbers: a receiver
 * knows them by counting. So does this model: the number inside a frame stands for its
 * content, and only assertions look at it.
 *
 * Who may resume, and when a session ends, is in takeover.pml.                        */

#ifndef FRAMES
#define FRAMES   5   /* counted frames that each end has to say */
#endif
#ifndef CARRIERS
#define CARRIERS 4   /* the login's carrier, and one for each Resume */
#endif
#define KEPT     3   /* frames that an end keeps unacknowledged (4 MiB): then back-pressure */
#define FLIGHT   2   /* frames on their way in one direction of a carrier */
#define LAST     (CARRIERS - 1)   /* the network has done its worst by then */
#define NONE     CARRIERS

mtype = { COUNTED, ACKNOWLEDGE, RESUMED, DENIED };
mtype = { LIVE, LOST, RESUMING };

/* One inner TLS each: in order and unforgeable, but late as the network likes. */
chan up[CARRIERS]    = [FLIGHT] of { mtype, byte };   /* client to agent, once resumed */
chan down[CARRIERS]  = [FLIGHT] of { mtype, byte };   /* agent to client */
chan knock[CARRIERS] = [1] of { byte, byte };         /* Resume{attempt, next} */

/* What an end keeps of a session while carriers come and go. */
typedef End {
  byte made;          /* counted frames that this end has to say, so far */
  byte acknowledged;  /* of these, the other end has so many: the rest is kept */
  byte next_out;      /* the next frame to say on the present carrier */
  byte got;           /* counted frames that have arrived: the next that is expected */
  byte told;          /* the last `next` that was said to the other end */
  byte current;       /* the carrier, or NONE */
  bool half;          /* a frame has arrived in part … */
  byte half_of;       /* … over this carrier */
  byte delivered;     /* for the assertions only: frames delivered, and … */
  byte delivered_of;  /* … the carrier of the last one */
#ifdef PROBES
  byte replays_to;    /* what is said from here on was not said before */
#endif
}
End client, agent;
mtype phase = LIVE;       /* the client's; the agent is live on what it has adopted */
byte  attempt = 0;        /* grows by one with each Resume that the client sends */
byte  last_taken = 0;     /* the agent's: the last attempt that it took */
bool  client_reads[CARRIERS], agent_reads[CARRIERS];
byte  newest_adopted = 0;  /* for the assertions only */

/* What the probes ask for; left out where nobody asks, as it multiplies the states. */
#ifdef PROBES
bool replayed, replay_cut, answer_lost, old_one_denied, was_full;
#define note(what, truth)  what = what || (truth)
#else
#define note(what, truth)  skip
#endif

/* ── The properties ─────────────────────────────────────────────────────────────── */

#define IN_ORDER_AND_ONCE(end)  assert(number == end.delivered)
#define WHOLE_FROM_ONE(k, end)  assert(end.half_of == k)
#define ONE_CARRIER_CLIENT(k)   assert(k == client.current && phase == LIVE && \
                                       (agent.current == k || agent.current == NONE))
#define ONE_CARRIER_AGENT(k)    assert(k == agent.current && k >= agent.delivered_of && \
                                       (phase != LIVE || client.current == k))
#define NOT_STOLEN_BACK(k)      assert(k > newest_adopted)
#define NEXT_IS_KEPT(next, end) assert(end.acknowledged <= next && next <= end.made)
#define NEXT_WAS_SAID(next, end) assert(end.acknowledged <= next && next <= end.next_out)
/* Nothing lost: an end leaves its loop only when both directions are through, and every
   run comes to an end, since all counters only grow. Whoever stays behind is an invalid
   end state, and Spin reports it. */
#define through(end)            (end.delivered == FRAMES && end.told == FRAMES && \
                                 end.acknowledged == FRAMES)

/* ── What both ends do ──────────────────────────────────────────────────────────── */

/* A program hands a frame over: also while there is no carrier, until too much is kept. */
#define may_make(end)  (end.made < FRAMES && end.made - end.acknowledged < KEPT)

#ifdef MUTANT_RELEASED_UNACKNOWLEDGED
#define release_said(end)  end.acknowledged = end.next_out
#else
#define release_said(end)  skip
#endif

/* Replay and going on are one thing: say what comes next, and count on. What is said on
   a carrier that nobody reads any more comes to nothing. */
inline say_frame(end, lane, read_there) {
  if
  :: read_there -> lane!COUNTED(end.next_out)
  :: else
  fi;
  end.next_out++;
  release_said(end)
}

inline say_acknowledge(end, lane, read_there) {
  if
  :: read_there -> lane!ACKNOWLEDGE(end.got)
  :: else
  fi;
  end.told = end.got
}

/* The first bytes of a frame are here, its end is not. */
inline begin_frame(end, k) {
  end.half = true;
  end.half_of = k;
#ifdef MUTANT_HALF_COUNTED
  end.got++
#endif
}

inline deliver(end, k, number) {
  WHOLE_FROM_ONE(k, end);
  IN_ORDER_AND_ONCE(end);
  end.delivered++;
#ifndef MUTANT_HALF_COUNTED
  end.got++;
#endif
  end.half = false;
  end.half_of = 0;
  end.delivered_of = k
}

/* What the other end has is let go: after Acknowledge … */
inline release(end, next) {
  NEXT_WAS_SAID(next, end);
  end.acknowledged = next
}

/* … and after Resume and Resumed, whose `next` is also where to go on from. */
inline go_on_from(end, next) {
  NEXT_IS_KEPT(next, end);
  note(replayed, next < end.next_out);
#ifdef PROBES
  end.replays_to = end.next_out;
#endif
#if defined(MUTANT_REPLAY_FROM_KEPT)
  end.next_out = end.acknowledged;
#elif !defined(MUTANT_REPLAY_FORGOTTEN)
  end.next_out = next;
#endif
  end.acknowledged = next
}

/* Nothing more is read from this carrier, and a frame that came in part goes with it. */
inline detach(end, reading, lane) {
  reading = false;
  do
  :: nempty(lane) -> lane?_, _
  :: empty(lane) -> break
  od;
#ifndef MUTANT_HALF_FRAME_KEPT
  end.half = false;
  end.half_of = 0
#endif
}

/* ── The client ─────────────────────────────────────────────────────────────────── */

inline read_client() {
  if
  :: down[k]?[COUNTED, _] && !client.half -> begin_frame(client, k)
  :: down[k]?[COUNTED, _] && client.half ->
       down[k]?COUNTED, number;
       ONE_CARRIER_CLIENT(k);
       deliver(client, k, number)
  :: down[k]?ACKNOWLEDGE, number -> release(client, number)
  :: down[k]?RESUMED, number ->
       go_on_from(client, number);
       phase = LIVE
  :: down[k]?DENIED, number -> assert(false)   /* never to the client's newest attempt */
  fi;
  number = 0;
  k = 0
}

proctype Client() {
  byte k, number;
  do
  :: atomic { may_make(client) ->
       client.made++;
       note(was_full, client.made - client.acknowledged == KEPT) }

#ifdef MUTANT_CLIENT_SAYS_EARLY
  :: atomic { client.next_out < client.made &&
#else
  :: atomic { phase == LIVE && client.next_out < client.made &&
#endif
              nfull(up[client.current]) ->
       say_frame(client, up[client.current], agent_reads[client.current]) }

  :: atomic { phase == LIVE && client.told < client.got && nfull(up[client.current]) ->
       say_acknowledge(client, up[client.current], agent_reads[client.current]) }

  /* It reads from what it has not detached: one carrier, unless a rule is broken. */
  :: atomic { nempty(down[client.current]) ->
       k = client.current; read_client() }
#ifdef MUTANT_CLIENT_READS_ON
  :: atomic { client.current > 0 && nempty(down[client.current - 1]) ->
       k = client.current - 1; read_client() }
#endif

  /* The carrier is lost, or thought to be (a Ping without a Pong, no Resumed in time):
     at any moment. */
  :: atomic { phase != LOST && client.current < LAST ->
       note(answer_lost, phase == RESUMING && agent.current == client.current);
       note(replay_cut, phase == LIVE && client.acknowledged < client.next_out &&
                        client.next_out < client.replays_to);
#ifndef MUTANT_CLIENT_READS_ON
       detach(client, client_reads[client.current], down[client.current]);
#endif
       phase = LOST }

  /* Resume, over a new carrier: after a loss, or instead of one (the agent said Move).
     What is left of the old carrier is detached first. */
  :: atomic { phase != RESUMING && client.current < LAST ->
#ifndef MUTANT_CLIENT_READS_ON
       detach(client, client_reads[client.current], down[client.current]);
#endif
       client.current++;
       client_reads[client.current] = true;
       phase = RESUMING;
       attempt++;
       client.told = client.got;
       knock[client.current]!attempt, client.got }

  :: atomic { phase == LIVE && client.current == LAST && through(client) -> break }
  od
}

/* ── The agent ──────────────────────────────────────────────────────────────────── */

inline read_agent() {
  if
  :: up[k]?[COUNTED, _] && !agent.half -> begin_frame(agent, k)
  :: up[k]?[COUNTED, _] && agent.half ->
       up[k]?COUNTED, number;
       ONE_CARRIER_AGENT(k);
       deliver(agent, k, number)
  :: up[k]?ACKNOWLEDGE, number -> release(agent, number)
  fi;
  number = 0;
  k = 0
}

/* Check everything first; only then detach the old carrier, adopt the new one, answer,
   and replay. */
inline hear_resume() {
  knock[k]?says, number;
#ifdef MUTANT_DETACH_BEFORE_CHECK
  if
  :: agent.current != NONE ->
       detach(agent, agent_reads[agent.current], up[agent.current]);
       agent.current = NONE
  :: else
  fi;
#endif
  if
#ifdef MUTANT_NO_ATTEMPT_NUMBER
  :: true ->
#elif defined(MUTANT_NO_ATTEMPT_LEFT_OUT)
  :: says == last_taken + 1 ->
#else
  :: says > last_taken ->
#endif
       NOT_STOLEN_BACK(k);
       newest_adopted = k;
       last_taken = says;
       if
       :: agent.current != NONE ->
#ifndef MUTANT_AGENT_READS_ON
            detach(agent, agent_reads[agent.current], up[agent.current])
#endif
       :: else
       fi;
       agent.current = k;
       agent_reads[k] = true;
       go_on_from(agent, number);
       agent.told = agent.got;
       if
       :: client_reads[k] -> down[k]!RESUMED(agent.got)
       :: else
       fi
#ifndef MUTANT_NO_ATTEMPT_NUMBER
  :: else ->
       note(old_one_denied, true);
       if
       :: client_reads[k] -> down[k]!DENIED(0)
       :: else
       fi
#endif
  fi;
  number = 0;
  says = 0;
  k = 0
}

proctype Agent() {
  byte k, number, says;
  do
  :: atomic { may_make(agent) ->
       agent.made++;
       note(was_full, agent.made - agent.acknowledged == KEPT) }

  :: atomic { agent.current != NONE && agent.next_out < agent.made &&
              nfull(down[agent.current]) ->
       say_frame(agent, down[agent.current], client_reads[agent.current]) }

  :: atomic { agent.current != NONE && agent.told < agent.got &&
              nfull(down[agent.current]) ->
       say_acknowledge(agent, down[agent.current], client_reads[agent.current]) }

  :: atomic { nempty(up[0]) -> k = 0; read_agent() }
  :: atomic { nempty(up[1]) -> k = 1; read_agent() }
  :: atomic { nempty(up[2]) -> k = 2; read_agent() }
#if CARRIERS > 3
  :: atomic { nempty(up[3]) -> k = 3; read_agent() }
#endif

  /* A Resume arrives: from any carrier, and as late as the network likes. */
  :: atomic { nempty(knock[1]) -> k = 1; hear_resume() }
  :: atomic { nempty(knock[2]) -> k = 2; hear_resume() }
#if CARRIERS > 3
  :: atomic { nempty(knock[3]) -> k = 3; hear_resume() }
#endif

  /* The carrier is lost, or thought to be. The session waits for a Resume. */
  :: atomic { agent.current < LAST ->
       detach(agent, agent_reads[agent.current], up[agent.current]);
       agent.current = NONE }

  :: atomic { agent.current == LAST && through(agent) -> break }
  od
}

init {   /* logged in, over carrier 0 */
  atomic {
    client_reads[0] = true;
    agent_reads[0] = true;
    run Client();
    run Agent()
  }
}

/* ── Probes: each says that something never happens, and must be refuted ─────────── */

#ifdef PROBES
#define all_done   (phase == LIVE && client.current == LAST && agent.current == LAST && \
                    through(client) && through(agent))

ltl never_resumed    { [] !(all_done && attempt > 0) }
ltl never_replayed   { [] !(all_done && replayed) }
ltl never_cut_again  { [] !(all_done && replay_cut) }
ltl never_unanswered { [] !(all_done && answer_lost) }
ltl never_held_back  { [] !(all_done && old_one_denied) }
ltl never_full       { [] !(all_done && was_full) }
#endif
