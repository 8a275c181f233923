/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to an endpoint, in plaintext or inside TLS, that waits for nothing longer than the
 * step in hand lasts. A function that fails returns -1 and has said in end how it ended.
 */
#ifndef PROBE_TALK_H
#define PROBE_TALK_H

#include "base/buf.h"
#include "probe/facts.h"
#include "net/addr.h"

struct ssl_st;

#define TALK_HEARD 4096          /* bytes that are kept as they came */
#define TALK_IN    (1024 * 1024) /* bytes that may wait to be read; more is cut off */

struct talk {
	int fd;              /* -1: there is no connection */
	uint64_t until;      /* clock_us() at which the step is over */
	int stop;            /* every step is over when this can be read from; 0: there is none */
	struct ssl_st *ssl;  /* NULL: plaintext */
	struct buf in;       /* came, and was not used yet; inside TLS what it protects */
	struct buf heard;    /* the first bytes that came after talk_shake began */
	enum facts_end end;  /* of what failed last */
	enum facts_end sent; /* how sending has failed: what came before that is read first */
	int alert;           /* the last that came; -1: none */
	int notified;        /* close_notify came */
	int asked;           /* a client certificate was asked for */
	char why[FACTS_TEXT];
};

void talk_init(struct talk *t);

/* The step that begins now may last so many milliseconds. */
void talk_step(struct talk *t, int ms);

int talk_connect(struct talk *t, const struct addr *to);

/* Sends all of it. What can't be sent is found out by whoever listens next. */
void talk_say(struct talk *t, const void *p, size_t n);

/* Waits until more has come, which is appended to in. */
int talk_hear(struct talk *t);

/* Waits until in has at least n bytes. */
int talk_need(struct talk *t, size_t n);

/*
 * The handshake of a client, with an SSL that has nothing to read from yet; it is taken, and freed
 * by talk_close. FACTS_STRANGE: what came, in heard, is no TLS.
 */
int talk_shake(struct talk *t, struct ssl_st *ssl);

/* Reads on what came instead of TLS, into heard, until a record of TLS begins in it (1) or nothing
 * more comes (0). */
int talk_overhear(struct talk *t);

void talk_close(struct talk *t);

#endif
