/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a MySQL session (docs/mysql-relay.md has the bytes): the database's own greeting is
 * passed on with CLIENT_SSL set in it; exactly the client's SSLRequest is read before TLS begins;
 * packets of the login are passed with their sequence ids shifted by the one packet that the
 * database never sees; after that, bytes.
 *
 * Sources: MySQL internals, "Connection Phase"; MariaDB knowledge base, "Connection".
 */
#include "base/clock.h"
#include "base/log.h"
#include "front/bridge.h"
#include "front/relay_state.h"
#include "front/session.h"
#include "front/stages.h"
#include "front/upstream.h"
#include "wire/mysql.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GREETING_US 10000000 /* for its greeting, if there is no other */
#define ROUNDS_MAX  10       /* packets that a server may ask for while one logs in */

/* What is needed only until the login ends. */
struct login {
	struct entry entry;                             /* first */
	struct buf from_client, from_upstream;          /* packets that are not whole yet */
	uint8_t first[MYSQL_HEADER + MYSQL_SSLREQUEST]; /* the client's first bytes, in the clear */
	uint8_t first_n;
	uint8_t next_seq; /* the sequence id of what the client would hear from us next */
	uint8_t greeted;  /* the greeting was sent: errors have a SQLSTATE */
	uint8_t answered; /* the client's login has been passed on */
	uint8_t rounds;
	uint8_t other_method; /* the database's last word was that it wants another one */
	uint8_t compressed;   /* what follows the login may be */
	int8_t shift;         /* what the client's sequence ids are ahead of the database's */
	struct bridge bridge;
};

/* NULL: it has no place yet, or has given it up. */
static struct login *login_of(const struct session *s)
{
	return (struct login *)s->entry;
}

static void forget(struct entry *entry)
{
	struct login *l = (struct login *)entry;

	buf_wipe(&l->from_client); /* what proves a password */
	buf_free(&l->from_upstream);
}

/* An ERR packet in the form of the stage. */
static void say_error(struct session *s, const struct reason_row *row)
{
	struct buf packet = buf_new(1024);
	char text[256], host[ADDR_TEXT];
	const struct login *l = login_of(s);
	int greeted = s->us_login || (l && l->greeted);
	uint8_t seq = 0;

	if (!row->code)
		return;
	s->error = (uint16_t)row->code;
	/* Who is logged in reads it as the answer to a command, sent or still to come: in that
	 * place all clients take it, in any other some take it for nonsense. */
	if (greeted)
		seq = l ? l->next_seq : 1;
	(void)reason_say(row, addr_ip_text(&s->peer, host), s->user, text, sizeof text);
	if (mysql_err_put(&packet, seq, row->code, greeted ? row->state : NULL, text) < 0)
		goto out;
	/* In the middle of a handshake nothing but TLS would be understood. */
	if (s->us_tls || !s->client.tls.ssl)
		(void)end_send(&s->client, packet.p, packet.n);
out:
	buf_free(&packet);
}

/* ---- room ------------------------------------------------------------------------------------ */

static enum step run_room(struct session *s)
{
	enum step step = stages_room(s, sizeof(struct login));
	struct login *l = login_of(s);

	if (step != STEP_NEXT)
		return step;
	l->shift = 1; /* by the SSLRequest, which the database never sees */
	l->bridge.on = s->at->config.bridge != 0;
	/* A whole packet, and what a client may send behind it before it has its answer. */
	l->from_client = buf_new(MYSQL_HEADER + MYSQL_LOGIN_MAX + TLS_CHUNK);
	l->from_upstream = buf_new(MYSQL_HEADER + MYSQL_LOGIN_MAX + TLS_CHUNK);
	return STEP_NEXT;
}

/* ---- greeting -------------------------------------------------------------------------------- */

/*
 * The next whole packet at the front of b: its payload, 1. 0: it is not whole. -1: too long to be
 * part of a login. The packet stays in b.
 */
static int whole_packet(const struct buf *b, struct mysql_header *h, struct span *payload)
{
	struct span s = span_of(b->p, b->n);

	if (mysql_header(&s, h) < 0)
		return 0;
	if (h->length > MYSQL_LOGIN_MAX)
		return -1;
	return span_take(&s, h->length, payload) == 0;
}

/* Reads from the database until there is a whole packet. As whole_packet; -2: it has left. */
static int packet_from_database(struct session *s, struct mysql_header *h, struct span *payload)
{
	struct buf *b = &login_of(s)->from_upstream;
	uint8_t part[4096];
	int whole;

	while ((whole = whole_packet(b, h, payload)) == 0) {
		size_t n;
		enum tls_status st = end_recv(&s->upstream, part, sizeof part, &n);

		if (st == TLS_EOF || st == TLS_FAILED)
			return -2;
		if (st == TLS_WANT_TURN)
			relay_again(s);
		if (st != TLS_OK)
			return 0;
		if (buf_add(b, part, n) < 0)
			return -1;
	}
	return whole;
}

/* For the log: what the database had to say against it. */
static void note_error(struct session *s, struct span payload)
{
	struct span text;
	unsigned code;

	if (mysql_err(payload, &code, &text) == 0)
		s->error = (uint16_t)code;
}

/* Back to the dial, as if nothing had been heard. */
static void dial_again(struct session *s)
{
	buf_free(&login_of(s)->from_upstream);
	s->error = 0;
	session_enter(s, STAGE_DIAL);
}

/*
 * An error instead of a greeting: 1040, 1129 and the like. Another database may have room; else the
 * error goes on as it is, since these have their own form here.
 */
static enum step refused_by_database(struct session *s, struct span payload)
{
	char why[64];
	int about_client;

	note_error(s, payload);
	about_client = s->via->config.proxy && s->error == MYSQL_ER_HOST_NOT_PRIVILEGED;
	(void)snprintf(why, sizeof why, "it refuses connections, error %u", s->error);
	if (!about_client && stages_has_elsewhere(s, clock_us()) && stages_goes_elsewhere(s, why)) {
		dial_again(s);
		return STEP_AGAIN;
	}
	(void)end_send(&s->client, payload.p - MYSQL_HEADER, payload.n + MYSQL_HEADER);
	return session_refuse(s, REASON_UPSTREAM_REFUSED);
}

/* What answers there is no database, or none that is well: another may be. */
static enum step no_greeting(struct session *s, enum reason reason)
{
	if (!stages_goes_elsewhere(s, reason_row(reason)->words))
		return session_refuse(s, reason);
	dial_again(s);
	return STEP_AGAIN;
}

static int is_patient(struct session *s)
{
	uint64_t now = clock_us();

	if (s->stage->id != STAGE_GREETING)
		return 0;
	if (stages_has_elsewhere(s, now)) {
		if (!stages_goes_elsewhere(s, reason_row(REASON_UPSTREAM_SILENT)->words))
			return 0;
		dial_again(s);
		relay_again(s);
		return 1;
	}
	if (now - s->dialled >= GREETING_US)
		return 0;
	session_enter(s, STAGE_GREETING);
	return 1;
}

static enum step run_greeting(struct session *s)
{
	struct login *l = login_of(s);
	struct mysql_header h;
	struct mysql_greeting g;
	struct span payload;
	int whole = packet_from_database(s, &h, &payload);
	size_t n;

	if (whole == 0)
		return STEP_WAIT;
	if (whole == -2)
		return no_greeting(s, REASON_UPSTREAM_LOST);
	if (whole == 1 && payload.n && payload.p[0] == 0xff)
		return refused_by_database(s, payload);
	if (whole < 0 || mysql_greeting(payload, &g) < 0)
		return no_greeting(s, REASON_UPSTREAM_NONSENSE);
	if (s->via->config.tls && !(g.capabilities & MYSQL_CLIENT_SSL))
		return no_greeting(s, REASON_UPSTREAM_PLAIN);
	l->from_upstream.p[MYSQL_HEADER + g.caps_low_at + 1] |= MYSQL_CLIENT_SSL >> 8;
	n = MYSQL_HEADER + h.length;
	/* A new connection's socket takes so few bytes, or it is broken. */
	if (send(s->client.watch.fd, l->from_upstream.p, n, MSG_NOSIGNAL) != (ssize_t)n)
		return session_over(s, REASON_LEFT_EARLY);
	buf_drop(&l->from_upstream, n);
	/* Under TLS it works once its certificate was right. */
	if (!s->via->config.tls)
		upstream_works(s->via);
	l->greeted = 1;
	l->next_seq = (uint8_t)(h.seq + 1);
	s->us_greeting = stages_clock(s);
	stats_time(relay.stats, DURATION_GREETING, s->us_greeting);
	return STEP_NEXT;
}

/* ---- upgrade --------------------------------------------------------------------------------- */

static const enum reason first_reasons[] = {
	[MYSQL_FIRST_PLAINTEXT] = REASON_PLAINTEXT,
	[MYSQL_FIRST_OLD] = REASON_OLD_CLIENT,
	[MYSQL_FIRST_TLS] = REASON_TLS_FIRST,
	[MYSQL_FIRST_HTTP] = REASON_HTTP_FIRST,
	[MYSQL_FIRST_NONSENSE] = REASON_NONSENSE,
};

/* The client goes on in the clear: what was read is the beginning of its login. */
static enum step go_plain(struct session *s)
{
	struct login *l = login_of(s);

	if (buf_add(&l->from_client, l->first, l->first_n) < 0)
		return session_refuse(s, REASON_INTERNAL);
	s->plain = 1;
	l->shift = 0;
	l->bridge.on = 0; /* nobody is asked for a password in the clear */
	stats_add(&relay.stats->plaintext, 1);
	stats_add(&relay.stats->sessions_plaintext, 1);
	return STEP_NEXT;
}

/*
 * Reads exactly the SSLRequest, never a byte more: what follows it belongs to TLS alone, and bytes
 * that came in the clear must never be taken for something that was said under it.
 */
static enum step run_upgrade(struct session *s)
{
	struct login *l = login_of(s);
	enum mysql_first what;
	uint8_t seq;
	int plain;

	while (l->first_n < sizeof l->first) {
		ssize_t n = recv(
		    s->client.watch.fd, l->first + l->first_n, sizeof l->first - l->first_n, 0);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n <= 0)
			return session_over(s, REASON_LEFT_EARLY);
		l->first_n = (uint8_t)(l->first_n + n);
	}
	if (l->first_n < MYSQL_HEADER + 4)
		return STEP_WAIT;
	what = mysql_first(l->first, l->first_n, &seq);
	plain = what == MYSQL_FIRST_PLAINTEXT && s->at->config.plaintext;
	if ((what == MYSQL_FIRST_SSLREQUEST || plain) && l->first_n < sizeof l->first)
		return STEP_WAIT;
	l->next_seq = (uint8_t)(seq + 1);
	l->entry.us_upgrade = stages_clock(s);
	if (plain)
		return go_plain(s);
	if (what != MYSQL_FIRST_SSLREQUEST)
		return session_refuse(s, first_reasons[what]);
	return stages_tls_begin(s);
}

/* ---- TLS ------------------------------------------------------------------------------------- */

static enum step run_tls(struct session *s)
{
	return s->plain ? STEP_NEXT : stages_tls(s);
}

/* ---- TLS to the database --------------------------------------------------------------------- */

/*
 * A client in the clear has sent none: it is made of its login, which begins in the same way. The
 * database then sees a packet that the client knows nothing of.
 */
static void make_sslrequest(struct login *l)
{
	mysql_header_put(l->first, MYSQL_SSLREQUEST, 1);
	l->first[MYSQL_HEADER + 1] |= MYSQL_CLIENT_SSL >> 8;
}

/*
 * The client's own SSLRequest goes on: it names the capabilities that its login will name. So the
 * database sees it, and no sequence id is shifted.
 */
static enum step secure_upstream(struct session *s)
{
	struct login *l = login_of(s);

	/* What came in the clear must never be taken for something that was said under TLS. */
	if (l->from_upstream.n)
		return session_refuse(s, REASON_UPSTREAM_NONSENSE);
	if (s->plain)
		make_sslrequest(l);
	l->shift = s->plain ? -1 : 0;
	return stages_secure(s, l->first, sizeof l->first);
}

static enum step run_upstream_tls(struct session *s)
{
	enum step step = STEP_NEXT;

	if (!s->via->config.tls)
		return STEP_NEXT;
	if (!s->upstream.tls.ssl)
		step = secure_upstream(s);
	if (step == STEP_NEXT)
		step = stages_upstream_tls(s);
	if (step == STEP_NEXT)
		upstream_works(s->via);
	return step;
}

/* ---- login ----------------------------------------------------------------------------------- */

/*
 * The client's login. The database must see CLIENT_SSL in it when there is TLS to it, and not
 * otherwise: over the Unix socket it would wait for a ClientHello for ever.
 */
static enum step check_login(struct session *s, uint8_t *payload, size_t n)
{
	struct mysql_login in;

	if (mysql_login(span_of(payload, n), &in) < 0)
		return session_refuse(s, REASON_LOGIN_NONSENSE);
	log_quote(s->user, sizeof s->user, in.user.p, in.user.n);
	if (s->at->config.admin[0] && span_is(in.user, s->at->config.admin))
		return session_refuse(s, REASON_ADMIN_USER);
	if (s->at->clients && !tls_clients_allow(s->at->clients, s->client.tls.ssl))
		return session_refuse(s, REASON_CLIENT_NAME);
	if (!s->via->config.tls)
		payload[1] &= (uint8_t) ~(MYSQL_CLIENT_SSL >> 8);
	if (s->via->config.tls)
		payload[1] |= MYSQL_CLIENT_SSL >> 8;
	bridge_login(&login_of(s)->bridge, &in);
	login_of(s)->compressed = (in.capabilities & MYSQL_COMPRESSED) != 0;
	login_of(s)->answered = 1;
	return STEP_NEXT;
}

/* Sends one packet of our own making to the database, or under TLS to the client. */
static int say(struct session *s, int to_client, uint8_t seq, const uint8_t *payload, size_t n)
{
	uint8_t packet[MYSQL_HEADER + BRIDGE_TEXT];
	int rc;

	if (to_client)
		login_of(s)->next_seq = (uint8_t)(seq + 1);
	mysql_header_put(packet, (uint32_t)n, seq);
	memcpy(packet + MYSQL_HEADER, payload, n);
	n += MYSQL_HEADER;
	rc = end_send(to_client ? &s->client : &s->upstream, packet, n);
	explicit_bzero(packet, sizeof packet);
	return rc;
}

/* A packet of the client's while the login is bridged: the database does not see it. */
static enum step bridge_up(struct session *s, const struct mysql_header *h, struct span payload)
{
	struct login *l = login_of(s);
	uint8_t text[BRIDGE_TEXT];
	size_t n;
	int rc = -1;
	enum bridge_do what = bridge_hear(&l->bridge, payload, text, &n);

	explicit_bzero(l->from_client.p, MYSQL_HEADER + h->length);
	buf_drop(&l->from_client, MYSQL_HEADER + h->length);
	if (what == BRIDGE_BROKEN)
		return session_refuse(s, REASON_LOGIN_NONSENSE);
	if (what == BRIDGE_ASK)
		rc = say(s, 1, (uint8_t)(h->seq + 1), text, n);
	if (what == BRIDGE_ANSWERS) {
		rc = say(s, 0, l->bridge.next_seq, text, n);
		l->shift = (int8_t)(h->seq - l->bridge.next_seq);
	}
	explicit_bzero(text, sizeof text);
	return rc < 0 ? session_refuse(s, REASON_UPSTREAM_LOST) : STEP_NEXT;
}

/* Passes one packet of the client's on to the database, if there is a whole one. */
static enum step login_up(struct session *s)
{
	struct login *l = login_of(s);
	struct mysql_header h;
	struct span payload;
	int whole = whole_packet(&l->from_client, &h, &payload);
	size_t n = MYSQL_HEADER + (whole == 1 ? h.length : 0);

	/* With sequence id 0 a command begins, sent before its time: it waits for the end of the
	 * login. */
	if (whole == 0 || (whole == 1 && l->answered && h.seq == 0))
		return STEP_WAIT;
	l->next_seq = (uint8_t)(h.seq + 1);
	if (whole < 0)
		return session_refuse(s, REASON_LOGIN_NONSENSE);
	if (!l->answered) {
		enum step step = check_login(s, l->from_client.p + MYSQL_HEADER, h.length);

		if (step != STEP_NEXT)
			return step;
	}
	if (l->bridge.stage != BRIDGE_OUT)
		return bridge_up(s, &h, payload);
	mysql_header_put(l->from_client.p, h.length, (uint8_t)(h.seq - l->shift));
	if (end_send(&s->upstream, l->from_client.p, n) < 0)
		return session_refuse(s, REASON_UPSTREAM_LOST);
	explicit_bzero(l->from_client.p, n);
	buf_drop(&l->from_client, n);
	return STEP_NEXT;
}

static enum reason why_left(const struct session *s)
{
	const struct login *l = login_of(s);

	if (!l->answered)
		return s->plain ? REASON_LEFT_EARLY : REASON_LEFT_AFTER_TLS;
	return l->other_method && l->bridge.sha2 ? REASON_NO_METHOD : REASON_CLIENT_QUIT;
}

static enum step read_client(struct session *s)
{
	uint8_t part[4096];
	size_t n;
	enum tls_status st = end_recv(&s->client, part, sizeof part, &n);

	if (st == TLS_OK) {
		int rc = buf_add(&login_of(s)->from_client, part, n);

		explicit_bzero(part, n);
		return rc < 0 ? session_refuse(s, REASON_LOGIN_NONSENSE) : STEP_NEXT;
	}
	if (st == TLS_FAILED)
		return login_of(s)->answered || s->plain ? session_over(s, REASON_RESET)
							 : stages_tls_failed(s);
	if (st == TLS_WANT_TURN)
		return STEP_AGAIN;
	return st == TLS_EOF ? session_over(s, why_left(s)) : STEP_WAIT;
}

/*
 * The database asks for a method that the client may not have. 1: the bridge has taken care of the
 * packet; 0: it is to be passed on; -1: the client is gone.
 */
static int bridge_down(struct session *s, const struct mysql_header *h, struct span payload)
{
	struct login *l = login_of(s);
	uint8_t text[BRIDGE_TEXT];
	size_t n = bridge_switch(&l->bridge, payload, h->seq, text);

	if (n == 0)
		return 0;
	buf_drop(&l->from_upstream, MYSQL_HEADER + h->length);
	return say(s, 1, (uint8_t)(h->seq + l->shift), text, n) < 0 ? -1 : 1;
}

/*
 * caching_sha2_password with a cold cache, "perform full authentication": over TLS or a Unix socket
 * the database takes the answer for the password itself. In the clear a client gives none, but asks
 * for a key to encrypt it with, and that would be taken for a wrong password.
 */
static int asks_for_password(const struct session *s, struct span payload)
{
	static const uint8_t full[] = { 0x01, 0x04 };
	const struct upstream_config *to = &s->via->config;

	return s->plain && (to->tls || to->path[0]) && payload.n == sizeof full &&
	       memcmp(payload.p, full, sizeof full) == 0;
}

/* Passes one packet of the database's on to the client. STEP_NEXT: the login is over, and well. */
static enum step login_down(struct session *s)
{
	struct login *l = login_of(s);
	struct mysql_header h;
	struct span payload;
	enum mysql_auth what;
	size_t n;
	int whole = packet_from_database(s, &h, &payload);

	if (whole == 0)
		return STEP_WAIT;
	if (whole == -2)
		return session_refuse(s, REASON_UPSTREAM_LOST);
	what = whole < 0 || ++l->rounds > ROUNDS_MAX ? MYSQL_AUTH_NONSENSE : mysql_auth(payload);
	if (what == MYSQL_AUTH_NONSENSE)
		return session_refuse(s, REASON_UPSTREAM_NONSENSE);
	if (what == MYSQL_AUTH_OLD)
		return session_refuse(s, REASON_OLD_PASSWORD);
	if (asks_for_password(s, payload))
		return session_refuse(s, REASON_NEEDS_TLS);
	if (what == MYSQL_AUTH_SWITCH) {
		int bridged = bridge_down(s, &h, payload);

		if (bridged)
			return bridged < 0 ? session_over(s, REASON_RESET) : STEP_AGAIN;
	}
	l->other_method = what == MYSQL_AUTH_SWITCH;
	if (what == MYSQL_AUTH_ERR)
		note_error(s, payload);
	/* MariaDB says it only here: too late for this client, not for the next ones. */
	if (what == MYSQL_AUTH_ERR && s->error == MYSQL_ER_CON_COUNT)
		upstream_full(s->via, clock_us());
	n = MYSQL_HEADER + h.length;
	mysql_header_put(l->from_upstream.p, h.length, (uint8_t)(h.seq + l->shift));
	if (end_send(&s->client, l->from_upstream.p, n) < 0)
		return session_over(s, REASON_RESET);
	l->next_seq = (uint8_t)(h.seq + l->shift + 1);
	buf_drop(&l->from_upstream, n);
	if (what == MYSQL_AUTH_OK)
		return STEP_NEXT;
	return what == MYSQL_AUTH_ERR ? session_refuse(s, REASON_LOGIN_REFUSED) : STEP_AGAIN;
}

static void note_turn(struct session *s)
{
	const struct login *l = login_of(s);

	if (l->compressed)
		return;
	s->turn.whose = TURN_CLIENT;
	turn_up(&s->turn, l->from_client.p, l->from_client.n);
	turn_down(&s->turn, l->from_upstream.p, l->from_upstream.n);
}

/* What came behind the last packet of the login belongs to the session. */
static enum step logged_in(struct session *s)
{
	struct login *l = login_of(s);

	if (end_send(&s->upstream, l->from_client.p, l->from_client.n) < 0)
		return session_over(s, REASON_UPSTREAM_LOST);
	if (end_send(&s->client, l->from_upstream.p, l->from_upstream.n) < 0)
		return session_over(s, REASON_RESET);
	note_turn(s);
	return stages_let_in(s);
}

/*
 * Who speaks when is the plugin's affair: what either end says goes to the other, until the
 * database says that the login is over.
 */
static enum step run_login(struct session *s)
{
	enum step step = STEP_NEXT;

	/* A long login does not fit into a new connection at once. */
	if (end_flush(&s->upstream) < 0)
		return session_refuse(s, REASON_UPSTREAM_LOST);
	if (end_flush(&s->client) < 0)
		return session_over(s, REASON_RESET);

	while (step == STEP_NEXT) {
		step = login_up(s);
		if (step == STEP_WAIT)
			step = read_client(s);
	}
	if (step != STEP_WAIT || !login_of(s)->answered)
		return step;
	do
		step = login_down(s);
	while (step == STEP_AGAIN && s->stage->id == STAGE_LOGIN);
	return step == STEP_NEXT ? logged_in(s) : step;
}

/* ---- the table ------------------------------------------------------------------------------- */

static const struct stage stages[] = {
	{ STAGE_PROXY, sender_run, REASON_PROXY_SLOW },
	{ STAGE_ACCESS, stages_access, REASON_INTERNAL },
	{ STAGE_ROOM, run_room, REASON_CROWDED },
	{ STAGE_DIAL, stages_dial, REASON_UPSTREAM_AWAY },
	{ STAGE_GREETING, run_greeting, REASON_UPSTREAM_SILENT },
	{ STAGE_UPGRADE, run_upgrade, REASON_SILENT },
	{ STAGE_TLS, run_tls, REASON_TLS_SLOW },
	{ STAGE_UPSTREAM_TLS, run_upstream_tls, REASON_UPSTREAM_SILENT },
	{ STAGE_LOGIN, run_login, REASON_LOGIN_SLOW },
	{ STAGE_PUMP, pump_run, REASON_HALF_CLOSED },
	{ STAGE_LINGER, stages_linger, REASON_NONE },
};

static const uint8_t com_quit[] = { 1, 0, 0, 0, 1 };

const struct life life_mysql = {
	.protocol = "mysql",
	.stages = stages,
	.say = say_error,
	.forget = forget,
	.is_patient = is_patient,
	.quit = com_quit,
	.quit_n = sizeof com_quit,
};
