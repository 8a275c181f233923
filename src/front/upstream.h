/* SPDX-License-Identifier: Apache-2.0 */
/* How a session's other end comes to be: a Unix socket as it is, TCP with TLS over it. */
#ifndef FRONT_UPSTREAM_H
#define FRONT_UPSTREAM_H

#include "front/end.h"
#include "front/relay.h"

/*
 * Begins to connect, and looks at how that goes; to be called until it is decided. 1: connected; 0:
 * under way, and the watch will tell; -1 with e->sys: nobody is there, x is as it was before.
 */
int upstream_dial(struct end *x, const struct upstream_config *to, struct err *e);

/*
 * Sends request as it is, the last thing in the clear, and begins TLS. The handshake is then run by
 * tls_conn_handshake(&x->tls, …).
 */
int upstream_secure(struct end *x, struct ssl_ctx_st *ctx, const char *name, const void *request,
    size_t n, struct err *e);

#endif
