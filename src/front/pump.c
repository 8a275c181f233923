/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After the login nothing is looked at any more: bytes go both ways until both ends are done. Each
 * direction reads one chunk, hands it on, and reads the next only when the other side took it all.
 */
#include "base/clock.h"
#include "front/relay_state.h"
#include "front/session.h"

#include <string.h>
#include <sys/socket.h>

/* Chunks that one session may move in one direction before the others have their turn. */
#define CHUNKS_PER_TURN 8

/* The one thing that is looked at, for the log: a client that goes in peace says this. */
static const uint8_t com_quit[] = { 1, 0, 0, 0, 1 };

/* The plaintext that is on its way, of whichever session is being served. */
static uint8_t plain[TLS_CHUNK];

/* One end has left: the other may finish what it is saying, but not for ever. */
static void half_closed(struct session *s)
{
	if (s->deadline.queue != &relay.half_closed)
		deadline_set(&relay.half_closed, &s->deadline, clock_us());
}

static enum step client_left(struct session *s)
{
	s->client_done = 1;
	if (s->up_done)
		return session_over(s, REASON_UPSTREAM_CLOSED);
	upstream_finish(&s->upstream);
	half_closed(s);
	return STEP_WAIT;
}

/*
 * Its FIN goes out behind the close_notify, not before; and once: each shutdown() wakes whoever
 * polls the socket, which would bring us here again, and again until the client has left.
 */
static void end_to_client(struct session *s)
{
	if (s->tls.out || s->client_told)
		return;
	s->client_told = 1;
	(void)shutdown(s->client.fd, SHUT_WR);
}

static enum step upstream_left(struct session *s)
{
	s->up_done = 1;
	tls_conn_close_notify(&s->tls);
	if (s->client_done && !s->tls.out)
		return session_over(s, REASON_CLIENT_QUIT);
	end_to_client(s);
	half_closed(s);
	return STEP_WAIT;
}

/* client -> database */
static enum step pump_to_database(struct session *s)
{
	int chunks = 0;
	int flushed = upstream_flush(&s->upstream);

	if (flushed < 0)
		return session_over(s, REASON_UPSTREAM_LOST);
	if (!flushed || s->client_done)
		return STEP_WAIT;
	while (chunks++ < CHUNKS_PER_TURN) {
		size_t n;
		enum tls_status st = tls_conn_read(&s->tls, plain, sizeof plain, &n);

		if (st == TLS_EOF)
			return client_left(s);
		if (st == TLS_FAILED)
			return session_over(s, REASON_RESET);
		if (st == TLS_WANT_TURN)
			return STEP_AGAIN;
		if (st != TLS_OK)
			return STEP_WAIT;
		s->bytes_up += n;
		s->quit = n == sizeof com_quit && memcmp(plain, com_quit, n) == 0;
		/* After its end the database takes no more: what the client still says is for
		 * nobody. */
		if (!s->up_done && upstream_send(&s->upstream, plain, n) < 0)
			return session_over(s, REASON_UPSTREAM_LOST);
		if (upstream_is_full(&s->upstream))
			return STEP_WAIT;
	}
	return STEP_AGAIN;
}

/* database -> client */
static enum step pump_to_client(struct session *s)
{
	int chunks = 0;

	if (s->tls.out && (!s->client_writable || tls_conn_flush(&s->tls) == TLS_WANT_WRITE)) {
		s->client_writable = 0;
		return STEP_WAIT;
	}
	if (s->tls.out)
		return session_over(s, REASON_RESET);
	if (s->up_done && s->client_done)
		return session_over(s, REASON_CLIENT_QUIT);
	if (s->up_done)
		end_to_client(s);
	while (!s->up_done && chunks++ < CHUNKS_PER_TURN) {
		size_t n;
		enum tls_status st = upstream_recv(&s->upstream, plain, sizeof plain, &n);

		if (st == TLS_EOF)
			return upstream_left(s);
		if (st == TLS_FAILED)
			return session_over(s, REASON_UPSTREAM_LOST);
		if (st == TLS_WANT_TURN)
			return STEP_AGAIN;
		if (st != TLS_OK)
			return STEP_WAIT;
		s->bytes_down += n;
		st = tls_conn_write(&s->tls, plain, n);
		if (st == TLS_FAILED)
			return session_over(s, REASON_RESET);
		if (st == TLS_WANT_WRITE) {
			s->client_writable = 0;
			return STEP_WAIT;
		}
	}
	return s->up_done ? STEP_WAIT : STEP_AGAIN;
}

enum step pump_run(struct session *s)
{
	enum step up = pump_to_database(s);
	enum step down;

	if (up == STEP_END)
		return STEP_END;
	down = pump_to_client(s);
	return down == STEP_WAIT ? up : down;
}
