/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/logon.h"

#include "base/i18n.h"
#include "probe/strange.h"
#include "pki/digest.h"
#include "wire/mysql.h"
#include "wire/mysqlclient.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#define FIRST_SEQ 2 /* of the login: 0 is the greeting, 1 SSLRequest */
#define ROUNDS    8 /* of questions and answers in a login */
#define MORE_FULL 4 /* caching_sha2_password: send the password */

/* ---- packets --------------------------------------------------------------------------------- */

static void end(struct facts_step *s, const struct talk *t)
{
	s->end = t->end;
	s->code = t->end == FACTS_ALERT ? t->alert : 0;
	facts_say(s, t->why, strlen(t->why));
}

/* A whole packet, of which *payload is borrowed until the next is asked for. */
static int packet(struct talk *t, struct span *payload, uint8_t *seq)
{
	struct span s;
	struct mysql_header h = { 0 };

	if (talk_need(t, MYSQL_HEADER) < 0)
		return -1;
	s = span_of(t->in.p, t->in.n);
	if (mysql_header(&s, &h) < 0 || h.length == 0 || h.length > MYSQL_LOGIN_MAX) {
		t->end = FACTS_STRANGE;
		return -1;
	}
	if (talk_need(t, MYSQL_HEADER + h.length) < 0)
		return -1;
	*payload = span_of(t->in.p + MYSQL_HEADER, h.length);
	*seq = h.seq;
	return 0;
}

static void drop(struct talk *t, struct span payload)
{
	buf_drop(&t->in, MYSQL_HEADER + payload.n);
}

static void say(struct talk *t, struct buf *out)
{
	if (out->n > 0)
		talk_say(t, out->p, out->n);
	buf_wipe(out);
}

static int is_error(struct span payload, struct facts_step *s)
{
	struct span text;
	unsigned code;

	if (mysql_err(payload, &code, &text) < 0)
		return 0;
	s->end = FACTS_ERROR;
	s->code = (int)code;
	facts_say(s, text.p, text.n);
	return 1;
}

static void say_strange(struct facts_step *s, struct span what)
{
	const char *words = strange_words(strange_is(what));

	s->end = FACTS_STRANGE;
	facts_say(s, words, strlen(words));
}

/* ---- before TLS ------------------------------------------------------------------------------ */

static void copy(char *out, size_t size, struct span text)
{
	(void)snprintf(out, size, "%.*s", (int)(text.n < size ? text.n : size - 1),
	    text.n ? (const char *)text.p : "");
}

static int read_greeting(struct span payload, struct logon *l, struct facts_step *s)
{
	struct mysql_greeting g;

	if (is_error(payload, s))
		return -1;
	if (mysql_greeting(payload, &g) < 0)
		return -1;
	memcpy(l->scramble, g.scramble, sizeof l->scramble);
	copy(l->plugin, sizeof l->plugin, g.plugin);
	copy(l->version, sizeof l->version, g.version);
	facts_say(s, g.version.p, g.version.n);
	s->end = g.capabilities & MYSQL_CLIENT_SSL ? FACTS_OK : FACTS_NO_TLS;
	return s->end == FACTS_OK ? 0 : -1;
}

int logon_greeting(struct talk *t, struct logon *l, struct facts_step *s)
{
	struct span payload;

	if (packet(t, &payload, &l->seq) < 0) {
		end(s, t);
		/* What ends before it is as long as it says it is, may be no packet at all. */
		if (t->in.n > 0 && s->end != FACTS_TIMEOUT)
			say_strange(s, span_of(t->in.p, t->in.n));
		return -1;
	}
	if (read_greeting(payload, l, s) < 0) {
		if (s->end == FACTS_NOT_TRIED)
			say_strange(s, span_of(t->in.p, t->in.n));
		return -1;
	}
	drop(t, payload);
	if (t->in.n == 0)
		return 0;
	s->end = FACTS_INJECTED;
	return -1;
}

void logon_ask_tls(struct talk *t)
{
	struct buf out = buf_new(64);

	(void)mysqlclient_ssl_request(&out);
	say(t, &out);
}

void logon_not_tls(struct talk *t, struct facts_step *s)
{
	struct span payload;
	int tls = talk_overhear(t);

	if (strange_packet(span_of(t->heard.p, t->heard.n), &payload) < 0) {
		say_strange(s, span_of(t->heard.p, t->heard.n));
		return;
	}
	(void)is_error(payload, s);
	/* TLS behind it, or a password asked for: no server that has no TLS would say that. */
	s->end = tls || mysql_auth(payload) == MYSQL_AUTH_SWITCH ? FACTS_INJECTED : FACTS_PLAIN;
}

/* ---- inside TLS ------------------------------------------------------------------------------ */

/* Whose login it is: password NULL is a stranger's, who proves nothing. */
struct who {
	const char *user, *password;
};

static const struct {
	const char *name;
	size_t n;
	int (*proof)(const char *password, const uint8_t scramble[20], uint8_t *out);
} methods[] = {
	{ "caching_sha2_password", SHA256_LENGTH, mysql_sha2_answer },
	{ "mysql_native_password", SHA1_LENGTH, mysql_native_answer },
};

static int is_known(const char *plugin)
{
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (strcmp(plugin, methods[i].name) == 0)
			return 1;
	return 0;
}

/* What proves the password in that method; n 0: there is none, or the method is unknown. */
static size_t prove(
    const struct who *w, const char *plugin, const uint8_t scramble[20], uint8_t out[SHA256_LENGTH])
{
	/* An account without a password would let in who sends nothing. */
	size_t n = SHA1_LENGTH;

	if (RAND_bytes(out, SHA256_LENGTH) != 1)
		return 0;
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (strcmp(plugin, methods[i].name) == 0) {
			n = methods[i].n;
			if (w->password &&
			    (!*w->password || methods[i].proof(w->password, scramble, out) < 0))
				n = 0;
		}
	return n;
}

static void send_login(struct talk *t, const struct logon *l, const struct who *w)
{
	/* A server that offers another one first is to ask for it, which is no failed login yet. */
	const char *plugin = is_known(l->plugin) ? l->plugin : methods[0].name;
	uint8_t proof[SHA256_LENGTH];
	size_t n = prove(w, plugin, l->scramble, proof);
	const struct mysqlclient_login login = { w->user, plugin, span_of(proof, n) };
	struct buf out = buf_new(MYSQL_LOGIN_MAX);

	(void)mysqlclient_login(&out, FIRST_SEQ, &login);
	say(t, &out);
	explicit_bzero(proof, sizeof proof);
}

/* -1: a user is asked for by a method that is not spoken here: an answer would be a failed login.
 */
static int answer_switch(struct talk *t, struct logon *l, const struct who *w, struct span payload)
{
	uint8_t proof[SHA256_LENGTH];
	struct buf out = buf_new(256);
	struct span plugin;
	size_t n = 0;

	if (mysql_switch(payload, &plugin, l->scramble) == 0) {
		copy(l->plugin, sizeof l->plugin, plugin);
		if (w->password && !is_known(l->plugin))
			return -1;
		n = prove(w, l->plugin, l->scramble, proof);
	}
	(void)mysqlclient_packet(&out, (uint8_t)(l->seq + 1), span_of(proof, n));
	say(t, &out);
	explicit_bzero(proof, sizeof proof);
	return 0;
}

/* The password itself: only TLS hides it now. */
static void answer_more(struct talk *t, const struct logon *l, const struct who *w, uint8_t what)
{
	const char *password = w->password ? w->password : "?";
	struct buf out = buf_new(1024);

	if (what == MORE_FULL)
		(void)mysqlclient_packet(
		    &out, (uint8_t)(l->seq + 1), span_of(password, strlen(password) + 1));
	say(t, &out);
}

static void say_method(struct facts_step *s, const char *plugin)
{
	s->end = FACTS_METHOD;
	facts_say(s, plugin, strlen(plugin));
}

/* 1: the server waits for more, or says more; 0: the login is decided, as *s says. */
static int answer(
    struct talk *t, struct logon *l, const struct who *w, struct span payload, struct facts_step *s)
{
	switch (mysql_auth(payload)) {
	case MYSQL_AUTH_SWITCH:
		if (answer_switch(t, l, w, payload) == 0)
			return 1;
		say_method(s, l->plugin);
		return 0;
	case MYSQL_AUTH_OLD:
		say_method(s, "mysql_old_password");
		return 0;
	case MYSQL_AUTH_LAST:
		return 1;
	case MYSQL_AUTH_MORE:
		answer_more(t, l, w, payload.n > 1 ? payload.p[1] : 0);
		return 1;
	case MYSQL_AUTH_OK:
		s->end = FACTS_OK;
		return 0;
	default:
		if (!is_error(payload, s))
			say_strange(s, payload);
		return 0;
	}
}

static void log_in(struct talk *t, struct logon *l, const struct who *w, struct facts_step *s)
{
	struct span payload = { 0 };
	int goes_on = 1;

	send_login(t, l, w);
	for (int i = 0; goes_on && i < ROUNDS; i++) {
		if (packet(t, &payload, &l->seq) < 0) {
			end(s, t);
			return;
		}
		goes_on = answer(t, l, w, payload, s);
		drop(t, payload);
	}
	if (goes_on)
		say_strange(s, span_of(NULL, 0));
}

static void quit(struct talk *t)
{
	struct buf out = buf_new(16);

	(void)mysqlclient_quit(&out);
	say(t, &out);
}

/* Those errors that are no answer to this login, but to any, or none to a login at all. */
static const int refusals[] = {
	1037, 1038, 1041,                   /* out of memory */
	MYSQL_ER_CON_COUNT, 1042,           /* the client's name can't be had */
	1043,                               /* bad handshake */
	1053,                               /* it shuts down */
	1129,                               /* blocked */
	MYSQL_ER_HOST_NOT_PRIVILEGED, 1135, /* no thread */
	1152, 1158, 1159, 1160, 1161, 1184, /* the connection itself, as the server saw it */
	1156, 1157, 1153,                /* packets out of order, not to be unpacked, too large */
	3032,                            /* offline mode */
	MYSQL_ER_SECURE_TRANSPORT, 3168, /* the server is not available */
	9001,                            /* ProxySQL: no database behind it answers */
};

int logon_proves(int code)
{
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
		if (code == refusals[i])
			return 0;
	return 1;
}

void logon_stranger(struct talk *t, struct logon *l, struct facts_step *s)
{
	static const struct who nobody = { "dbtls check", NULL };

	log_in(t, l, &nobody, s);
	if (s->end == FACTS_OK)
		quit(t);
	if (s->end == FACTS_METHOD || (s->end == FACTS_ERROR && logon_proves(s->code)))
		s->end = FACTS_OK;
}

/* Rows come until EOF, or an OK that stands for it: a packet of fe and less than 9 bytes. */
static int is_last(struct span payload)
{
	return payload.p[0] == 0xfe && payload.n < 9;
}

/* One column and one row: number of columns, column, EOF, row, EOF. */
static void read_rows(struct talk *t, struct facts_step *s)
{
	struct span payload = { 0 };
	uint8_t seq;

	for (int ends = 0; ends < 2;) {
		if (packet(t, &payload, &seq) < 0) {
			end(s, t);
			return;
		}
		if (is_error(payload, s))
			return;
		ends += is_last(payload);
		drop(t, payload);
	}
}

void logon_user(
    struct talk *t, struct logon *l, const char *user, const char *password, struct facts_step *s)
{
	const struct who w = { user, password };
	struct buf out = buf_new(64);

	log_in(t, l, &w, s);
	if (s->end != FACTS_OK)
		return;
	(void)mysqlclient_query(&out, "SELECT 1");
	say(t, &out);
	read_rows(t, s);
	if (s->end == FACTS_OK)
		quit(t);
}
