/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Option files: what a program reads out of its groups is read as if it stood in its command line
 * (dev.mysql.com/doc/refman/8.4/en/option-files.html, mariadb.com/kb/en/configuring-mariadb-with-
 * option-files). What the server's groups say is one row each.
 */
#include "lint/judge.h"

#include "base/i18n.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define OPTIONS 256 /* of a file; further ones are left alone */
#define NAME    64

struct option {
	char group[NAME], name[NAME]; /* small, "-" for "_" */
	size_t at, n;                 /* of all of it */
	size_t value, length;         /* of its value without quotes */
	int has_value;
	size_t head; /* the group's line */
};

struct options {
	struct lint_reading *r;
	struct option option[OPTIONS];
	size_t n;
	char group[NAME];
	size_t head;
};

/* ---- taking it apart ------------------------------------------------------------------------- */

static void copy(char out[NAME], struct span s)
{
	size_t n = s.n < NAME - 1 ? s.n : NAME - 1;

	for (size_t i = 0; i < n; i++)
		out[i] = (char)(s.p[i] == '_' ? '-' : tolower(s.p[i]));
	out[n] = '\0';
}

static struct span trim(struct span s)
{
	while (s.n && isspace(s.p[0]))
		(void)span_skip(&s, 1);
	while (s.n && isspace(s.p[s.n - 1]))
		s.n--;
	return s;
}

static size_t place(const struct options *o, struct span s)
{
	return (size_t)(s.p - o->r->code.p);
}

static void take_group(struct options *o, struct span line)
{
	const uint8_t *end = memchr(line.p, ']', line.n);

	if (!end)
		return;
	copy(o->group, trim(span_of(line.p + 1, (size_t)(end - line.p - 1))));
	o->head = place(o, line);
}

static struct span unquote(struct span s)
{
	if (s.n > 1 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0])
		return span_of(s.p + 1, s.n - 2);
	return s;
}

static void take_option(struct options *o, struct span line)
{
	const uint8_t *equals = memchr(line.p, '=', line.n);
	struct option *new = &o->option[o->n];
	struct span name = line, value = { line.p + line.n, 0 };

	if (o->n == OPTIONS || !o->group[0] || !isalpha(line.p[0]))
		return;
	if (equals) {
		name = trim(span_of(line.p, (size_t)(equals - line.p)));
		value = trim(span_of(equals + 1, (size_t)(line.p + line.n - equals - 1)));
	}
	*new = (struct option) { .at = place(o, line), .n = line.n, .has_value = equals != NULL };
	value = unquote(value);
	new->value = place(o, value);
	new->length = value.n;
	new->head = o->head;
	copy(new->name, name);
	memcpy(new->group, o->group, NAME);
	o->n++;
}

static void take_lines(struct options *o)
{
	struct span rest = o->r->code;

	while (rest.n) {
		const uint8_t *end = memchr(rest.p, '\n', rest.n);
		size_t n = end ? (size_t)(end - rest.p) : rest.n;
		struct span line = trim(span_of(rest.p, n));

		if (line.n && line.p[0] == '[')
			take_group(o, line);
		else if (line.n)
			take_option(o, line);
		(void)span_skip(&rest, n + (end != NULL));
	}
}

/* ---- what clients read ----------------------------------------------------------------------- */

static int is_one_of(const char *group, const char *words)
{
	size_t n = strlen(group);

	for (const char *at = strstr(words, group); at && n; at = strstr(at + 1, group))
		if (at[-1] == ' ' && at[n] == ' ')
			return 1;
	return 0;
}

/* [mysqld-8.4], [mariadb-10.11]: of one version. */
static int is_server(const char *group)
{
	return is_one_of(
		   group, " server mysqld mariadb mariadbd mysqld-safe mariadbd-safe embedded ") ||
	       strncmp(group, "mysqld-", 7) == 0 || strncmp(group, "mariadb-1", 9) == 0;
}

/* Groups that all clients read. */
static int is_common(const char *group)
{
	return is_one_of(group, " client client-server client-mariadb ");
}

static int is_client(const char *group)
{
	return strncmp(group, "mysql", 5) == 0 || strncmp(group, "mariadb-", 8) == 0;
}

static const char *client_of(const char *group)
{
	return strstr(group, "mariadb") ? "mariadb" : "mysql";
}

/* A value that holds a quote is none that matters here. */
static void add_option(struct lint_made *m, const struct lint_reading *r, const struct option *o)
{
	const char *quote = memchr(r->code.p + o->value, '\'', o->length) ? "\"" : "'";
	size_t name = 0;

	while (name < o->n && r->code.p[o->at + name] != '=' && !isspace(r->code.p[o->at + name]))
		name++;
	lint_made_put(m, " ", o->at, 0);
	lint_made_put(m, "--", o->at, 0);
	lint_made_take(m, r, o->at, o->at + name, 0);
	if (!o->has_value)
		return;
	lint_made_put(m, "=", o->at + name, o->value - o->at - name);
	lint_made_put(m, quote, o->value, 0);
	lint_made_take(m, r, o->value, o->value + o->length, 0);
	lint_made_put(m, quote, o->at + o->n, 0);
}

static int is_tls(const struct option *o)
{
	return strstr(o->name, "ssl") || strstr(o->name, "tls");
}

/* Oracle's knows ssl-mode, and none of MariaDB's groups; MariaDB's stops at ssl-mode. */
static int is_oracles(const struct options *o, const char *group)
{
	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->option[i].name, "ssl-mode") == 0 && !strstr(group, "mariadb") &&
		    strcmp(o->option[i].group, group) == 0)
			return 1;
	return 0;
}

/* What one program reads: the common groups, and its own. Returns whether it left some out. */
static int client(struct options *o, const char *group, size_t head)
{
	struct lint_made *m = o->r->made;
	int host = 0, tls = 0, left = 0, oracles = is_oracles(o, group);

	lint_made_clear(m);
	lint_made_put(m, client_of(group), head, 1);
	for (size_t i = 0; i < o->n; i++) {
		const struct option *it = &o->option[i];

		if (!is_common(it->group) && strcmp(it->group, group) != 0)
			continue;
		if (oracles && strcmp(it->group, "client-mariadb") == 0) {
			left = 1;
			continue;
		}
		host |= strcmp(it->name, "host") == 0;
		tls |= is_tls(it);
		if (strcmp(it->name, "socket") != 0)
			add_option(m, o->r, it);
	}
	if (!host) {
		lint_made_put(m, " --host=", head, 0);
		lint_made_hole(m, head, 0);
	}
	if (!m->full && (host || tls))
		lint_judge(o->r, 0, m->n, LINT_LINED);
	return left;
}

static void common(struct options *o, const char *only)
{
	for (size_t i = 0; i < o->n; i++)
		if (is_common(o->option[i].group) &&
		    (!only || strcmp(o->option[i].group, only) == 0)) {
			(void)client(o, o->option[i].group, o->option[i].head);
			return;
		}
}

static void clients(struct options *o)
{
	int own = 0, left = 0;

	for (size_t i = 0; i < o->n; i++) {
		const struct option *it = &o->option[i];
		int first = i == 0 || o->option[i - 1].head != it->head;

		if (!first || is_server(it->group) || is_common(it->group) || !is_client(it->group))
			continue;
		left |= client(o, it->group, it->head);
		own = 1;
	}
	if (!own || left)
		common(o, own ? "client-mariadb" : NULL);
}

/* ---- what the server reads ------------------------------------------------------------------- */

static int says(const struct options *o, const struct option *it, const char *word)
{
	struct span value = span_of(o->r->code.p + it->value, it->length);

	return value.n == strlen(word) &&
	       (value.n == 0 || strncasecmp((const char *)value.p, word, value.n) == 0);
}

static int is_off(const struct options *o, const struct option *it)
{
	return says(o, it, "0") || says(o, it, "off") || says(o, it, "false") ||
	       says(o, it, "no") || says(o, it, "disabled");
}

static int is_switched_off(const struct options *o, const struct option *it)
{
	if (strcmp(it->name, "skip-ssl") == 0 || strcmp(it->name, "disable-ssl") == 0)
		return !it->has_value || !is_off(o, it);
	return strcmp(it->name, "ssl") == 0 && it->has_value && is_off(o, it);
}

static int lets_plaintext(const struct options *o, const struct option *it)
{
	if (strcmp(it->name, "skip-require-secure-transport") == 0)
		return 1;
	return strcmp(it->name, "require-secure-transport") == 0 && it->has_value && is_off(o, it);
}

/* "TLSv1", "TLSv1.1" in a list. */
static int has_old_version(const struct options *o, const struct option *it)
{
	struct span s = span_of(o->r->code.p + it->value, it->length);

	if (strcmp(it->name, "tls-version") != 0)
		return 0;
	for (size_t i = 0; i + 5 <= s.n; i++)
		if (strncasecmp((const char *)s.p + i, "TLSv1", 5) == 0 &&
		    (i + 5 == s.n || s.p[i + 5] != '.' || s.p[i + 6] < '2'))
			return 1;
	return 0;
}

static int has_certificate(const struct options *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (is_server(o->option[i].group) && strcmp(o->option[i].name, "ssl-cert") == 0)
			return 1;
	return 0;
}

/* Neither server makes a certificate of its own where files are named and this one is not. */
static int lacks_certificate(const struct options *o, const struct option *it)
{
	return (strcmp(it->name, "ssl-key") == 0 || strcmp(it->name, "ssl-ca") == 0) &&
	       !has_certificate(o);
}

static const struct {
	int (*is)(const struct options *o, const struct option *it);
	const char *id;
	const char *sentence;
	const char *put; /* the line to write; NULL: the sentence says it */
} server_rules[] = {
	{ lets_plaintext, "option-insecure",
	    N_("the server lets clients in that do not use TLS: password and data cross the "
	       "network in the clear; write require_secure_transport=ON"),
	    "require_secure_transport=ON" },
	{ is_switched_off, "tls-not-offered",
	    N_("the server offers no TLS; take this out, and name ssl_cert and ssl_key"), NULL },
	{ has_old_version, "version-old",
	    N_("TLS 1.0 and 1.1 are withdrawn (RFC 8996); write tls_version=TLSv1.2,TLSv1.3"),
	    "tls_version=TLSv1.2,TLSv1.3" },
	{ lacks_certificate, "tls-not-offered",
	    N_("without ssl_cert the server offers no TLS; name ssl_cert and ssl_key as well"),
	    NULL },
};

static void server(struct options *o, const struct option *it)
{
	if (is_tls(it) || strstr(it->name, "require-secure-transport"))
		lint_settled(o->r);
	for (size_t i = 0; i < sizeof server_rules / sizeof *server_rules; i++) {
		struct lint_edit edit = { it->at, it->n, server_rules[i].put };
		struct lint_hit hit = {
			.id = server_rules[i].id,
			.client = strstr(it->group, "mysql") ? "mysqld" : "mariadbd",
			.at = it->at,
			.n = it->n,
			.edit = &edit,
			.edits = edit.put != NULL,
		};

		if (server_rules[i].is(o, it))
			lint_say(o->r, &hit, "%s", _(server_rules[i].sentence));
	}
}

/* ---- the file -------------------------------------------------------------------------------- */

/* Also where the name of the file does not say so. */
static int is_option_file(const struct lint_reading *r)
{
	static const char *const heads[] = { "[client", "[mysql", "[mariadb" };

	if (r->language->id == LINT_OPTIONS)
		return 1;
	for (size_t i = 0; r->language->id == LINT_ENV && i < sizeof heads / sizeof *heads; i++)
		if (memmem(r->code.p, r->code.n, heads[i], strlen(heads[i])))
			return 1;
	return 0;
}

void lint_options(struct lint_reading *r)
{
	struct options o = { .r = r };

	if (!is_option_file(r))
		return;
	take_lines(&o);
	clients(&o);
	for (size_t i = 0; i < o.n; i++)
		if (is_server(o.option[i].group))
			server(&o, &o.option[i]);
}
