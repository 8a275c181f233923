/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database's end of a session: over a Unix socket as it is, over TCP under TLS. Whoever sends
 * and receives here need not know which.
 */
#ifndef FRONT_UPSTREAM_H
#define FRONT_UPSTREAM_H

#include "base/buf.h"
#include "front/relay.h"
#include "net/loop.h"
#include "tls/conn.h"

#include <stdint.h>

struct upstream {
	struct watch watch;  /* fd -1: not there (yet) */
	struct tls_conn tls; /* ssl NULL: no TLS, or not yet */
	struct buf kept;     /* what the socket did not take */
	uint8_t connected;
	uint8_t drained, hangup, writable; /* what the edges told */
};

void upstream_init(struct upstream *u, watch_ready *ready);

/*
 * Begins to connect, and looks at how that goes; to be called until it is decided. 1: connected; 0:
 * under way, and the watch will tell; -1 with e->sys: nobody is there, u is as it was before.
 */
int upstream_dial(struct upstream *u, const struct upstream_config *to, struct err *e);

/* The loop has told of events on u->watch. */
void upstream_edge(struct upstream *u, uint32_t events);

/*
 * Sends request as it is, the last thing in the clear, and begins TLS. The handshake is then run by
 * tls_conn_handshake(&u->tls, …).
 */
int upstream_secure(struct upstream *u, struct ssl_ctx_st *ctx, const char *name,
    const void *request, size_t n, struct err *e);

/* Sends; what the socket does not take is kept. -1: the database is gone. */
int upstream_send(struct upstream *u, const void *p, size_t n);

/* Sends what was kept. 1: all of it is gone, 0: not yet, -1: the database is. */
int upstream_flush(struct upstream *u);

/* Whether some is kept: whoever sends more now only makes the pile higher. */
int upstream_is_full(const struct upstream *u);

/*
 * Receives up to size bytes (TLS_CHUNK at most): TLS_OK and *n, TLS_WANT_READ, TLS_WANT_TURN,
 * TLS_EOF or TLS_FAILED. To be called until it says something else than TLS_OK.
 */
enum tls_status upstream_recv(struct upstream *u, void *p, size_t size, size_t *n);

/* Says that nothing more will be sent. */
void upstream_finish(struct upstream *u);

/* Closes and frees; u is as after upstream_init. */
void upstream_close(struct upstream *u);

#endif
