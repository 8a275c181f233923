/* SPDX-License-Identifier: Apache-2.0 */
#include "front/end.h"

#include "front/relay_state.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define HANGUP (EPOLLRDHUP | EPOLLHUP | EPOLLERR)

void end_init(struct end *x, watch_ready *ready)
{
	*x = (struct end) { .watch = { .ready = ready, .fd = -1 }, .kept = buf_new(2 * TLS_CHUNK) };
}

void end_edge(struct end *x, uint32_t events)
{
	int hangup = (events & HANGUP) != 0;

	if (events & EPOLLOUT)
		x->writable = 1;
	if (!(events & (EPOLLIN | HANGUP)))
		return;
	x->drained = 0;
	x->hangup |= (uint8_t)hangup;
	tls_conn_edge(&x->tls, hangup);
}

/* ---- sending --------------------------------------------------------------------------------- */

/* Sends as much as goes: how much that was, or -1. The rest is to be kept. */
static ssize_t send_plain(struct end *x, const void *p, size_t n)
{
	ssize_t sent = send(x->watch.fd, p, n, MSG_NOSIGNAL);

	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		return -1;
	return sent > 0 ? sent : 0;
}

/* The same under TLS, where what OpenSSL has taken counts as sent: x->tls keeps the records. */
static ssize_t send_tls(struct end *x, const uint8_t *p, size_t n)
{
	size_t sent = 0;

	while (sent < n && !x->tls.out) {
		size_t part = n - sent < TLS_CHUNK ? n - sent : TLS_CHUNK;

		if (tls_conn_write(&x->tls, p + sent, part) == TLS_FAILED)
			return -1;
		sent += part;
	}
	return (ssize_t)sent;
}

static ssize_t send_some(struct end *x, const void *p, size_t n)
{
	ssize_t sent = x->tls.ssl ? send_tls(x, p, n) : send_plain(x, p, n);

	if (sent >= 0 && ((size_t)sent < n || x->tls.out)) {
		x->writable = 0;
		loop_want_room(&relay.loop, &x->watch);
	}
	return sent;
}

int end_is_full(const struct end *x)
{
	return x->kept.n > 0 || x->tls.out != NULL;
}

int end_send(struct end *x, const void *p, size_t n)
{
	ssize_t sent = end_is_full(x) ? 0 : send_some(x, p, n);

	if (sent < 0)
		return -1;
	return buf_add(&x->kept, (const uint8_t *)p + sent, n - (size_t)sent);
}

/* As far as it goes: close_notify behind what is kept, FIN behind close_notify. */
static void tell(struct end *x)
{
	if (x->told == END_TO_TELL && x->kept.n == 0) {
		tls_conn_close_notify(&x->tls);
		x->told = END_TOLD_TLS;
	}
	if (x->told != END_TOLD_TLS || x->tls.out)
		return;
	(void)shutdown(x->watch.fd, SHUT_WR);
	x->told = END_TOLD;
}

void end_finish(struct end *x)
{
	if (x->told == END_NOT_TOLD)
		x->told = END_TO_TELL;
	tell(x);
}

/* What TLS keeps, then what it has not yet taken. */
static int flush_some(struct end *x)
{
	ssize_t sent;

	if (tls_conn_flush(&x->tls) == TLS_FAILED)
		return -1;
	if (x->tls.out) {
		x->writable = 0;
		return 0;
	}
	sent = x->kept.n ? send_some(x, x->kept.p, x->kept.n) : 0;
	if (sent < 0)
		return -1;
	buf_drop(&x->kept, (size_t)sent);
	if (x->kept.n == 0)
		buf_free(&x->kept);
	return 0;
}

int end_flush(struct end *x)
{
	if (!end_is_full(x))
		return 1;
	if (!x->writable)
		return 0;
	if (flush_some(x) < 0)
		return -1;
	tell(x);
	return !end_is_full(x);
}

/* ---- receiving ------------------------------------------------------------------------------- */

enum tls_status end_recv(struct end *x, void *p, size_t size, size_t *n)
{
	ssize_t got;

	if (x->tls.ssl)
		return tls_conn_read(&x->tls, p, size, n);
	*n = 0;
	if (x->drained && !x->hangup)
		return TLS_WANT_READ;
	got = recv(x->watch.fd, p, size, 0);
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		return TLS_FAILED;
	/* A short read took all there was: the next edge will tell of more. */
	x->drained = got < (ssize_t)size;
	if (got == 0)
		return TLS_EOF;
	*n = got > 0 ? (size_t)got : 0;
	return got > 0 ? TLS_OK : TLS_WANT_READ;
}

/* ---- the end of the end ---------------------------------------------------------------------- */

void end_close(struct end *x, void *owner)
{
	if (x->watch.fd < 0)
		return;
	tls_conn_free(&x->tls, owner);
	buf_free(&x->kept);
	loop_forget(&x->watch);
	close(x->watch.fd);
	end_init(x, x->watch.ready);
}
