/* SPDX-License-Identifier: Apache-2.0 */
#include "target/clients.h"

#include "base/i18n.h"
#include "base/opt.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- the clients ----------------------------------------------------------------------------- */

static const struct target_option nobody[] = {
	{ 0 },
};

static const struct target_client anybody = {
	.scheme = "mysql mariadb",
	.options = nobody,
	.open = 1,
};

/* Drivers of SQLAlchemy of which nothing is known here. */
static const struct target_client driver = {
	.scheme =
	    "mysql+aiomysql mysql+asyncmy mysql+pyodbc mysql+cymysql mariadb+mariadbconnector "
	    "mariadb+aiomysql mariadb+asyncmy",
	.options = nobody,
	.open = 1,
};

/* In a URL of several, the first of those that know as many of its options is taken. */
static const struct target_client *const clients[] = {
	&anybody,
	&target_client_prisma,
	&target_client_node,
	&target_client_ruby,
	&target_client_sqlx,
	&target_client_python,
	&target_client_pymysql,
	&target_client_connector_python,
	&driver,
	&target_client_java,
	&target_client_mariadb_java,
	&target_client_go,
	&target_client_mysql,
	&target_client_mariadb,
	&target_client_mycli,
	NULL,
};

/* ---- words for how much is verified ---------------------------------------------------------- */

/* MySQL's: dev.mysql.com/doc/refman/8.4/en/connection-options.html, --ssl-mode. */
const struct target_mode target_client_mysql_modes[] = {
	{ "DISABLED", TARGET_OFF, 0 },
	{ "PREFERRED", TARGET_NONE, 1 },
	{ "REQUIRED", TARGET_NONE, 0 },
	{ "VERIFY_CA", TARGET_CA, 0 },
	{ "VERIFY_IDENTITY", TARGET_FULL, 0 },
	{ 0 },
};

/* Letter by letter, without regard to case; "-" and "_" are one. */
static int same(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		int x = *a == '-' ? '_' : tolower((unsigned char)*a);
		int y = *b == '-' ? '_' : tolower((unsigned char)*b);

		if (x != y)
			return 0;
	}
	return *a == *b;
}

struct target_judged target_client_judged(
    enum target_verify verify, int falls_back, enum target_set by)
{
	return (struct target_judged) { .verify = verify, .falls_back = falls_back, .by = by };
}

enum { TYPING = 2 }; /* letters that are wrong, missing or too many */

/* A word that was misspelt; else, as nobody is to be talked into less, the one that verifies most.
 */
static const char *meant(const char *said, const struct target_mode *modes)
{
	const char *near = opt_nearest(said, modes, sizeof *modes);
	const struct target_mode *m = modes;

	if (near && opt_distance(said, near) <= TYPING)
		return near;
	while (m->verify != TARGET_FULL && m[1].word)
		m++;
	return m->word;
}

struct target_judged target_client_mode(struct target_reading *r, const struct target_mode *modes)
{
	const char *said = target_read_said(r, SET_MODE);
	const char *near;

	for (const struct target_mode *m = modes; m->word; m++)
		if (same(said, m->word))
			return target_client_judged(m->verify, m->falls_back, SET_MODE);
	near = meant(said, modes);
	target_read_note(r, target_read_unknown(r, r->client->refuses_words),
	    r->given[SET_MODE].place, near,
	    _("%s does not know the word \"%.32s\"; did you mean \"%s\"?"), _(r->client->title),
	    said, near);
	return target_client_judged(TARGET_UNSAID, 0, SET_MODE);
}

/* ---- options --------------------------------------------------------------------------------- */

const struct target_client *target_client_of(const char *id)
{
	for (size_t i = 0; id && clients[i]; i++)
		if (clients[i]->id && strcmp(clients[i]->id, id) == 0)
			return clients[i];
	return &anybody;
}

static int is_one_of(const struct target_client *c, const char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (strcmp(*names, name) == 0 || (c->fold && same(*names, name)))
			return 1;
	return 0;
}

static const struct target_option a_switch = { .name = "", .takes = TAKES_NONE };
static const struct target_option a_value = { .name = "", .takes = TAKES_VALUE };

const struct target_option *target_client_option(const struct target_client *c, const char *name)
{
	for (const struct target_option *o = c->options; o->name; o++)
		if (strcmp(o->name, name) == 0 || (c->fold && same(o->name, name)))
			return o;
	if (is_one_of(c, c->others, name))
		return &a_switch;
	return is_one_of(c, c->valued, name) ? &a_value : NULL;
}

const struct target_option *target_client_letter(const struct target_client *c, char letter)
{
	for (const struct target_option *o = c->options; o->name; o++)
		if (o->letter == letter)
			return o;
	return c->switches && strchr(c->switches, letter) ? &a_switch : NULL;
}

const struct target_option *target_client_prefix(const struct target_client *c, const char *name)
{
	const struct target_option *found = NULL;
	size_t n = strlen(name);

	for (const struct target_option *o = c->options; c->prefixes && n && o->name; o++) {
		if (strncmp(o->name, name, n) != 0)
			continue;
		if (found)
			return NULL;
		found = o;
	}
	return found;
}

static size_t begun(const char *const *names, const char *name)
{
	size_t n = 0;

	for (; names && *names; names++)
		n += strncmp(*names, name, strlen(name)) == 0;
	return n;
}

int target_client_begins(const struct target_client *c, const char *name)
{
	size_t n = begun(c->others, name) + begun(c->valued, name);

	for (const struct target_option *o = c->options; o->name; o++)
		n += strncmp(o->name, name, strlen(name)) == 0;
	return c->prefixes && n == 1;
}

/* The letters alone, small. */
static void plain(char out[48], const char *name)
{
	size_t n = 0;

	for (; *name && n < 47; name++)
		if (*name != '-' && *name != '_')
			out[n++] = (char)tolower((unsigned char)*name);
	out[n] = '\0';
}

/* "tsl" for "tls": the same letters, two of them swapped. */
static int swapped(const char *a, const char *b)
{
	size_t i = 0;

	while (a[i] && a[i] == b[i])
		i++;
	return a[i] && b[i] && a[i + 1] && a[i] == b[i + 1] && a[i + 1] == b[i] &&
	       strcmp(a + i + 2, b + i + 2) == 0;
}

static size_t apart(const char *a, const char *b)
{
	char x[48], y[48];

	plain(x, a);
	plain(y, b);
	return swapped(x, y) ? 1 : opt_distance(x, y);
}

static void nearer(const char *known, const char *name, size_t *least, const char **near)
{
	size_t d = apart(known, name);

	if (d >= *least)
		return;
	*least = d;
	*near = known;
}

const char *target_client_slip(const struct target_mode *modes, const char *said)
{
	const char *near = NULL;

	for (; modes->word; modes++) {
		size_t least = strlen(modes->word) < 7 ? 2 : 3;

		if (strlen(modes->word) > 3)
			nearer(modes->word, said, &least, &near);
	}
	return near;
}

static void nearest(
    const struct target_client *c, const char *name, size_t *least, const char **near)
{
	for (const struct target_option *o = c->options; o->name; o++)
		nearer(o->name, name, least, near);
}

/* One that is of no matter here is not what was meant, unless it is the same word. */
static const char *other_case(const char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (apart(*names, name) == 0)
			return *names;
	return NULL;
}

const char *target_client_near(const struct target_client *c, const char *name)
{
	size_t least = strlen(name) < 5 ? 2 : 3;
	const char *near = NULL;

	nearest(c, name, &least, &near);
	for (size_t i = 0; c == &anybody && clients[i]; i++)
		if (clients[i]->scheme && strstr(clients[i]->scheme, "mysql") == clients[i]->scheme)
			nearest(clients[i], name, &least, &near);
	return near ? near : other_case(c->others, name);
}

/* ---- the client of a URL --------------------------------------------------------------------- */

static int has_scheme(const struct target_client *c, struct span scheme)
{
	const char *at = c->scheme;

	while (at && *at) {
		size_t n = strcspn(at, " ");

		if (n == scheme.n && strncasecmp(at, (const char *)scheme.p, n) == 0)
			return 1;
		at += n;
		at += *at == ' ';
	}
	return 0;
}

static size_t known(const struct target_client *c, struct span query)
{
	size_t count = 0;

	while (query.n) {
		char name[64];
		size_t n = 0;

		while (query.n && query.p[0] != '&' && query.p[0] != '=' && n + 1 < sizeof name) {
			name[n++] = (char)query.p[0];
			(void)span_skip(&query, 1);
		}
		name[n] = '\0';
		count += target_client_option(c, name) != NULL;
		while (query.n && query.p[0] != '&')
			(void)span_skip(&query, 1);
		(void)span_skip(&query, 1);
	}
	return count;
}

const struct target_client *target_client_of_url(struct span scheme, struct span query)
{
	const struct target_client *best = NULL;
	size_t most = 0;

	for (size_t i = 0; clients[i]; i++) {
		const struct target_client *c = clients[i];
		size_t n;

		if (!has_scheme(c, scheme))
			continue;
		n = known(c, query);
		if (best && n <= most)
			continue;
		best = c;
		most = n;
	}
	return best;
}
