/* SPDX-License-Identifier: Apache-2.0 */
#include "target/read.h"

#include "base/buf.h"
#include "base/i18n.h"
#include "base/utf8.h"
#include "target/clients.h"
#include "target/form.h"
#include "net/addr.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HOST_MAX 253

/* ---- what was given -------------------------------------------------------------------------- */

static void drop(struct target_given *g)
{
	if (g->text)
		explicit_bzero(g->text, strlen(g->text));
	free(g->text);
	*g = (struct target_given) { 0 };
}

int target_read_keep(struct target_reading *r, enum target_set set, const char *value,
    struct target_place place, struct err *e)
{
	char *copy = strdup(value ? value : "");

	if (!copy)
		return err_sys(e, "strdup");
	drop(&r->given[set]);
	r->given[set] = (struct target_given) { .text = copy, .place = place };
	return 0;
}

int target_read_secret(struct target_reading *r, struct target_place place, struct err *e)
{
	if (place.n == 0)
		return 0;
	if (r->secrets == TARGET_SECRETS)
		return err_set(
		    e, ERR_USER, _("%s holds more than %d passwords"), r->form, TARGET_SECRETS);
	r->secret[r->secrets++] = place;
	return 0;
}

static int is_secret(enum target_set set)
{
	return set == SET_PASSWORD || set == SET_STORE_PASSWORD || set == SET_SECRET;
}

/* Also of an option that nobody knows: "passwort=…" is not to be shown either. */
static int sounds_secret(const char *name)
{
	return strcasestr(name, "pass") || strcasestr(name, "pwd") || strcasestr(name, "secret") ||
	       strcasestr(name, "token");
}

/* An object for Node's TLS may have a private key in it. */
static int holds_key(const struct target_option *o, const char *value)
{
	return o && o->set == SET_JSON && value &&
	       (strstr(value, "key") || strstr(value, "pass") || strstr(value, "pfx"));
}

enum target_note_kind target_read_unknown(const struct target_reading *r, int refuses)
{
	return refuses && !r->guessed ? TARGET_REFUSED : TARGET_UNKNOWN;
}

/* "loose-" is for this: my_getopt warns of it, and goes on. */
static int is_loose(const struct target_client *c, const char *name)
{
	return c->prefixes && strncmp(name, "loose-", 6) == 0;
}

static void unknown(struct target_reading *r, const struct target_word *w)
{
	const struct target_client *c = r->client;
	const char *near = target_client_near(c, w->name);
	enum target_note_kind kind =
	    target_read_unknown(r, c->refuses_names && !is_loose(c, w->name));

	if (target_client_begins(c, w->name))
		return;

	if (near && !c->title)
		target_read_note(r, TARGET_UNKNOWN, w->place, near,
		    _("no client known here has \"%.64s\"; did you mean \"%s\"?"), w->name, near);
	else if (near)
		target_read_note(r, kind, w->place, near,
		    _("%s does not know \"%.64s\"; did you mean \"%s\"?"), _(c->title), w->name,
		    near);
	else if (!c->open)
		target_read_note(
		    r, kind, w->place, NULL, _("%s does not know \"%.64s\""), _(c->title), w->name);
}

int target_read_row(struct target_reading *r, const struct target_option *o,
    const struct target_word *w, struct err *e)
{
	if ((sounds_secret(w->name) || (o && is_secret(o->set)) || holds_key(o, w->value)) &&
	    target_read_secret(r, w->held, e) < 0)
		return -1;
	if (!o) {
		unknown(r, w);
		return 0;
	}
	if (o->set == SET_NOTHING)
		return 0;
	return target_read_keep(r, o->set, w->value, w->place, e);
}

int target_read_option(struct target_reading *r, const struct target_word *w, struct err *e)
{
	return target_read_row(r, target_client_option(r->client, w->name), w, e);
}

const char *target_read_said(const struct target_reading *r, enum target_set set)
{
	return r->given[set].text;
}

int target_read_no(const struct target_reading *r, enum target_set set)
{
	static const char *const words[] = { "0", "false", "no", "off", "disabled", "none" };
	const char *said = target_read_said(r, set);

	for (size_t i = 0; said && i < sizeof words / sizeof *words; i++)
		if (strcasecmp(said, words[i]) == 0)
			return 1;
	return 0;
}

int target_read_yes(const struct target_reading *r, enum target_set set)
{
	return target_read_said(r, set) && !target_read_no(r, set);
}

void target_read_note(struct target_reading *r, enum target_note_kind kind,
    struct target_place place, const char *nearest, const char *fmt, ...)
{
	struct target *t = r->t;
	struct target_note *note;
	va_list args;

	if (!t->note)
		t->note = calloc(TARGET_NOTES, sizeof *t->note);
	if (!t->note || t->notes == TARGET_NOTES)
		return;
	note = &t->note[t->notes++];
	*note =
	    (struct target_note) { .kind = kind, .at = place.at, .n = place.n, .nearest = nearest };
	va_start(args, fmt);
	(void)vsnprintf(note->sentence, sizeof note->sentence, fmt, args);
	va_end(args);
	utf8_drop_cut(note->sentence);
}

/* ---- pieces of text -------------------------------------------------------------------------- */

static int hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int target_read_decode(char *out, struct span in, int plus)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		int c = in.p[i];

		if (c == '+' && plus)
			c = ' ';
		if (c == '%') {
			int high = i + 2 < in.n ? hex(in.p[i + 1]) : -1;
			int low = i + 2 < in.n ? hex(in.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return -1;
			c = high << 4 | low;
			i += 2;
		}
		if (c == 0)
			return -1;
		out[n++] = (char)c;
	}
	out[n] = '\0';
	return 0;
}

struct target_place target_read_place(const struct target_reading *r, struct span part)
{
	return (struct target_place) { (size_t)(part.p - r->text.p), part.n };
}

int target_read_keep_span(
    struct target_reading *r, enum target_set set, struct span part, struct err *e)
{
	char copy[TARGET_TEXT + 1];

	memcpy(copy, part.p, part.n);
	copy[part.n] = '\0';
	return target_read_keep(r, set, copy, target_read_place(r, part), e);
}

/* An IPv6 address has two colons or more. */
static int is_v6(struct span s)
{
	const uint8_t *colon = s.n ? memchr(s.p, ':', s.n) : NULL;

	return colon && memchr(colon + 1, ':', s.n - (size_t)(colon + 1 - s.p));
}

int target_read_address(struct target_reading *r, struct span text, struct err *e)
{
	struct span host = text, port = { 0 };
	const uint8_t *end;

	if (text.n && text.p[0] == '[') {
		end = memchr(text.p, ']', text.n);
		if (!end || (end + 1 < text.p + text.n && end[1] != ':'))
			return err_set(e, ERR_USER,
			    _("%s: behind the IPv6 address comes \"]\", then \":\" and the port"),
			    r->form);
		host = span_of(text.p + 1, (size_t)(end - text.p - 1));
		port = span_of(end + 1, (size_t)(text.p + text.n - end - 1));
	}
	end = host.n && !is_v6(text) ? memchr(text.p, ':', text.n) : NULL;
	if (end) {
		host = span_of(text.p, (size_t)(end - text.p));
		port = span_of(end, text.n - host.n);
	}
	if (host.n && target_read_keep_span(r, SET_HOST, host, e) < 0)
		return -1;
	if (port.n <= 1)
		return 0;
	return target_read_keep_span(r, SET_PORT, span_of(port.p + 1, port.n - 1), e);
}

/* ---- from what was given to a target --------------------------------------------------------- */

static int host_ok(const char *host)
{
	size_t n = strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-_.");

	/* Names with "_" are no host names, and containers have them. */
	return n > 0 && n <= HOST_MAX && !host[n] && host[0] != '.' && host[0] != '-' &&
	       !strstr(host, "..");
}

static int take_host(struct target_reading *r, struct err *e)
{
	char *host = r->given[SET_HOST].text;
	struct addr a;
	size_t n;

	if (!host || !*host)
		return err_set(e, ERR_USER, _("%s names no host"), r->form);
	for (char *c = host; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	n = strlen(host);
	/* The dot of a fully qualified name is not part of the name in a certificate. */
	if (n > 1 && host[n - 1] == '.')
		host[n - 1] = '\0';
	if (strchr(host, ','))
		return err_set(e, ERR_USER,
		    _("%s names several hosts: check them one by one, each in a text of its own"),
		    r->form);
	if (!host_ok(host) && addr_parse_ip(&a, host) < 0)
		return err_set(e, ERR_USER,
		    _("%s: the host is neither a name nor an address; write a name in ASCII "
		      "(xn--… for others), IPv6 in brackets"),
		    r->form);
	r->t->host = host;
	r->given[SET_HOST].text = NULL;
	target_service_host(r);
	return 0;
}

static int take_port(struct target_reading *r, struct err *e)
{
	const char *port = target_read_said(r, SET_PORT);
	unsigned long n = r->port;

	if (port && *port) {
		if (strspn(port, "0123456789") != strlen(port) || strlen(port) > 5)
			n = 0;
		else
			n = strtoul(port, NULL, 10);
	}
	if (n == 0 || n > 65535)
		return err_set(e, ERR_USER,
		    _("%s: behind the host's colon stands no port from 1 to 65535; if that is part "
		      "of a password, write @ as %%40, / as %%2F, # as %%23 and ? as %%3F"),
		    r->form);
	r->t->port = (uint16_t)n;
	return 0;
}

static const struct {
	enum target_set set;
	size_t to;
} members[] = {
	{ SET_USER, offsetof(struct target, user) },
	{ SET_PASSWORD, offsetof(struct target, password) },
	{ SET_DATABASE, offsetof(struct target, database) },
	{ SET_PATH, offsetof(struct target, path) },
	{ SET_SERVER_NAME, offsetof(struct target, server_name) },
	{ SET_CA, offsetof(struct target, ca) },
	{ SET_CA_FOLDER, offsetof(struct target, ca_folder) },
	{ SET_CERTIFICATE, offsetof(struct target, certificate) },
	{ SET_KEY, offsetof(struct target, key) },
	{ SET_STORE, offsetof(struct target, store) },
	{ SET_STORE_TYPE, offsetof(struct target, store_type) },
	{ SET_STORE_PASSWORD, offsetof(struct target, store_password) },
};

static int has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return 1;
	return 0;
}

/* Java's drivers take a URL: "file:/etc/dbtls/ca.p12", "file:///etc/dbtls/ca.p12". */
static void drop_scheme(char *path)
{
	if (strncmp(path, "file:", 5) != 0)
		return;
	memmove(path, path + 5, strlen(path + 5) + 1);
	if (strncmp(path, "///", 3) == 0)
		memmove(path, path + 2, strlen(path + 2) + 1);
}

/* A password may hold anything; the others are printed, and opened. */
static int take_members(struct target_reading *r, struct err *e)
{
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		struct target_given *g = &r->given[members[i].set];

		if (!g->text || !*g->text)
			continue;
		if (!is_secret(members[i].set) && has_control(g->text))
			return err_set(
			    e, ERR_USER, _("%s: there are control characters in it"), r->form);
		if (members[i].set == SET_STORE || members[i].set == SET_CERTIFICATE)
			drop_scheme(g->text);
		memcpy((char *)r->t + members[i].to, &g->text, sizeof g->text);
		g->text = NULL;
	}
	return 0;
}

/* ---- TLS versions ---------------------------------------------------------------------------- */

/* Of "TLSv1.2", "tlsv1.2", "TLS 1.2", "1.2", "VersionTLS12"; 0: none of them. */
static unsigned version_of(struct span word)
{
	static const struct {
		const char *text;
		unsigned version;
	} known[] = {
		{ "1.3", TARGET_TLS13 },
		{ "1.2", TARGET_TLS12 },
		{ "1.1", TARGET_TLS11 },
		{ "1.0", TARGET_TLS10 },
		{ "1", TARGET_TLS10 },
	};

	if (word.n >= 3 && strncasecmp((const char *)word.p, "tls", 3) == 0)
		(void)span_skip(&word, 3);
	if (word.n && (*word.p | 0x20) == 'v')
		(void)span_skip(&word, 1);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (span_is(word, known[i].text))
			return known[i].version;
	return 0;
}

static unsigned versions_of(struct target_reading *r, enum target_set set)
{
	const char *at = target_read_said(r, set);
	unsigned all = 0;

	while (at && *at) {
		size_t n;

		at += strspn(at, ", []'\"");
		n = strcspn(at, ", []'\"");
		if (n == 0)
			break;
		if (version_of(span_of(at, n)) == 0)
			target_read_note(r, TARGET_UNKNOWN, r->given[set].place, NULL,
			    _("\"%.*s\" is no TLS version; write TLSv1.2 or TLSv1.3"),
			    n < 32 ? (int)n : 32, at);
		all |= version_of(span_of(at, n));
		at += n;
	}
	return all;
}

static void take_versions(struct target_reading *r)
{
	unsigned least = versions_of(r, SET_VERSION_MIN);
	unsigned most = versions_of(r, SET_VERSION_MAX);

	r->t->versions = versions_of(r, SET_VERSIONS);
	if (!least && !most)
		return;
	least = least ? least : TARGET_TLS10;
	most = most ? most : TARGET_TLS13;
	r->t->versions = (2 * most - 1) & ~(least - 1);
}

/* What names an old one: a list, the least or the most. */
static enum target_set old_version(const struct target_reading *r)
{
	static const enum target_set ends[] = { SET_VERSION_MIN, SET_VERSION_MAX };
	unsigned old = TARGET_TLS10 | TARGET_TLS11;

	if (target_read_said(r, SET_VERSIONS) && (r->t->versions & old))
		return SET_VERSIONS;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		const char *said = target_read_said(r, ends[i]);

		if (said && (version_of(span_of(said, strlen(said))) & old))
			return ends[i];
	}
	return SET_NOTHING;
}

static void note_old_versions(struct target_reading *r)
{
	enum target_set by = old_version(r);
	size_t before = r->t->notes;

	if (by == SET_NOTHING)
		return;
	target_read_note(r, TARGET_NO_EFFECT, r->given[by].place, NULL,
	    _("TLS 1.0 and 1.1 are withdrawn (RFC 8996), and today's libraries refuse them; write "
	      "TLSv1.2 or TLSv1.3"));
	if (r->t->notes > before)
		r->t->note[before].old = 1;
}

/* ---- how much is verified -------------------------------------------------------------------- */

static const char *weakness(const struct target_judged *j)
{
	if (j->verify == TARGET_OFF)
		return _("no TLS: password and data cross the network in the clear");
	if (j->verify == TARGET_NONE && j->falls_back)
		return _("any certificate is taken, and a server without TLS gets plaintext");
	if (j->verify == TARGET_NONE)
		return _("any certificate is taken, whoever answers");
	if (j->falls_back)
		return _("a server that offers no TLS gets password and data in plaintext");
	if (j->verify == TARGET_CA)
		return _("the host's name is not verified: any certificate of the CA will do");
	return NULL;
}

static void judge(struct target_reading *r)
{
	const struct target_client *c = r->client;
	struct target_judged j = { .verify = TARGET_UNSAID };
	const char *weak;

	if (!c->judge)
		return;
	j = c->judge(r);
	r->t->verify = j.verify;
	r->t->falls_back = j.falls_back;
	weak = weakness(&j);
	if (weak)
		target_read_note(r, TARGET_INSECURE, r->given[j.by].place, NULL, _("%s: %s; %s"),
		    _(c->title), weak, _(c->full));
}

/* ---- the text without its passwords ---------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
	const struct target_place *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* In order, and none in another. */
static void sort_secrets(struct target_reading *r)
{
	size_t n = 0;

	qsort(r->secret, r->secrets, sizeof *r->secret, by_place);
	for (size_t i = 0; i < r->secrets; i++) {
		struct target_place *last = n ? &r->secret[n - 1] : NULL;
		struct target_place next = r->secret[i];

		if (!last || next.at >= last->at + last->n) {
			r->secret[n++] = next;
			continue;
		}
		if (next.at + next.n > last->at + last->n)
			last->n = next.at + next.n - last->at;
	}
	r->secrets = n;
}

/* Where in the text shown the byte at stands. */
static size_t moved(const struct target_reading *r, size_t at)
{
	size_t to = at;

	for (size_t i = 0; i < r->secrets; i++) {
		const struct target_place *s = &r->secret[i];

		if (at >= s->at + s->n)
			to = to + 3 - s->n;
		else if (at > s->at)
			to = to - (at - s->at);
	}
	return to;
}

static int show(struct target_reading *r, struct err *e)
{
	struct target *t = r->t;
	struct buf out = buf_new(TARGET_TEXT + 1 + (size_t)3 * TARGET_SECRETS);
	size_t at = 0;

	sort_secrets(r);
	for (size_t i = 0; i < r->secrets; i++) {
		if (buf_add(&out, r->text.p + at, r->secret[i].at - at) < 0 ||
		    buf_add(&out, "***", 3) < 0)
			goto full;
		at = r->secret[i].at + r->secret[i].n;
	}
	if (buf_add(&out, r->text.p + at, r->text.n - at) < 0 || buf_add(&out, "", 1) < 0)
		goto full;
	for (size_t i = 0; i < t->notes; i++) {
		struct target_note *note = &t->note[i];
		size_t end = moved(r, note->at + note->n);

		note->given_at = note->at;
		note->given_n = note->n;
		note->at = moved(r, note->at);
		note->n = end - note->at;
	}
	t->text = (char *)out.p;
	return 0;
full:
	buf_free(&out);
	return err_set(e, ERR_LOCAL, _("out of memory"));
}

int target_read_finish(struct target_reading *r, struct err *e)
{
	if (target_read_said(r, SET_SOCKET))
		return err_set(e, ERR_USER,
		    _("%s connects over a Unix socket, where there is no TLS to check; name a host "
		      "instead"),
		    r->form);
	if (take_host(r, e) < 0 || take_port(r, e) < 0)
		return -1;
	if ((r->t->protocol == TARGET_HTTPS || r->t->protocol == TARGET_HTTP) &&
	    !target_read_said(r, SET_PATH) &&
	    target_read_keep(r, SET_PATH, "/", (struct target_place) { 0 }, e) < 0)
		return -1;
	r->t->client = r->client->id;
	judge(r);
	take_versions(r);
	note_old_versions(r);
	if (take_members(r, e) < 0)
		return -1;
	return show(r, e);
}

void target_read_free(struct target_reading *r)
{
	for (size_t i = 0; i < SETS; i++)
		drop(&r->given[i]);
}
