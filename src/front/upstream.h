/* SPDX-License-Identifier: Apache-2.0 */
/* A database behind an endpoint, as a relay sees it, and how a session's other end comes to be. */
#ifndef FRONT_UPSTREAM_H
#define FRONT_UPSTREAM_H

#include "front/end.h"
#include "front/relay.h"

struct upstream {
	struct upstream_config config;
	struct ssl_ctx_st *ctx; /* NULL: no TLS there */
	uint64_t *open;         /* sessions of this relay; in the statistics */
	uint64_t *failing;      /* 1: it did not answer… */
	uint64_t *tried;        /* …when it was last tried, clock_us(); there, too */
	unsigned address;       /* of config.address, the one that new sessions try first */
	unsigned failures;      /* in a row */
	uint64_t again_at;      /* clock_us(): not to be chosen before, if another answers */
};

/*
 * Begins to connect to that one of its addresses, and looks at how that goes; to be called until it
 * is decided. 1: connected; 0: under way, and the watch will tell; -1 with e->sys: nobody is there,
 * x is as it was before.
 */
int upstream_dial(struct upstream *u, unsigned address, struct end *x, struct err *e);

/* The address after this one, which does not answer: new sessions begin there from now on. */
unsigned upstream_turn(struct upstream *u, unsigned address, const char *why);

/*
 * A session goes there to see whether it answers again: until that is known, for a moment, others
 * are preferred for all other sessions.
 */
void upstream_probed(struct upstream *u, uint64_t now);

/*
 * Sends request as it is, the last thing in the clear (n 0: nothing), and begins TLS. The handshake
 * is then run by tls_conn_handshake(&x->tls, …).
 */
int upstream_secure(
    struct upstream *u, struct end *x, const void *request, size_t n, struct err *e);

/* It does not answer, or not as it should: others are preferred for a while. */
void upstream_failed(struct upstream *u, const char *why, uint64_t now);

/* It answers, but has no room: others are preferred for a while. */
void upstream_full(struct upstream *u, uint64_t now);

/* It has answered. */
void upstream_works(struct upstream *u);

#endif
