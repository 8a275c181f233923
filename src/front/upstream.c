/* SPDX-License-Identifier: Apache-2.0 */
#include "front/upstream.h"

#include "front/relay_state.h"
#include "net/sock.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define HANGUP (EPOLLRDHUP | EPOLLHUP | EPOLLERR)

void upstream_init(struct upstream *u, watch_ready *ready)
{
	*u = (struct upstream) { .watch = { .ready = ready, .fd = -1 },
		.kept = buf_new(2 * TLS_CHUNK) };
}

/* ---- dialling -------------------------------------------------------------------------------- */

static int begin(struct upstream *u, const struct upstream_config *to, struct err *e)
{
	/* A Unix socket is asked for room only once it has none: see loop_want_room. */
	enum loop_how how = to->path[0] ? LOOP_INPUT : LOOP_EDGE;

	u->watch.fd = to->path[0] ? sock_connect_unix(to->path, e) : sock_connect_tcp(&to->addr, e);
	if (u->watch.fd < 0)
		return -1;
	u->connected = to->path[0] != '\0';
	return loop_add(&relay.loop, &u->watch, how, e);
}

int upstream_dial(struct upstream *u, const struct upstream_config *to, struct err *e)
{
	int connected = 1;

	if (u->watch.fd < 0 && begin(u, to, e) < 0)
		connected = -1;
	if (connected > 0 && !u->connected)
		connected = sock_connected(u->watch.fd, e);
	u->connected = connected > 0;
	if (connected < 0)
		upstream_close(u);
	return connected;
}

void upstream_edge(struct upstream *u, uint32_t events)
{
	int hangup = (events & HANGUP) != 0;

	if (events & (EPOLLIN | HANGUP))
		u->drained = 0;
	if (events & EPOLLOUT)
		u->writable = 1;
	u->hangup |= (uint8_t)hangup;
	tls_conn_edge(&u->tls, hangup);
}

int upstream_secure(struct upstream *u, struct ssl_ctx_st *ctx, const char *name,
    const void *request, size_t n, struct err *e)
{
	/* A new connection's socket takes so few bytes, or it is broken. */
	if (send(u->watch.fd, request, n, MSG_NOSIGNAL) != (ssize_t)n)
		return err_sys(e, "ask the database for TLS");
	return tls_conn_start_client(&u->tls, ctx, u->watch.fd, name, e);
}

/* ---- sending --------------------------------------------------------------------------------- */

/* Sends as much as goes: how much that was, or -1. The rest is to be kept. */
static ssize_t send_plain(struct upstream *u, const void *p, size_t n)
{
	ssize_t sent = send(u->watch.fd, p, n, MSG_NOSIGNAL);

	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		return -1;
	return sent > 0 ? sent : 0;
}

/* The same under TLS, where what OpenSSL has taken counts as sent: u->tls keeps the records. */
static ssize_t send_tls(struct upstream *u, const uint8_t *p, size_t n)
{
	size_t sent = 0;

	while (sent < n && !u->tls.out) {
		size_t part = n - sent < TLS_CHUNK ? n - sent : TLS_CHUNK;

		if (tls_conn_write(&u->tls, p + sent, part) == TLS_FAILED)
			return -1;
		sent += part;
	}
	return (ssize_t)sent;
}

static ssize_t send_some(struct upstream *u, const void *p, size_t n)
{
	ssize_t sent = u->tls.ssl ? send_tls(u, p, n) : send_plain(u, p, n);

	if (sent >= 0 && ((size_t)sent < n || u->tls.out)) {
		u->writable = 0;
		loop_want_room(&relay.loop, &u->watch);
	}
	return sent;
}

int upstream_is_full(const struct upstream *u)
{
	return u->kept.n > 0 || u->tls.out != NULL;
}

int upstream_send(struct upstream *u, const void *p, size_t n)
{
	ssize_t sent = upstream_is_full(u) ? 0 : send_some(u, p, n);

	if (sent < 0)
		return -1;
	return buf_add(&u->kept, (const uint8_t *)p + sent, n - (size_t)sent);
}

int upstream_flush(struct upstream *u)
{
	ssize_t sent;

	if (!upstream_is_full(u))
		return 1;
	if (!u->writable)
		return 0;
	if (u->tls.out && tls_conn_flush(&u->tls) == TLS_FAILED)
		return -1;
	if (u->tls.out) {
		u->writable = 0;
		return 0;
	}
	sent = send_some(u, u->kept.p, u->kept.n);
	if (sent < 0)
		return -1;
	buf_drop(&u->kept, (size_t)sent);
	if (upstream_is_full(u))
		return 0;
	buf_free(&u->kept);
	return 1;
}

/* ---- receiving ------------------------------------------------------------------------------- */

enum tls_status upstream_recv(struct upstream *u, void *p, size_t size, size_t *n)
{
	ssize_t got;

	if (u->tls.ssl)
		return tls_conn_read(&u->tls, p, size, n);
	*n = 0;
	if (u->drained && !u->hangup)
		return TLS_WANT_READ;
	got = recv(u->watch.fd, p, size, 0);
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		return TLS_FAILED;
	/* A short read took all there was: the next edge will tell of more. */
	u->drained = got < (ssize_t)size;
	if (got == 0)
		return TLS_EOF;
	*n = got > 0 ? (size_t)got : 0;
	return got > 0 ? TLS_OK : TLS_WANT_READ;
}

/* ---- the end --------------------------------------------------------------------------------- */

void upstream_finish(struct upstream *u)
{
	tls_conn_close_notify(&u->tls);
	(void)shutdown(u->watch.fd, SHUT_WR);
}

void upstream_close(struct upstream *u)
{
	if (u->watch.fd < 0)
		return;
	tls_conn_free(&u->tls, NULL);
	buf_free(&u->kept);
	loop_forget(&u->watch);
	close(u->watch.fd);
	upstream_init(u, u->watch.ready);
}
