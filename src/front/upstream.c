/* SPDX-License-Identifier: Apache-2.0 */
#include "front/upstream.h"

#include "front/relay_state.h"
#include "net/sock.h"

#include <sys/socket.h>

static int begin(struct end *x, const struct upstream_config *to, struct err *e)
{
	/* A Unix socket is asked for room only once it has none: see loop_want_room. */
	enum loop_how how = to->path[0] ? LOOP_INPUT : LOOP_EDGE;

	x->watch.fd = to->path[0] ? sock_connect_unix(to->path, e) : sock_connect_tcp(&to->addr, e);
	return x->watch.fd < 0 ? -1 : loop_add(&relay.loop, &x->watch, how, e);
}

int upstream_dial(struct end *x, const struct upstream_config *to, struct err *e)
{
	int connected = 0;

	if (x->watch.fd < 0)
		connected = begin(x, to, e);
	if (connected == 0)
		connected = to->path[0] ? 1 : sock_connected(x->watch.fd, e);
	if (connected < 0)
		end_close(x, NULL);
	return connected;
}

int upstream_secure(struct end *x, struct ssl_ctx_st *ctx, const char *name, const void *request,
    size_t n, struct err *e)
{
	/* A new connection's socket takes so few bytes, or it is broken. */
	if (send(x->watch.fd, request, n, MSG_NOSIGNAL) != (ssize_t)n)
		return err_sys(e, "ask the database for TLS");
	return tls_conn_start_client(&x->tls, ctx, x->watch.fd, name, e);
}
