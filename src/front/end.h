/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One end of a session, the client's or the database's: a socket, in the clear or under TLS.
 * Whoever sends and receives here need not know which.
 */
#ifndef FRONT_END_H
#define FRONT_END_H

#include "base/buf.h"
#include "net/loop.h"
#include "tls/conn.h"

#include <stdint.h>

struct end {
	struct watch watch;                /* fd -1: not there (yet) */
	struct tls_conn tls;               /* ssl NULL: in the clear, or not yet under TLS */
	struct buf kept;                   /* what neither the socket nor TLS has taken */
	uint8_t drained, hangup, writable; /* what the edges told */
	uint8_t left;                      /* it has said that it sends no more */
	uint8_t told;                      /* enum end_told: that we send no more */
	uint8_t deaf; /* it has left for good: what is said to it is for nobody */
};

enum end_told { END_NOT_TOLD, END_TO_TELL, END_TOLD_TLS, END_TOLD };

void end_init(struct end *x, watch_ready *ready);

/* The loop has told of events on x->watch. */
void end_edge(struct end *x, uint32_t events);

/* Sends; what the socket does not take is kept. -1: whoever is there is gone. */
int end_send(struct end *x, const void *p, size_t n);

/* Sends what was kept. 1: all of it is gone, 0: not yet, -1: whoever is there is. */
int end_flush(struct end *x);

/* Whether some is kept: whoever sends more now only makes the pile higher. */
int end_is_full(const struct end *x);

/*
 * Receives up to size bytes (TLS_CHUNK at most): TLS_OK and *n, TLS_WANT_READ, TLS_WANT_TURN,
 * TLS_EOF or TLS_FAILED. To be called until it says something else than TLS_OK.
 */
enum tls_status end_recv(struct end *x, void *p, size_t size, size_t *n);

/*
 * Says that nothing more will be sent, behind what is kept: close_notify, then FIN. Once: each
 * shutdown() wakes whoever polls the socket, which would bring us back, and again, for ever.
 */
void end_finish(struct end *x);

/* Closes and frees; x is as after end_init. owner: of a signature that may be waited for. */
void end_close(struct end *x, void *owner);

#endif
