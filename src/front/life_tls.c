/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a session in TLS and nothing else: TLS from the first byte, and behind it whatever
 * the service speaks. The service is dialled late: a stranger who never finishes a handshake, or
 * whom no certificate lets in, costs it nothing.
 *
 * There is no protocol to say errors in. Before the handshake begins a refusal is an alert in the
 * clear (RFC 8446 6.2), in it OpenSSL's own, and after it close_notify, with nothing before.
 */
#include "base/log.h"
#include "front/relay_state.h"
#include "front/session.h"
#include "front/stages.h"
#include "front/upstream.h"

#define ALERT_ACCESS_DENIED  49
#define ALERT_INTERNAL_ERROR 80

static void say_alert(struct session *s, const struct reason_row *row)
{
	/* TLSPlaintext (RFC 8446 5.1): alert, TLS 1.2, two bytes: fatal, and which. */
	uint8_t record[] = { 21, 3, 3, 0, 2, 2, ALERT_INTERNAL_ERROR };

	if (s->client.tls.ssl)
		return;
	if (row == reason_row(REASON_DENIED))
		record[sizeof record - 1] = ALERT_ACCESS_DENIED;
	(void)end_send(&s->client, record, sizeof record);
}

static enum step run_room(struct session *s)
{
	return stages_room(s, sizeof(struct entry));
}

/* Whoever says nothing gets no TLS connection made for it. */
static enum step begin(struct session *s)
{
	if (s->client.drained)
		return STEP_WAIT;
	s->entry->us_upgrade = stages_clock(s);
	return stages_tls_begin(s);
}

static enum step run_tls(struct session *s)
{
	enum step step = s->client.tls.ssl ? STEP_NEXT : begin(s);

	if (step == STEP_NEXT)
		step = stages_tls(s);
	if (step != STEP_NEXT || !s->at->clients)
		return step;
	return tls_clients_allow(s->at->clients, s->client.tls.ssl)
		   ? STEP_NEXT
		   : session_refuse(s, REASON_CLIENT_NAME);
}

static enum step run_upstream_tls(struct session *s)
{
	enum step step = STEP_NEXT;

	if (s->via->config.tls && !s->upstream.tls.ssl)
		step = stages_secure(s, NULL, 0);
	if (s->via->config.tls && step == STEP_NEXT)
		step = stages_upstream_tls(s);
	if (step != STEP_NEXT)
		return step;
	upstream_works(s->via);
	return stages_let_in(s);
}

/* ---- the table ------------------------------------------------------------------------------- */

static const struct stage stages[] = {
	{ STAGE_PROXY, sender_run, REASON_PROXY_SLOW },
	{ STAGE_ACCESS, stages_access, REASON_INTERNAL },
	{ STAGE_ROOM, run_room, REASON_CROWDED },
	{ STAGE_TLS, run_tls, REASON_TLS_SLOW },
	{ STAGE_DIAL, stages_dial, REASON_UPSTREAM_AWAY },
	{ STAGE_UPSTREAM_TLS, run_upstream_tls, REASON_UPSTREAM_SILENT },
	{ STAGE_PUMP, pump_run, REASON_HALF_CLOSED },
	{ STAGE_LINGER, stages_linger, REASON_NONE },
};

const struct life life_tls = {
	.protocol = "tls",
	.stages = stages,
	.say = say_alert,
	.half_close = 1,
};
