/* SPDX-License-Identifier: Apache-2.0 */
#include "front/session.h"

#include "base/clock.h"
#include "base/log.h"
#include "front/relay_state.h"
#include "front/stages.h"
#include "front/witness.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The queue of a stage is for all lives, so that they share its time, too. */
const struct stage_facts stage_facts[STAGES] = {
	[STAGE_PROXY] = { "proxy", 5 },
	[STAGE_ACCESS] = { "access", 0 },
	[STAGE_ROOM] = { "room", 10 },
	[STAGE_DIAL] = { "dial", 10 },
	/* Looked at so often; with nobody else to go to it may take GREETING_US. */
	[STAGE_GREETING] = { "greeting", 2 },
	[STAGE_UPGRADE] = { "upgrade", 10 },
	[STAGE_TLS] = { "tls", 10 },
	[STAGE_UPSTREAM_TLS] = { "upstream-tls", 10 },
	[STAGE_LOGIN] = { "login", 20 },
	/* But relay.half_closed has a time of its own. */
	[STAGE_PUMP] = { "pump", 0 },
	[STAGE_LINGER] = { "linger", 2 },
};

/* ---- edges ----------------------------------------------------------------------------------- */

static void client_ready(struct watch *w, uint32_t events)
{
	struct session *s = (struct session *)((char *)w - offsetof(struct session, client.watch));

	end_edge(&s->client, events);
	session_run(s);
}

static void upstream_ready(struct watch *w, uint32_t events)
{
	struct session *s =
	    (struct session *)((char *)w - offsetof(struct session, upstream.watch));

	end_edge(&s->upstream, events);
	session_run(s);
}

/* ---- the road -------------------------------------------------------------------------------- */

static void enter(struct session *s, const struct stage *stage)
{
	uint64_t now = clock_us();

	s->stage = stage;
	if (stage->id != STAGE_LINGER)
		s->reached = (uint8_t)stage->id;
	if (s->entry)
		crowd_progress(&relay.crowd, &s->entry->member, now);
	deadline_set(&relay.deadlines[stage->id], &s->deadline, now);
}

void session_begin(int fd, const struct addr *peer, struct endpoint *at)
{
	struct session *s = calloc(1, sizeof *s);
	struct err e;

	if (!s) {
		close(fd);
		return;
	}
	end_init(&s->client, client_ready);
	end_init(&s->upstream, upstream_ready);
	s->client.watch.fd = fd;
	s->client.drained = 1; /* until an edge tells of more */
	s->peer = *peer;
	s->at = at;
	s->started = clock_us();
	stats_add(&relay.stats->sessions, 1);
	stats_add(&relay.stats->open, 1);
	stats_add(&relay.stats->logging_in, 1);
	enter(s, at->life->stages);
	if (loop_add(&relay.loop, &s->client.watch, LOOP_INPUT, &e) < 0) {
		log_line("%s", e.text);
		session_end(s, REASON_INTERNAL);
		return;
	}
	session_run(s);
}

void session_enter(struct session *s, enum stage_id id)
{
	const struct stage *stage = s->at->life->stages;

	while (stage->id != id && stage->id != STAGE_LINGER)
		stage++;
	enter(s, stage);
}

void session_run(struct session *s)
{
	enum step step;

	while ((step = s->stage->run(s)) == STEP_NEXT)
		enter(s, s->stage + 1);
	if (step == STEP_AGAIN)
		relay_again(s);
	if (step == STEP_END)
		session_end(s, s->reason);
}

enum step session_over(struct session *s, enum reason reason)
{
	s->reason = (uint8_t)reason;
	return STEP_END;
}

void session_leave_upstream(struct session *s)
{
	if (s->upstream.watch.fd >= 0 && s->connected)
		stats_add(s->via->open, (uint64_t)-1);
	s->connected = 0;
	end_close(&s->upstream, NULL);
}

enum step session_refuse(struct session *s, enum reason reason)
{
	s->reason = (uint8_t)reason;
	s->at->life->say(s, reason_row(reason));
	/* close() now would answer what the client still sends with a reset, and that would take
	 * the error away from under it: end our side, and wait until it has ended its own. */
	end_finish(&s->client);
	session_enter(s, STAGE_LINGER);
	witness_failed(s);
	/* Whoever only waits to be gone takes up none of the database's connections. */
	stages_leave(s);
	session_leave_upstream(s);
	return STEP_AGAIN;
}

/* ---- the end --------------------------------------------------------------------------------- */

static void session_log(const struct session *s)
{
	const struct reason_row *row = reason_row(s->reason);
	char peer[ADDR_TEXT], sender[ADDR_TEXT], error[8] = "-";
	char who[TLS_CLIENTS_WHO + 2] = "-";
	struct tls_facts tls;
	uint64_t us = clock_us() - s->started;

	tls_conn_facts(&s->client.tls, &tls);
	if (s->error)
		(void)snprintf(error, sizeof error, "%u", s->error);
	if (s->certificate)
		(void)snprintf(who, sizeof who, "\"%s\"", s->certificate);
	log_line(
	    "session client=%s%s%s endpoint=%s protocol=%s upstream=%s user=\"%s\" certificate=%s "
	    "stage=%s end=%s (%s) "
	    "error=%s tls=%s cipher=%s "
	    "resumed=%s "
	    "greeting_ms=%.1f tls_ms=%.1f login_ms=%.1f total_s=%.3f in=%llu out=%llu",
	    addr_text(&s->peer, peer), s->proxied ? " proxy=" : "",
	    s->proxied ? addr_text(&s->proxied->sender, sender) : "", s->at->config.name,
	    s->at->life->protocol, s->via ? s->via->config.label : "-", s->user, who,
	    stage_facts[s->reached].name, row->id, row->words, error,
	    tls.version == TLS_POLICY_1_3   ? "1.3"
	    : tls.version == TLS_POLICY_1_2 ? "1.2"
					    : "-",
	    tls.cipher[0] ? tls.cipher : "-",
	    tls.version == 0 ? "-"
	    : tls.resumed    ? "yes"
			     : "no",
	    s->us_greeting / 1e3, s->us_tls / 1e3, s->us_login / 1e3, (double)us / 1e6,
	    (unsigned long long)s->bytes_up, (unsigned long long)s->bytes_down);
}

static void session_count(const struct session *s)
{
	stats_add(&relay.stats->ended[s->reason < REASONS ? s->reason : REASON_INTERNAL], 1);
	stats_add(&relay.stats->open, (uint64_t)-1);
	if (!s->us_login)
		stats_add(&relay.stats->logging_in, (uint64_t)-1);
	if (s->us_login)
		stats_time(relay.stats, DURATION_SESSION, clock_us() - s->started);
	if (s->plain)
		stats_add(&relay.stats->plaintext, (uint64_t)-1);
}

static void forget_again(struct session *s)
{
	struct session **at = &relay.again;

	if (!s->in_again)
		return;
	while (*at != s)
		at = &(*at)->again;
	*at = s->again;
	if (relay.again_last == &s->again)
		relay.again_last = at;
	relay.again_n--;
}

void session_end(struct session *s, enum reason reason)
{
	/* Whoever said goodbye is not cut off, however the sockets ended after that. */
	if (s->quit && (reason == REASON_UPSTREAM_CLOSED || reason == REASON_RESET))
		reason = REASON_CLIENT_QUIT;
	s->reason = (uint8_t)reason;
	/* Whoever lingers was noted when it was refused. */
	if (s->stage->id != STAGE_LINGER)
		witness_failed(s);
	session_count(s);
	session_log(s);
	/* A client that has gone would answer with a reset; one that is there must see that the
	 * end is no truncation. */
	if (!s->client.left && s->stage->id != STAGE_LINGER)
		tls_conn_close_notify(&s->client.tls);
	deadline_clear(&s->deadline);
	forget_again(s);
	stages_leave(s);
	session_leave_upstream(s);
	end_close(&s->client, s);
	free(s->proxied);
	free(s->certificate);
	free(s->hello);
	free(s);
}
