/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Once a session is let in nothing is understood any more: bytes go both ways until both ends are
 * done. Each direction reads one chunk, hands it on, and reads the next only when the other side
 * took it all. At a chunk's edges it is seen whose turn it is in MySQL's protocol (wire/turn.h),
 * for the day the door stops.
 */
#include "base/clock.h"
#include "front/relay_state.h"
#include "front/session.h"

#include <string.h>

/* Chunks that one session may move in one direction before the others have their turn. */
#define CHUNKS_PER_TURN 8

/* The plaintext that is on its way, of whichever session is being served. */
static uint8_t plain[TLS_CHUNK];

static enum reason lost(const struct session *s, const struct end *x)
{
	return x == &s->client ? REASON_RESET : REASON_UPSTREAM_LOST;
}

/* Both have left: it was the one that left first who ended it. */
static enum step both_left(struct session *s)
{
	return session_over(s, s->client_first ? REASON_CLIENT_QUIT : REASON_UPSTREAM_CLOSED);
}

/* Both have left, and nothing is kept for one that would still take it. */
static int is_done(const struct session *s)
{
	return s->client.left && s->upstream.left && !end_is_full(&s->client) &&
	       (s->upstream.deaf || !end_is_full(&s->upstream));
}

/*
 * Who was to hear it is gone. STEP_NEXT: that is a service which had said all that it had to say,
 * and the client may still be reading it.
 */
static enum step unheard(struct session *s, struct end *to)
{
	if (to == &s->client || !to->left)
		return session_over(s, lost(s, to));
	to->deaf = 1;
	return STEP_NEXT;
}

/* One end has left: the other may finish what it is saying, but not for ever. */
static enum step one_left(struct session *s, struct end *from, struct end *to)
{
	from->left = 1;
	s->client_first = to->left ? s->client_first : from == &s->client;
	s->upstream.deaf |= s->upstream.left && !s->at->life->half_close;
	/* Closing says the same to a client that says no more, and in one call. */
	if (to == &s->client && is_done(s)) {
		tls_conn_close_notify(&to->tls);
		return both_left(s);
	}
	end_finish(to);
	if (is_done(s))
		return both_left(s);
	if (s->deadline.queue != &relay.half_closed)
		deadline_set(&relay.half_closed, &s->deadline, clock_us());
	return STEP_WAIT;
}

static void look(struct session *s, const struct end *from, size_t n)
{
	const struct life *life = s->at->life;

	/* A service's long answer to a client that has said all is no end that hangs. */
	if (life->half_close && s->deadline.queue == &relay.half_closed)
		deadline_set(&relay.half_closed, &s->deadline, clock_us());
	if (from == &s->upstream) {
		turn_down(&s->turn, plain, n);
		s->bytes_down += n;
		stats_add(&relay.stats->bytes_down, n);
		return;
	}
	turn_up(&s->turn, plain, n);
	s->bytes_up += n;
	stats_add(&relay.stats->bytes_up, n);
	/* For the log: whether the client goes in peace. */
	s->quit = n == life->quit_n && memcmp(plain, life->quit, n) == 0;
}

static enum step pump(struct session *s, struct end *from, struct end *to)
{
	int flushed = to->deaf ? 1 : end_flush(to);

	if (flushed < 0 && unheard(s, to) == STEP_END)
		return STEP_END;
	if (flushed == 0 || from->left)
		return STEP_WAIT;
	for (int chunks = 0; chunks < CHUNKS_PER_TURN; chunks++) {
		size_t n;
		enum tls_status st = end_recv(from, plain, sizeof plain, &n);

		if (st == TLS_EOF)
			return one_left(s, from, to);
		if (st == TLS_FAILED)
			return session_over(s, lost(s, from));
		if (st == TLS_WANT_TURN)
			return STEP_AGAIN;
		if (st != TLS_OK)
			return STEP_WAIT;
		look(s, from, n);
		if (!to->deaf && end_send(to, plain, n) < 0 && unheard(s, to) == STEP_END)
			return STEP_END;
		if (!to->deaf && end_is_full(to))
			return STEP_WAIT;
	}
	return STEP_AGAIN;
}

enum step pump_run(struct session *s)
{
	enum step up = pump(s, &s->client, &s->upstream);
	enum step down;

	if (up == STEP_END)
		return STEP_END;
	down = pump(s, &s->upstream, &s->client);
	if (down != STEP_WAIT)
		return down;
	/* What was kept for the client when both had left is gone now. */
	if (is_done(s))
		return both_left(s);
	return up;
}
