/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One client's connection through the door: two ends, one stage, one deadline, one reason to end.
 *
 * A protocol's life is a table of stages in the order in which they happen. A stage's function is
 * called whenever something may have changed and returns what comes next. Only session_end closes,
 * frees, counts and logs.
 */
#ifndef FRONT_SESSION_H
#define FRONT_SESSION_H

#include "base/buf.h"
#include "front/crowd.h"
#include "front/end.h"
#include "front/endpoint.h"
#include "front/reasons.h"
#include "net/addr.h"
#include "net/deadline.h"
#include "wire/turn.h"

#include <stddef.h>
#include <stdint.h>

/* All stages that there are; a life has those that it needs, in its own order. */
enum stage_id {
	STAGE_PROXY,
	STAGE_ACCESS,
	STAGE_ROOM,
	STAGE_DIAL,
	STAGE_GREETING,
	STAGE_UPGRADE,
	STAGE_TLS,
	STAGE_UPSTREAM_TLS,
	STAGE_LOGIN,
	STAGE_PUMP,
	STAGE_LINGER, /* a refusal has been sent: wait until the client has read it */
	STAGES
};

enum step {
	STEP_NEXT,  /* go on with the next stage */
	STEP_WAIT,  /* until one of the ends, or the key process, has something */
	STEP_AGAIN, /* there is more to do, but others have waited: next turn of the loop */
	STEP_END    /* session->reason says why */
};

struct session;
struct entry; /* what is needed until it is let in; stages.h */

struct stage {
	enum stage_id id;
	enum step (*run)(struct session *s);
	enum reason late; /* why it ends when the stage's time is over */
};

/* What is the same in every life. */
struct stage_facts {
	const char *name;
	unsigned seconds; /* until the deadline; 0: none */
};
extern const struct stage_facts stage_facts[STAGES];

/* A protocol's life. */
struct life {
	const char *protocol;
	const struct stage *stages; /* in the order in which they happen; the last: STAGE_LINGER */
	/* Tells the client why it is refused, as far as the stage has words for that. */
	void (*say)(struct session *s, const struct reason_row *row);
	/* Frees what s->entry holds, not s->entry itself; NULL: nothing. */
	void (*forget)(struct entry *entry);
	/*
	 * The stage's time is over. 1: it is waited for longer, or the session has gone elsewhere;
	 * 0: it has waited long enough. NULL: it always has.
	 */
	int (*is_patient)(struct session *s);
	/* What a client says last when it goes in peace; quit_n 0: there is no such word. */
	const uint8_t *quit;
	size_t quit_n;
	int half_close; /* 1: a service that says no more may go on listening */
};
extern const struct life life_mysql, life_tls;

/* What a PROXY header said, and who sent it. */
struct proxied {
	struct addr sender;
	struct addr to; /* where the client had connected to; family 0: to here */
};

/*
 * What a session is while it idles: small, since there may be tens of thousands. OpenSSL's part is
 * not counted here.
 */
struct session {
	struct endpoint *at;
	struct upstream *via; /* the database that was chosen; NULL: none yet */
	struct end client, upstream;
	struct deadline deadline;
	struct session *again;   /* the next in the relay's list of those to run again */
	struct entry *entry;     /* NULL: not in yet, or let in */
	struct addr peer;        /* the client; a PROXY header's, if there was one */
	struct proxied *proxied; /* NULL: no header */
	uint64_t started;        /* clock_us() */
	uint64_t dialled;        /* when the upstream was */
	uint64_t bytes_up, bytes_down;
	const struct stage *stage;
	uint32_t us_greeting, us_tls, us_login; /* from started until each was done; 0: not done */
	uint8_t reason;
	uint8_t reached; /* the id of the last stage before it lingered, for the log */
	uint8_t in_again;
	uint16_t error;       /* the MySQL error that the client was given, for the log; 0: none */
	uint8_t connected;    /* counted in via->open */
	uint8_t plain;        /* the client goes without TLS */
	uint8_t quit;         /* the client's last word was its life's goodbye */
	uint8_t client_first; /* of the two ends the client left first */
	struct turn_state turn;  /* whose it is to speak, once logged in */
	uint8_t alert;           /* of TLS that the client ended its handshake with; 0: none */
	char user[34];           /* quoted for the log */
	char *certificate;       /* whose the client showed, quoted for the log; NULL: none */
	struct tls_hello *hello; /* the client's, until it is logged in; NULL: none */
};

/* Begins a session on an accepted socket, which it owns from now on. */
void session_begin(int fd, const struct addr *peer, struct endpoint *at);

/* Runs the stages as far as they go. */
void session_run(struct session *s);

/*
 * Tells the client why it is refused, in the form of the stage it is in, and goes to STAGE_LINGER.
 * Returns what the stage's function must return.
 */
enum step session_refuse(struct session *s, enum reason reason);

/* Closes the database's end. */
void session_leave_upstream(struct session *s);

/* Notes why; returns STEP_END. */
enum step session_over(struct session *s, enum reason reason);

/* Goes to a stage of its life out of the order. */
void session_enter(struct session *s, enum stage_id stage);

/* The end: the one place that closes, frees, counts and writes the log line. */
void session_end(struct session *s, enum reason reason);

/* STAGE_PROXY (sender.c): the PROXY header, from those that must send one. */
enum step sender_run(struct session *s);

/* Sends a PROXY header with the client's address to the database. -1 with e->sys. */
int sender_introduce(struct session *s, struct err *e);

/* STAGE_PUMP (pump.c): bytes both ways, without looking at them, until both ends are done. */
enum step pump_run(struct session *s);

#endif
