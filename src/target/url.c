/* SPDX-License-Identifier: Apache-2.0 */
#include "base/i18n.h"
#include "target/clients.h"
#include "target/form.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct url {
	struct span scheme, userinfo, address, path, query;
};

/* The part of *rest before the first of the characters, which stays there. */
static struct span until(struct span *rest, const char *characters)
{
	size_t n = 0;
	struct span part = { 0 };

	while (n < rest->n && !strchr(characters, rest->p[n]))
		n++;
	(void)span_take(rest, n, &part);
	return part;
}

static int begins(struct span s, uint8_t c)
{
	return s.n > 0 && s.p[0] == c;
}

/* Up to the last "@", which belongs to neither. */
static struct span split_user(struct span *authority)
{
	struct span user = { 0 };
	const uint8_t *sign = authority->n ? memrchr(authority->p, '@', authority->n) : NULL;

	if (!sign)
		return user;
	(void)span_take(authority, (size_t)(sign - authority->p), &user);
	(void)span_skip(authority, 1);
	return user;
}

/* A "/", "?" or "#" of a password that is not encoded ends the authority too early. */
static int cut_short(struct span rest)
{
	struct span before = until(&rest, "=&");

	return before.n > 0 && memchr(before.p, '@', before.n) != NULL;
}

static int is_scheme(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isalnum(s.p[i]) && !strchr("+.-:", s.p[i]))
			return 0;
	return s.n > 0;
}

static int split(struct url *u, struct target_reading *r, struct err *e)
{
	struct span rest = r->text, authority;

	u->scheme = until(&rest, "/");
	if (u->scheme.n && u->scheme.p[u->scheme.n - 1] == ':')
		u->scheme.n--;
	if (!is_scheme(u->scheme) || rest.n < 2 || memcmp(rest.p, "//", 2) != 0)
		return err_set(e, ERR_USER, _("%s has no \"//\" before its host"), r->form);
	(void)span_skip(&rest, 2);
	authority = until(&rest, "/?#");
	if (cut_short(rest))
		return err_set(e, ERR_USER,
		    _("%s: an @ stands behind the host; if it is part of the password, write @ as "
		      "%%40, / as %%2F, # as %%23 and ? as %%3F"),
		    r->form);
	u->userinfo = split_user(&authority);
	u->address = authority;
	u->path = until(&rest, "?#");
	if (begins(rest, '?'))
		(void)span_skip(&rest, 1);
	u->query = until(&rest, "#");
	return 0;
}

/* MariaDB's Connector/J takes what stands there as it is. */
static int is_raw(const struct target_reading *r)
{
	return r->client->id && strcmp(r->client->id, "mariadb-java") == 0;
}

static int decode(
    const struct target_reading *r, char *out, struct span in, int plus, struct err *e)
{
	if (is_raw(r)) {
		memcpy(out, in.p, in.n);
		out[in.n] = '\0';
		return 0;
	}
	if (target_read_decode(out, in, plus) == 0)
		return 0;
	return err_set(e, ERR_USER,
	    _("%s: behind %% come two hexadecimal digits; write %% itself as %%25"), r->form);
}

static int take_part(struct target_reading *r, enum target_set set, struct span part, struct err *e)
{
	char text[TARGET_TEXT + 1];
	struct target_place place;
	int rc;

	if (part.n == 0)
		return 0;
	place = target_read_place(r, part);
	if (set == SET_PASSWORD && target_read_secret(r, place, e) < 0)
		return -1;
	rc = decode(r, text, part, 0, e);
	if (rc == 0)
		rc = target_read_keep(r, set, text, place, e);
	explicit_bzero(text, part.n + 1);
	return rc;
}

static int take_user(struct target_reading *r, struct span userinfo, struct err *e)
{
	struct span user;

	if (userinfo.n == 0)
		return 0;
	user = until(&userinfo, ":");
	(void)span_skip(&userinfo, 1);
	if (take_part(r, SET_PASSWORD, userinfo, e) < 0)
		return -1;
	return take_part(r, SET_USER, user, e);
}

static int take_option(struct target_reading *r, struct span part, struct err *e)
{
	char name[TARGET_TEXT + 1], value[TARGET_TEXT + 1];
	struct target_word w = { .name = name };
	struct span key;
	int rc;

	/* As it stands in a file of XML. */
	if (part.n >= 4 && memcmp(part.p, "amp;", 4) == 0)
		(void)span_skip(&part, 4);
	if (part.n == 0)
		return 0;
	w.place = target_read_place(r, part);
	key = until(&part, "=");
	if (decode(r, name, key, 1, e) < 0)
		return -1;
	if (begins(part, '=')) {
		(void)span_skip(&part, 1);
		w.value = value;
		w.held = target_read_place(r, part);
	}
	rc = decode(r, value, part, 1, e);
	if (rc == 0)
		rc = target_read_option(r, &w, e);
	explicit_bzero(value, part.n + 1);
	return rc;
}

static int take_query(struct target_reading *r, struct span query, struct err *e)
{
	while (query.n) {
		struct span part = until(&query, "&");

		(void)span_skip(&query, 1);
		if (take_option(r, part, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- schemes --------------------------------------------------------------------------------- */

static const struct {
	const char *scheme;
	enum target_protocol protocol;
	uint16_t port;
} plain[] = {
	{ "https", TARGET_HTTPS, 443 },
	{ "http", TARGET_HTTP, 80 },
	{ "tls", TARGET_TLS, 0 },
};

static int scheme_is(struct span scheme, const char *name)
{
	return scheme.n == strlen(name) && strncasecmp((const char *)scheme.p, name, scheme.n) == 0;
}

static int is_plain(struct target_reading *r, struct span scheme)
{
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
		if (!scheme_is(scheme, plain[i].scheme))
			continue;
		r->t->protocol = plain[i].protocol;
		r->port = plain[i].port;
		return 1;
	}
	return 0;
}

static int take_plain(struct target_reading *r, const struct url *u, struct err *e)
{
	struct span path = u->path;

	if (r->t->protocol == TARGET_TLS)
		return 0;
	/* What is asked for is the path and the query, as they are. */
	if (path.n)
		path.n = (size_t)(u->query.p + u->query.n - path.p);
	if (r->t->protocol == TARGET_HTTP) {
		r->t->verify = TARGET_OFF;
		target_read_note(r, TARGET_INSECURE, target_read_place(r, u->scheme), "https",
		    _("http:// is plaintext, with no TLS to check; write https://"));
	}
	if (path.n == 0 || path.p[0] != '/')
		return 0;
	return target_read_keep_span(r, SET_PATH, path, e);
}

static int take_mysql(struct target_reading *r, const struct url *u, struct err *e)
{
	struct span database = u->path;

	if (begins(database, '/'))
		(void)span_skip(&database, 1);
	if (take_part(r, SET_DATABASE, database, e) < 0)
		return -1;
	return take_query(r, u->query, e);
}

static int no_such_scheme(const struct target_reading *r, struct span scheme, struct err *e)
{
	int n = scheme.n < 32 ? (int)scheme.n : 32;

	return err_set(e, ERR_USER,
	    _("%s begins with %.*s://, which is not known here; there are mysql://, mariadb://, "
	      "jdbc:mysql://, jdbc:mariadb://, mysql+DRIVER:// (SQLAlchemy), https:// and tls://"),
	    r->form, n, (const char *)scheme.p);
}

int target_url(struct target_reading *r, struct err *e)
{
	struct url u = { 0 };

	if (split(&u, r, e) < 0)
		return -1;
	r->t->protocol = TARGET_MYSQL;
	r->port = 3306;
	if (!is_plain(r, u.scheme)) {
		r->client = target_client_of_url(u.scheme, u.query);
		if (!r->client)
			return no_such_scheme(r, u.scheme, e);
	}
	r->guessed = !memchr(u.scheme.p, '+', u.scheme.n);
	if (u.scheme.n > 5 && strncasecmp((const char *)u.scheme.p, "jdbc:", 5) == 0) {
		r->t->form = TARGET_JDBC;
		r->guessed = 0;
	}
	if (begins(u.address, '(') || (u.address.n > 8 && memcmp(u.address.p, "address=", 8) == 0))
		return err_set(e, ERR_USER,
		    _("%s has its host in parentheses; write it as HOST:PORT/DATABASE?…"), r->form);
	if (take_user(r, u.userinfo, e) < 0 || target_read_address(r, u.address, e) < 0)
		return -1;
	return r->t->protocol == TARGET_MYSQL ? take_mysql(r, &u, e) : take_plain(r, &u, e);
}
