/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/probe.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "probe/https.h"
#include "probe/logon.h"
#include "probe/offer.h"
#include "probe/talk.h"

#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define HELD_MS  3000 /* for a server that speaks though the client has not */
#define ALERT_MS 1000 /* for an alert behind a handshake of TLS 1.3 */

/* One connection and what is noted of it. */
struct way {
	const struct probe_wish *wish;
	struct facts *f;
	struct talk t;
	struct logon l;
};

static struct way way_new(const struct probe_wish *wish, struct facts *f)
{
	struct way w = { .wish = wish, .f = f };

	talk_init(&w.t);
	w.t.stop = wish->stop;
	return w;
}

static uint32_t since(uint64_t began)
{
	return (uint32_t)((clock_us() - began) / 1000);
}

/* ---- to the endpoint ------------------------------------------------------------------------- */

/* In English, as all facts. */
static void say_no_name(struct facts_step *s, const char *host, const struct err *e)
{
	char text[FACTS_TEXT];

	if (e->kind == ERR_USER && e->sys)
		(void)snprintf(text, sizeof text, RESOLVE_NO_ADDRESS, host, gai_strerror(e->sys));
	else
		(void)snprintf(text, sizeof text, "%s", e->text);
	facts_say(s, text, strlen(text));
}

static int resolve(const struct probe_wish *w, struct facts *f, struct addr found[RESOLVE_MAX])
{
	const struct names_ask ask = { w->names, w->host, w->port, w->ms, w->stop };
	uint64_t began = clock_us();
	struct err e = { 0 };
	struct facts_step *s;
	int n;

	if (w->to) {
		found[0] = *w->to;
		if (found[0].port == 0)
			found[0].port = w->port;
		return 1;
	}
	n = names_ask(&ask, found, &e);
	s = facts_note(f, FACTS_RESOLVE, n < 0 ? FACTS_NO_NAME : FACTS_OK);
	s->ms = since(began);
	if (n < 0)
		say_no_name(s, w->host, &e);
	return n;
}

/* Connects, unless that has been done. */
static int connect_to(struct way *w, const struct addr *a)
{
	if (w->t.fd >= 0)
		return 0;
	*w = way_new(w->wish, w->f);
	talk_step(&w->t, w->wish->ms);
	return talk_connect(&w->t, a);
}

static void connect_one(struct way *w, const struct addr *a)
{
	uint64_t began = clock_us();
	char text[ADDR_TEXT];
	int rc = connect_to(w, a);
	struct facts_step *s = facts_note(w->f, FACTS_CONNECT, rc < 0 ? w->t.end : FACTS_OK);

	s->ms = since(began);
	(void)addr_text(a, text);
	facts_say(s, text, strlen(text));
	if (rc < 0)
		talk_close(&w->t);
	else if (w->f->address.family == 0)
		w->f->address = *a;
}

/*
 * Each address is tried. The first that answers is talked to, over this connection: a database
 * counts those that come and say nothing (MySQL's max_connect_errors).
 */
static void connect_each(struct way *w)
{
	struct addr found[RESOLVE_MAX];
	int n = resolve(w->wish, w->f, found);

	for (int i = 0; i < n; i++) {
		struct way other = way_new(w->wish, w->f);

		connect_one(w->f->address.family == 0 ? w : &other, &found[i]);
		talk_close(&other.t);
	}
}

/* ---- up to TLS ------------------------------------------------------------------------------- */

/* Connects anew and reads MySQL's greeting; noted as the step `as` if that fails. */
static int begin(struct way *w, enum facts_what as)
{
	struct facts_step s = { .what = as };
	uint64_t began = clock_us();

	if (connect_to(w, &w->f->address) < 0) {
		facts_note(w->f, as, w->t.end)->ms = since(began);
		return -1;
	}
	if (w->f->protocol != FACTS_MYSQL)
		return 0;
	talk_step(&w->t, w->wish->ms);
	if (logon_greeting(&w->t, &w->l, &s) == 0)
		return 0;
	s.ms = since(began);
	*facts_note(w->f, as, s.end) = s;
	return -1;
}

/* The first time the greeting is a step by itself. */
static int begin_first(struct way *w)
{
	uint64_t began = clock_us();
	struct facts_step *s;

	if (w->f->protocol != FACTS_MYSQL)
		return begin(w, FACTS_CONNECT);
	if (begin(w, FACTS_GREETING) < 0)
		return -1;
	s = facts_note(w->f, FACTS_GREETING, FACTS_OK);
	s->ms = since(began);
	facts_say(s, w->l.version, strlen(w->l.version));
	(void)snprintf(
	    w->f->server, sizeof w->f->server, "%.*s", (int)sizeof w->f->server - 1, s->text);
	return 0;
}

static void describe_failure(struct way *w, struct facts_step *s)
{
	s->end = w->t.end;
	s->code = s->end == FACTS_ALERT ? w->t.alert : 0;
	facts_say(s, w->t.why, strlen(w->t.why));
	if (s->end != FACTS_STRANGE)
		return;
	if (w->f->protocol == FACTS_MYSQL)
		logon_not_tls(&w->t, s);
	else
		https_not_tls(&w->t, s);
}

/* The handshake of that kind; what it has shown goes to out. */
static int shake(struct way *w, enum facts_what what, struct facts_tls *out)
{
	struct facts_step *s = facts_note(w->f, what, FACTS_OK);
	uint64_t began = clock_us();
	struct err e = { 0 };
	struct ssl_st *ssl = offer_new(what, w->f, &e);

	if (!ssl) {
		s->end = FACTS_LOCAL;
		facts_say(s, e.text, strlen(e.text));
		return -1;
	}
	talk_step(&w->t, w->wish->ms);
	if (w->f->protocol == FACTS_MYSQL)
		logon_ask_tls(&w->t);
	if (talk_shake(&w->t, ssl) < 0)
		describe_failure(w, s);
	s->ms = since(began);
	offer_read(&w->t, out);
	if (what == FACTS_WEAK && s->end == FACTS_OK)
		s->code = offer_group_bits(&w->t);
	return s->end == FACTS_OK ? 0 : -1;
}

/* ---- inside TLS ------------------------------------------------------------------------------ */

/*
 * In TLS 1.3 the client is done before the server has looked at its certificate, or at the lack of
 * one (RFC 8446 4.4.2.4): what it says to that is waited for.
 */
static int refused_late(struct way *w, struct facts_step *s)
{
	if (!w->t.asked)
		return 0;
	talk_step(&w->t, ALERT_MS < w->wish->ms ? ALERT_MS : w->wish->ms);
	if (talk_hear(&w->t) == 0 || w->t.end == FACTS_TIMEOUT)
		return 0;
	s->end = w->t.end;
	s->code = s->end == FACTS_ALERT ? w->t.alert : 0;
	return 1;
}

static void session(struct way *w)
{
	struct facts_step *s = facts_note(w->f, FACTS_SESSION, FACTS_OK);
	uint64_t began = clock_us();

	if (!refused_late(w, s)) {
		began = clock_us(); /* what has waited for an alert was this machine */
		talk_step(&w->t, w->wish->ms);
		if (w->f->protocol == FACTS_MYSQL)
			logon_stranger(&w->t, &w->l, s);
		if (w->f->protocol == FACTS_HTTPS)
			https_ask(&w->t, w->f, s);
	}
	s->ms = since(began);
}

/* ---- further handshakes ---------------------------------------------------------------------- */

static void shake_again(
    const struct probe_wish *wish, struct facts *f, enum facts_what what, struct facts_tls *out)
{
	struct way w = way_new(wish, f);

	if (begin(&w, what) == 0)
		(void)shake(&w, what, out);
	talk_close(&w.t);
}

/* Who answers SSLRequest in plaintext before the ClientHello has come is a server that refuses. */
static void hold_back(const struct probe_wish *wish, struct facts *f)
{
	struct way w = way_new(wish, f);
	int ms = HELD_MS < wish->ms ? HELD_MS : wish->ms;

	if (begin(&w, FACTS_HELD) == 0) {
		uint64_t began = clock_us();

		logon_ask_tls(&w.t);
		talk_step(&w.t, ms);
		facts_note(f, FACTS_HELD, talk_hear(&w.t) == 0 ? FACTS_OK : w.t.end)->ms =
		    since(began);
	}
	talk_close(&w.t);
}

/* ---- DynamoDB's API -------------------------------------------------------------------------- */

/* Which is asked: the one that was wished, or the one that the answer to GET / suggests. */
static enum https_api api_of(const struct probe_wish *wish, const struct facts *f)
{
	const struct facts_step *root = facts_last(f, FACTS_SESSION);

	if (f->protocol != FACTS_HTTPS || !root)
		return HTTPS_NO_API;
	if (wish->api != HTTPS_NO_API || !https_is_healthy(root))
		return wish->api;
	return strstr(f->name, "streams") ? HTTPS_STREAMS : HTTPS_DYNAMODB;
}

/* An unsigned request that DynamoDB answers in one way shows that the API is reached. */
static void ask_api(struct way *w, enum https_api api, struct facts_step *s)
{
	uint64_t began = clock_us();

	talk_step(&w->t, w->wish->ms);
	https_ask_api(&w->t, w->f, api, s);
	s->ms += since(began);
}

/* Over the connection that has answered GET /, which the server may have closed behind it. */
static void ask_api_here(struct way *w)
{
	enum https_api api = api_of(w->wish, w->f);
	struct facts_step *s;

	if (api == HTTPS_NO_API || facts_last(w->f, FACTS_SESSION)->end != FACTS_OK)
		return;
	s = facts_note(w->f, FACTS_API, FACTS_OK);
	ask_api(w, api, s);
	if (s->end == FACTS_CLOSED || s->end == FACTS_RESET)
		w->f->steps--;
}

static void ask_api_anew(const struct probe_wish *wish, struct facts *f)
{
	enum https_api api = api_of(wish, f);
	struct way w = way_new(wish, f);
	struct facts_tls unused = { 0 };

	if (api != HTTPS_NO_API && begin(&w, FACTS_API) == 0 && shake(&w, FACTS_API, &unused) == 0)
		ask_api(&w, api, &f->step[f->steps - 1]);
	facts_tls_free(&unused);
	talk_close(&w.t);
}

/* ---- which of them --------------------------------------------------------------------------- */

/*
 * Most servers miss neither the name nor the protocol: one handshake without both shows that. One
 * that fails leaves open which was missed, and counts for nothing.
 */
static int is_bare_enough(const struct probe_wish *wish, struct facts *f)
{
	size_t before = f->steps;
	struct facts_step *s;

	shake_again(wish, f, FACTS_BARE, &f->bare);
	s = &f->step[f->steps - 1];
	if (s->end != FACTS_OK) {
		facts_tls_free(&f->bare);
		f->bare = (struct facts_tls) { 0 };
		f->steps = before;
		return 0;
	}
	s->what = FACTS_NO_SNI;
	facts_note(f, FACTS_NO_ALPN, FACTS_OK)->ms = s->ms;
	return 1;
}

static void shake_barer(const struct probe_wish *wish, struct facts *f)
{
	struct facts_tls unused = { 0 };
	struct addr ip;
	int is_named = addr_parse_ip(&ip, f->name) < 0;

	if (f->protocol == FACTS_HTTPS && is_named && is_bare_enough(wish, f))
		return;
	if (is_named)
		shake_again(wish, f, FACTS_NO_SNI, &f->bare);
	if (f->protocol == FACTS_HTTPS)
		shake_again(wish, f, FACTS_NO_ALPN, &unused);
	facts_tls_free(&unused);
}

static void look_further(const struct probe_wish *wish, struct facts *f)
{
	const struct facts_step s = *facts_last(f, FACTS_HANDSHAKE);
	int alert = s.end == FACTS_ALERT ? s.code : -1;

	if (s.end == FACTS_PLAIN)
		hold_back(wish, f);
	if (alert == 40 || alert == 71 || s.end == FACTS_SMALL_DH)
		shake_again(wish, f, FACTS_WEAK, &f->other);
	if (alert == 70 || s.end == FACTS_VERSION)
		shake_again(wish, f, FACTS_OLD, &f->other);
	if (s.end == FACTS_OK)
		shake_barer(wish, f);
	if (s.end == FACTS_OK && !facts_last(f, FACTS_API))
		ask_api_anew(wish, f);
}

/* ---- the main road --------------------------------------------------------------------------- */

/* Up to the first handshake. 0: it was made. */
static int go(struct way *w)
{
	const struct probe_wish *wish = w->wish;
	struct facts *f = w->f;

	*f = (struct facts) { .port = wish->port, .protocol = wish->protocol, .now = wish->now };
	(void)snprintf(f->name, sizeof f->name, "%s", wish->name);
	connect_each(w);
	if (f->address.family == 0 || begin_first(w) < 0)
		return -1;
	return shake(w, FACTS_HANDSHAKE, &f->tls);
}

void probe_look(const struct probe_wish *wish, struct facts *f)
{
	struct way w = way_new(wish, f);

	(void)go(&w);
	talk_close(&w.t);
}

void probe_run(const struct probe_wish *wish, struct facts *f)
{
	struct way w = way_new(wish, f);

	if (go(&w) == 0) {
		session(&w);
		ask_api_here(&w);
	}
	talk_close(&w.t);
	if (facts_last(f, FACTS_HANDSHAKE))
		look_further(wish, f);
}

static int is_same_leaf(const struct facts_tls *a, const struct facts_tls *b)
{
	return a->certs > 0 && b->certs > 0 && a->cert[0].n == b->cert[0].n &&
	       memcmp(a->cert[0].p, b->cert[0].p, a->cert[0].n) == 0;
}

/* 0: nothing may be sent there, and *s says why. */
static int is_trusted(const struct probe_login *l, const struct facts *f,
    const struct facts_tls *seen, struct facts_step *s)
{
	char why[FACTS_TEXT] = "";

	if (is_same_leaf(seen, &f->tls) || l->is_right(l->arg, seen, why))
		return 1;
	s->end = FACTS_OTHER;
	facts_say(s, why, strlen(why));
	return 0;
}

void probe_login(const struct probe_wish *wish, const struct probe_login *l, struct facts *f)
{
	struct way w = way_new(wish, f);
	struct facts_tls seen = { 0 };
	struct facts_step *s;
	uint64_t began = clock_us();

	if (begin(&w, FACTS_LOGIN) == 0 && shake(&w, FACTS_LOGIN, &seen) == 0) {
		s = &f->step[f->steps - 1];
		talk_step(&w.t, wish->ms);
		if (is_trusted(l, f, &seen, s)) {
			if (f->protocol == FACTS_MYSQL)
				logon_user(&w.t, &w.l, l->user, l->password, s);
			else
				https_ask_signed(&w.t, f, api_of(wish, f), l->keys, s);
		}
		s->ms = since(began);
	}
	facts_tls_free(&seen);
	talk_close(&w.t);
}
