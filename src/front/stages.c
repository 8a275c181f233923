/* SPDX-License-Identifier: Apache-2.0 */
#include "front/stages.h"

#include "base/clock.h"
#include "base/log.h"
#include "front/relay_state.h"
#include "front/upstream.h"
#include "front/witness.h"
#include "keys/remote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define DIAL_US   2000000  /* until another database is tried, if there is one */
#define SEARCH_US 20000000 /* for one that answers, from the client's coming */

uint32_t stages_clock(const struct session *s)
{
	uint64_t us = clock_us() - s->started;

	return us < UINT32_MAX ? (us ? (uint32_t)us : 1) : UINT32_MAX;
}

/* ---- access and room ------------------------------------------------------------------------- */

enum step stages_access(struct session *s)
{
	return cidr_set_holds(&s->at->access, &s->peer) ? STEP_NEXT
							: session_refuse(s, REASON_DENIED);
}

static void make_room(struct session *oldest)
{
	(void)session_refuse(oldest, REASON_CROWDED);
	relay_again(oldest);
}

enum step stages_room(struct session *s, size_t size)
{
	uint64_t now = clock_us();
	struct crowd_member *leaves;
	struct session *oldest;

	/* Whoever has hung up meanwhile takes no one's place. */
	if (s->client.hangup)
		return session_over(s, REASON_LEFT_EARLY);
	if (!crowd_room(&relay.crowd, &s->peer, now, &leaves)) {
		if (!leaves)
			return STEP_WAIT;
		oldest = ((struct entry *)leaves)->session;
		/* It is us that it waits for: a signature, or its turn. */
		if (oldest->client.tls.parked || oldest->in_again) {
			crowd_progress(&relay.crowd, leaves, now);
			return STEP_WAIT;
		}
		crowd_sent_away(&relay.crowd, leaves, now);
		make_room(oldest);
	}
	s->entry = calloc(1, size);
	if (!s->entry)
		return session_refuse(s, REASON_INTERNAL);
	s->entry->session = s;
	crowd_enter(&relay.crowd, &s->entry->member, &s->peer, now);
	return STEP_NEXT;
}

void stages_leave(struct session *s)
{
	if (!s->entry)
		return;
	crowd_leave(&relay.crowd, &s->entry->member);
	if (s->at->life->forget)
		s->at->life->forget(s->entry);
	free(s->entry);
	s->entry = NULL;
}

enum step stages_let_in(struct session *s)
{
	uint32_t since = s->us_tls ? s->us_tls : s->entry->us_upgrade;

	if (s->client.tls.ssl)
		tls_conn_no_secrets(&s->client.tls);
	if (s->upstream.tls.ssl)
		tls_conn_no_secrets(&s->upstream.tls);
	s->us_login = stages_clock(s);
	stats_time(relay.stats, DURATION_LOGIN, s->us_login - since);
	stats_add(&relay.stats->logging_in, (uint64_t)-1);
	witness_works(s);
	stages_leave(s);
	return STEP_NEXT;
}

/* ---- dial ------------------------------------------------------------------------------------ */

/* Nobody is sent from one database that hangs to the next for ever. */
static int has_other(const struct session *s, uint64_t now)
{
	return now - s->started < SEARCH_US && endpoint_has_other(s->at, s->via, now);
}

int stages_has_elsewhere(const struct session *s, uint64_t now)
{
	return s->entry->tried + 1U < s->via->config.addresses || has_other(s, now);
}

int stages_goes_elsewhere(struct session *s, const char *why)
{
	uint64_t now = clock_us();
	struct upstream *u = s->via;
	struct entry *entry = s->entry;

	session_leave_upstream(s);
	if (++entry->tried < u->config.addresses) {
		entry->address = (uint8_t)upstream_turn(u, entry->address, why);
		s->dialled = now;
		return 1;
	}
	upstream_failed(u, why, now);
	if (!has_other(s, now))
		return 0;
	s->via = NULL;
	return 1;
}

/* Nobody is there, or takes too long to say so. */
static enum step dial_failed(struct session *s, const char *why, int sys)
{
	/* A full queue is no fault, and what we lack is none of the database's: a moment's wait
	 * hides it. */
	int ours = sys == EAGAIN || sys == EMFILE || sys == ENFILE || sys == ENOBUFS ||
		   sys == ENOMEM || sys == EADDRNOTAVAIL;

	if (!ours && stages_goes_elsewhere(s, why))
		return STEP_AGAIN;
	/* It may be that it is being started anew: the relay has it tried again. */
	if (ours || sys == ECONNREFUSED || sys == ENOENT || sys == ETIMEDOUT) {
		session_leave_upstream(s);
		s->via = NULL;
		return STEP_WAIT;
	}
	return session_refuse(s, REASON_UPSTREAM_AWAY);
}

static void choose(struct session *s, uint64_t now)
{
	s->via = endpoint_choose(s->at, now);
	s->dialled = now;
	s->entry->address = (uint8_t)s->via->address;
	s->entry->tried = 0;
}

enum step stages_dial(struct session *s)
{
	uint64_t now = clock_us();
	struct err e;
	int connected;

	/* After TLS one may have said all that one has to say, and wait for the answer. */
	if (s->client.hangup && !s->us_tls)
		return session_over(s, REASON_LEFT_EARLY);
	if (!s->via)
		choose(s, now);
	connected = upstream_dial(s->via, s->entry->address, &s->upstream, &e);
	if (connected < 0)
		return dial_failed(s, e.text, e.sys);
	if (connected == 0 && now - s->dialled > DIAL_US && stages_has_elsewhere(s, now))
		return dial_failed(s, "no answer", ETIMEDOUT);
	if (connected == 0)
		return STEP_WAIT;
	if (s->via->config.proxy && sender_introduce(s, &e) < 0)
		return dial_failed(s, e.text, e.sys);
	s->connected = 1;
	stats_add(s->via->open, 1);
	return STEP_NEXT;
}

/* ---- TLS with the client --------------------------------------------------------------------- */

static const enum reason client_reasons[] = {
	[TLS_CLIENTS_MISSING] = REASON_CLIENT_MISSING,
	[TLS_CLIENTS_UNKNOWN] = REASON_CLIENT_UNKNOWN,
	[TLS_CLIENTS_EXPIRED] = REASON_CLIENT_EXPIRED,
	[TLS_CLIENTS_REVOKED] = REASON_CLIENT_REVOKED,
	[TLS_CLIENTS_NO_CRL] = REASON_CLIENT_NO_CRL,
	[TLS_CLIENTS_UNFIT] = REASON_CLIENT_UNFIT,
};

static void note_certificate(struct session *s)
{
	char who[TLS_CLIENTS_WHO];

	if (s->at->clients && tls_clients_who(s->at->clients, s->client.tls.ssl, who))
		s->certificate = strdup(who);
}

enum step stages_tls_failed(struct session *s)
{
	struct tls_failure f;

	tls_conn_failure(&f);
	if (f.alert_received > 0)
		s->alert = (uint8_t)f.alert_received;
	if (f.client)
		note_certificate(s);
	/* In TLS 1.3 the client learns it only after its handshake, from the alert. */
	if (f.client)
		return session_refuse(s, client_reasons[f.client]);
	if (f.sys)
		return session_over(s, s->us_tls ? REASON_LEFT_AFTER_TLS : REASON_TLS_LEFT);
	/* Our alert is on its way: let the client read it. */
	return session_refuse(s, reason_of_alert(f.alert_received, f.alert_sent));
}

enum step stages_tls_begin(struct session *s)
{
	struct err e;

	if (tls_conn_start(&s->client.tls, s->at->ctx, s->client.watch.fd, &e) < 0) {
		log_line("%s", e.text);
		return session_refuse(s, REASON_INTERNAL);
	}
	tls_conn_keep_hello(&s->client.tls, &s->hello);
	return STEP_NEXT;
}

/*
 * The process that signs may be on the same core. A row of requests to it would be worked off in
 * one piece, as long as the scheduler lets it, while sessions at work wait for us. Where the key is
 * slow or away nothing is gained by that.
 */
static int is_signing(void)
{
	return remote_in_flight() > 0 && clock_us() - relay.signing_since < SIGNING_US;
}

static enum tls_status step_handshake(struct session *s)
{
	size_t before = remote_in_flight();
	enum tls_status st = tls_conn_handshake(&s->client.tls, s);

	relay.handshakes_left--;
	if (before == 0 && remote_in_flight() > 0)
		relay.signing_since = clock_us();
	return st;
}

enum step stages_tls(struct session *s)
{
	struct tls_facts f;
	enum tls_status st;

	/* A storm of handshakes must not starve the sessions that are at work. */
	if (relay.handshakes_left == 0)
		return STEP_AGAIN;
	if (is_signing()) {
		relay.signing_waits++;
		return STEP_AGAIN;
	}
	st = step_handshake(s);
	if (st == TLS_WANT_TURN)
		return STEP_AGAIN;
	if (st == TLS_EOF)
		return session_over(s, REASON_TLS_LEFT);
	if (st == TLS_FAILED)
		return stages_tls_failed(s);
	if (st != TLS_OK)
		return STEP_WAIT;
	s->us_tls = stages_clock(s);
	note_certificate(s);
	tls_conn_facts(&s->client.tls, &f);
	stats_add(&relay.stats->handshakes[f.version == TLS_POLICY_1_3][f.resumed != 0], 1);
	stats_add(&relay.stats->suites[stats_suite(f.cipher)], 1);
	stats_time(relay.stats, DURATION_HANDSHAKE, s->us_tls - s->entry->us_upgrade);
	return STEP_NEXT;
}

/* ---- TLS with the database ------------------------------------------------------------------- */

/*
 * Where it has not greeted, this is the first that is heard of it: nothing was sent there yet that
 * another could not be sent.
 */
static enum step upstream_lost(struct session *s)
{
	if (s->us_greeting || !stages_goes_elsewhere(s, reason_row(REASON_UPSTREAM_LOST)->words))
		return session_refuse(s, REASON_UPSTREAM_LOST);
	session_enter(s, STAGE_DIAL);
	return STEP_AGAIN;
}

static enum step upstream_tls_failed(struct session *s)
{
	struct tls_failure f;
	int about_client;

	tls_conn_failure(&f);
	if (f.sys)
		return upstream_lost(s);
	/* MariaDB reads a PROXY header late: an address that no account has is then refused in the
	 * clear, where TLS should begin. That is about the client, not about the database. */
	about_client = s->via->config.proxy && !f.verify;
	if (about_client)
		log_line("upstream %s: %s", s->via->config.label, f.text);
	if (!about_client)
		upstream_failed(s->via, f.text, clock_us());
	return session_refuse(s, f.verify ? REASON_UPSTREAM_UNTRUSTED : REASON_UPSTREAM_TLS);
}

enum step stages_secure(struct session *s, const void *request, size_t n)
{
	struct err e;

	if (upstream_secure(s->via, &s->upstream, request, n, &e) == 0)
		return STEP_NEXT;
	log_line("%s", e.text);
	return session_refuse(s, REASON_UPSTREAM_LOST);
}

enum step stages_upstream_tls(struct session *s)
{
	enum tls_status st = tls_conn_handshake(&s->upstream.tls, s);

	if (st == TLS_EOF)
		return upstream_lost(s);
	if (st == TLS_FAILED)
		return upstream_tls_failed(s);
	return st == TLS_OK ? STEP_NEXT : STEP_WAIT;
}

/* ---- linger ---------------------------------------------------------------------------------- */

enum step stages_linger(struct session *s)
{
	uint8_t waste[4096];

	if (end_flush(&s->client) < 0)
		return STEP_END;
	/* Bounded by the deadline; a client that floods gets one buffer a turn. */
	for (int i = 0; i < 8; i++) {
		ssize_t n = recv(s->client.watch.fd, waste, sizeof waste, 0);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return STEP_WAIT;
		if (n <= 0)
			return STEP_END;
	}
	return STEP_AGAIN;
}
