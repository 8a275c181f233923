/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that connect. Where their settings have names they are judged as the client's own table in
 * target/ has it; of the others it is known what must not be missing.
 */
#include "lint/idioms.h"

#include "base/i18n.h"
#include "lint/cures.h"
#include "lint/match.h"
#include "lint/settings.h"
#include "target/clients.h"

#include <stdlib.h>
#include <strings.h>

/* ---- the calls ------------------------------------------------------------------------------- */

#define PYTHON (1u << LINT_PYTHON)
#define RUBY   (1u << LINT_RUBY)
#define NODE   (1u << LINT_JS)
#define C      (1u << LINT_C)

/* Where the settings stand. */
enum settings {
	BEHIND, /* in the bracket behind the words, or in what is left of the statement */
	AROUND  /* in the bracket around them */
};

/* words and with: as in idioms.h. */
static const struct call {
	unsigned languages;
	const char *words;
	enum settings settings;
	const struct target_client *client;
	int host; /* 1: the first argument, which has no name, is the host */
	const char *with;
} calls[] = {
	{ PYTHON, "pymysql.connect|Connect|Connection(", BEHIND, &target_client_code_pymysql, 1,
	    NULL },
	{ PYTHON, "aiomysql|asyncmy.connect|create_pool(", BEHIND, &target_client_code_aiomysql, 0,
	    NULL },
	{ PYTHON, "MySQLdb.connect|Connect|Connection(", BEHIND, &target_client_code_python, 1,
	    NULL },
	{ PYTHON, "connector.connect|Connect|MySQLConnection(", BEHIND,
	    &target_client_code_connector_python, 0, "mysql.connector" },
	{ PYTHON, "~connect|Connect|Connection(", BEHIND, &target_client_code_pymysql, 1,
	    "from pymysql import" },
	{ PYTHON, "~connect|Connect|Connection(", BEHIND, &target_client_code_python, 1,
	    "from MySQLdb import" },
	{ PYTHON, "~connect|MySQLConnection(", BEHIND, &target_client_code_connector_python, 0,
	    "from mysql.connector import" },
	{ PYTHON, "MySQLConnectionPool(", BEHIND, &target_client_code_connector_python, 0, NULL },
	{ PYTHON, "MySQLDatabase|PooledMySQLDatabase(", BEHIND, &target_client_code_pymysql, 0,
	    "peewee|playhouse" },
	{ PYTHON, "'ENGINE': 'django.db.backends.mysql'|'django_tidb'", AROUND,
	    &target_client_code_python, 0, NULL },
	{ PYTHON, "'ENGINE': 'mysql.connector.django'", AROUND,
	    &target_client_code_connector_python, 0, NULL },
	{ NODE, "createConnection|createPool(", BEHIND, &target_client_code_node, 0, "mysql2" },
	{ NODE, "createConnection|createPool(", BEHIND, &target_client_code_mariadb, 0,
	    "require('mariadb|from 'mariadb|require(\"mariadb|from \"mariadb" },
	{ NODE, "createConnection|createPool(", BEHIND, &target_client_code_mysqljs, 0,
	    "require('mysql')|from 'mysql'|require(\"mysql\")|from \"mysql\"" },
	{ NODE, "createConnection|createPool(", BEHIND, &target_client_code_node, 0,
	    "mysql.create" },
	{ NODE, "new PrismaMariaDb(", BEHIND, &target_client_code_prisma, 0, NULL },
	{ NODE, "dialect|type|client: 'mysql'|'mysql2'", AROUND, &target_client_code_node, 0,
	    NULL },
	{ NODE, "dialect|type: 'mariadb'", AROUND, &target_client_code_mariadb, 0, NULL },
	{ RUBY, "Mysql2::Client.new", BEHIND, &target_client_code_ruby, 0, NULL },
	{ RUBY, "adapter: 'mysql2'", AROUND, &target_client_code_ruby, 0, NULL },
	{ RUBY, "adapter: :mysql2", AROUND, &target_client_code_ruby, 0, NULL },
};

#define CALLS (sizeof calls / sizeof *calls)
#define MOST  5000 /* calls of a file; further ones are not looked into */
#define FAR   400  /* tokens of a statement or a bracket, and then bytes of a bracket */
#define WIDE  8192

struct calls {
	struct lint_reading *r;
	struct lint_tokens t;
	struct lint_names *names;
	struct lint_pattern call[CALLS], missing[LINT_MISSING], off;
	size_t seen;
};

/* ---- hosts ----------------------------------------------------------------------------------- */

static int begins(struct span s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && strncasecmp((const char *)s.p, with, n) == 0;
}

/* This machine itself, or a Unix socket; "mysql:host=localhost;…" of PDO as well. */
static int is_here(struct span host)
{
	static const char *const here[] = { "localhost", "127.", "::1", "[::1]", "/", "unix(",
		"p:localhost", "p:127.", "(local)", NULL };
	const uint8_t *named = host.n ? memmem(host.p, host.n, "host=", 5) : NULL;

	if (named)
		host = span_of(named + 5, host.n - (size_t)(named + 5 - host.p));
	else if (begins(host, "mysql:"))
		return 1;
	for (size_t i = 0; here[i]; i++)
		if (begins(host, here[i]))
			return 1;
	return host.n == 0;
}

/* The value of a token that only the program knows is some host. */
static int is_local(const struct calls *c, size_t value)
{
	size_t at = lint_names_value(c->names, &c->t, value);

	if (at >= c->t.n)
		return 1;
	if (c->t.p[at].kind == LINT_STRING)
		return is_here(lint_token_text(&c->t, at));
	return lint_token_is(&c->t, at, "NULL") || lint_token_is(&c->t, at, "nullptr") ||
	       lint_token_is(&c->t, at, "null");
}

/* ---- settings by name ------------------------------------------------------------------------ */

static int is_file(enum target_set set)
{
	return set == SET_CA || set == SET_CA_FOLDER || set == SET_CERTIFICATE || set == SET_KEY;
}

static int is_secret(enum target_set set)
{
	return set == SET_PASSWORD || set == SET_SECRET || set == SET_STORE_PASSWORD;
}

/* "{{version}}", "${MODE}", "%s", "<mode>": what will stand there is not known. */
static int is_template(const struct lint_tokens *t, size_t value)
{
	struct span text = lint_token_text(t, value);

	for (size_t i = 0; t->p[value].kind == LINT_STRING && i < text.n; i++)
		if (strchr("{$%<", text.p[i]))
			return 1;
	return 0;
}

/* A setting with its place, which is its number from 1. What the program alone knows is opaque. */
static int give(struct target_reading *r, const struct calls *c, const struct lint_setting *s,
    size_t number, struct err *e)
{
	const struct target_option *o = target_client_option(r->client, s->name);
	struct span text = lint_token_text(&c->t, s->value);
	struct target_place place = { number, 1 };
	struct target_word w = { .name = s->name, .place = place, .held = place };
	char value[LINT_NAME];
	int is_ssl = strncasecmp(s->name, "ssl", 3) == 0;

	if ((!o && !(is_ssl && target_client_near(r->client, s->name))) ||
	    (o && (is_secret(o->set) || o->set == SET_HOST || o->set == SET_PORT)))
		return 0;
	if (o && is_file(o->set))
		return target_read_keep(r, o->set, "ca.pem", place, e);
	if (!s->known || text.n >= sizeof value || is_template(&c->t, s->value))
		return is_ssl ? target_read_keep(r, SET_OPAQUE, "", place, e) : 0;
	memcpy(value, text.n ? (const char *)text.p : "", text.n);
	value[text.n] = '\0';
	w.value = value;
	return target_read_option(r, &w, e);
}

/* -1: that is no connection, or one to this machine. */
static int read_settings(struct target_reading *r, const struct calls *c,
    const struct lint_settings *s, const struct call *row)
{
	const struct lint_setting *host = lint_settings_of(s, "host");
	size_t value = host ? host->value : row->host ? s->first : 0;
	struct err e;

	if (!value || is_local(c, value))
		return -1;
	if (target_read_keep(r, SET_HOST, "db", (struct target_place) { 0, 0 }, &e) < 0)
		return -1;
	for (size_t i = 0; i < s->n; i++)
		if (give(r, c, &s->p[i], i + 1, &e) < 0)
			return -1;
	if (s->opaque && !target_read_said(r, SET_OPAQUE) &&
	    target_read_keep(r, SET_OPAQUE, "", (struct target_place) { 0, 0 }, &e) < 0)
		return -1;
	return target_read_said(r, SET_SOCKET) ? -1 : target_read_finish(r, &e);
}

static const char *id_of(const struct target_note *note)
{
	return note->old ? "version-old" : target_note_id(note->kind);
}

/* A call with its settings, as its row has it. */
struct made {
	const struct call *row;
	struct lint_settings s;
	size_t call; /* the token that it is told of */
};

/* A word that was meant otherwise is corrected by itself. */
static void mend(struct lint_hit *hit, struct lint_cured *cured, const struct calls *c,
    const struct made *m, const struct lint_setting *s, const struct target_note *note)
{
	struct lint_cause cause = { m->row->client->id, s ? s->key : m->call,
		m->row->settings == BEHIND };

	if (note->kind == TARGET_INSECURE)
		lint_cure(cured, &c->t, &m->s, &cause);
	if (note->old && s) {
		cured->edit[0] =
		    (struct lint_edit) { c->t.p[s->value].at, c->t.p[s->value].n, "TLSv1.2" };
		cured->n = 1;
	}
	hit->edit = cured->edit;
	hit->edits = cured->n;
}

/* At the setting that decides, or at the call. */
static void say(const struct calls *c, const struct made *m, const struct target_note *note)
{
	const struct lint_token *first = &c->t.p[m->call], *last = first;
	const struct lint_setting *s = NULL;
	struct lint_hit hit = { .id = id_of(note), .client = m->row->client->id };
	struct lint_cured cured = { .n = 0 };

	if (note->n && note->at - 1 < m->s.n) {
		s = &m->s.p[note->at - 1];
		first = &c->t.p[s->key];
		last = &c->t.p[s->value];
		last = last->at < first->at ? first : last;
	}
	hit.at = first->at;
	hit.n = last->at + last->n - first->at;
	mend(&hit, &cured, c, m, s, note);
	lint_say(c->r, &hit, "%s", note->sentence);
}

static void judge(const struct calls *c, const struct made *m)
{
	struct target t = { 0 };
	struct target_reading r = {
		.t = &t, .text = span_of("", 0), .form = "", .client = m->row->client, .port = 3306
	};

	if (read_settings(&r, c, &m->s, m->row) == 0) {
		lint_settled(c->r);
		for (size_t i = 0; i < t.notes; i++)
			say(c, m, &t.note[i]);
	}
	target_read_free(&r);
	target_free(&t);
}

/* Where the statement ends that the token is in: a line that ends in no comma, nor in a bracket. */
static size_t statement_end(const struct lint_tokens *t, size_t i)
{
	for (size_t end = ++i + FAR; i < t->n && i < end; i++) {
		if (t->p[i].is_head && !lint_token_is(t, i - 1, ","))
			return i;
		if (t->p[i].pair > i)
			i = t->p[i].pair;
		else if (t->p[i].pair)
			return i;
	}
	return i;
}

static size_t bracket_around(const struct lint_tokens *t, size_t i)
{
	for (size_t seen = 0; i > 0 && seen < FAR; seen++) {
		i--;
		if (t->p[i].pair > i)
			return i;
		if (t->p[i].pair)
			i = t->p[i].pair;
	}
	return 0;
}

static void look_into(const struct calls *c, const struct call *row, size_t last)
{
	const struct lint_tokens *t = &c->t;
	struct made m = { .row = row, .call = last };
	size_t open = last;

	if (row->settings == AROUND)
		open = bracket_around(t, last);
	else if (!t->p[open].pair && open + 1 < t->n && t->p[open + 1].pair > open + 1)
		open++;
	if (row->settings == AROUND && !t->p[open].pair)
		return;
	if (row->settings == BEHIND && t->p[last].pair)
		m.call--;
	lint_settings(&m.s, t, c->names, open,
	    t->p[open].pair > open ? t->p[open].pair : statement_end(t, open));
	judge(c, &m);
}

/* net.createConnection() of Node.js is another thing. */
static int is_other(const struct lint_tokens *t, size_t i)
{
	static const char *const others[] = { "net", "tls", "http", "https" };

	if (i > 0 && lint_token_is(t, i - 1, "function"))
		return 1;
	for (size_t k = 0; i > 1 && k < sizeof others / sizeof *others; k++)
		if (lint_token_is(t, i - 2, others[k]))
			return 1;
	return 0;
}

static void look_for_calls(struct calls *c, size_t i)
{
	size_t last;

	for (size_t k = 0; k < CALLS; k++)
		if (c->call[k].n && lint_match(&c->call[k], &c->t, i, &last) &&
		    !is_other(&c->t, i)) {
			if (c->seen++ < MOST)
				look_into(c, &calls[k], last);
			return;
		}
}

/* ---- what is missing ------------------------------------------------------------------------- */

/* The argument number n, from 1, of the bracket; 0: there is none. */
static size_t argument(const struct lint_tokens *t, size_t open, int n)
{
	size_t i = open + 1, end = t->p[open].pair;

	while (i < end && n > 1) {
		n -= lint_token_is(t, i, ",");
		if (t->p[i].pair > i)
			i = t->p[i].pair;
		i++;
	}
	return i < end && n == 1 ? i : 0;
}

/* Whether it goes to another host: 0 also if it does not say where. */
static int goes_out(const struct calls *c, const struct lint_missing *row, size_t open)
{
	const struct lint_setting *host;
	struct lint_settings s;
	size_t value;

	if (row->host == 0 && !row->host_name)
		return 1;
	if (row->host) {
		value = argument(&c->t, open, row->host);
		return value && !is_local(c, value);
	}
	lint_settings(&s, &c->t, c->names, open, c->t.p[open].pair);
	host = lint_settings_of(&s, row->host_name);
	return host && !is_local(c, host->value);
}

static struct span inside(const struct calls *c, size_t open)
{
	const struct lint_token *from = &c->t.p[open], *to = &c->t.p[from->pair];
	size_t n = to->at - from->at;

	return span_of(c->r->code.p + from->at, n < WIDE ? n : WIDE);
}

static void look_at_missing(struct calls *c, const struct lint_missing *row, size_t i, size_t open)
{
	struct lint_told told = { row->client, row->harm, row->advice, NULL, i, i };

	while (open > i && !c->t.p[open].pair)
		open--;
	if (c->t.p[open].pair < open || c->seen++ >= MOST || !goes_out(c, row, open))
		return;
	lint_settled(c->r);
	told.last = open - 1;
	if (!row->in_call || !lint_idioms_has(inside(c, open), row->in_call))
		lint_idioms_say(c->r, &c->t, &told);
}

static void look_for_missing(struct calls *c, size_t i)
{
	size_t last;

	for (size_t k = 0; k < LINT_MISSING && lint_missing_rows[k].words; k++)
		if (c->missing[k].n && lint_match(&c->missing[k], &c->t, i, &last))
			look_at_missing(c, &lint_missing_rows[k], i, last);
}

/* MariaDB's library in C takes the address of what turns it on or off. */
#define OFF_OPTION "MYSQL_OPT_SSL_VERIFY_SERVER_CERT"

static void look_for_off(const struct calls *c, size_t i)
{
	struct lint_told told = { "libmariadb", LINT_ANY_NAME,
		N_("write 1, and name the CA in MYSQL_OPT_SSL_CA"), NULL, i, i };
	size_t value;

	if (!c->off.n || !lint_match(&c->off, &c->t, i, &told.last))
		return;
	value = lint_names_value(c->names, &c->t, told.last + 1);
	if (lint_token_is(&c->t, value, "0") || lint_token_is(&c->t, value, "false"))
		lint_idioms_say(c->r, &c->t, &told);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static int is_for(const struct calls *c, unsigned languages, const char *with)
{
	return lint_idioms_speaks(c->r, languages) && (!with || lint_idioms_has(c->r->code, with));
}

/* Patterns of what is for this file; the others stay empty. */
static int prepare(struct calls *c)
{
	int any = 0;

	for (size_t k = 0; k < CALLS; k++)
		if (is_for(c, calls[k].languages, calls[k].with))
			any |= lint_pattern(&c->call[k], calls[k].words) == 0;
	for (size_t k = 0; k < LINT_MISSING && lint_missing_rows[k].words; k++) {
		const struct lint_missing *row = &lint_missing_rows[k];

		if (is_for(c, row->languages, NULL) &&
		    !(row->in_file && lint_idioms_has(c->r->code, row->in_file)))
			any |= lint_pattern(&c->missing[k], row->words) == 0;
	}
	if (is_for(c, C, OFF_OPTION))
		any |= lint_pattern(&c->off, OFF_OPTION ", &") == 0;
	return any;
}

/* The module's name, where "as" is token i and behind it stands a name for it; 0: it is none. */
static size_t module_of(const struct lint_tokens *t, size_t i)
{
	size_t from = i;

	if (i == 0 || !lint_token_is(t, i, "as"))
		return 0;
	while (from > 0 &&
	       (lint_token_is(t, from - 1, ".") || lint_token_is(t, from, ".") || from == i))
		from--;
	return from > 0 && lint_token_is(t, from - 1, "import") ? i - 1 : 0;
}

#define ALIASES 8

/*
 * "import pymysql as db": db is called pymysql in the tokens from there on. Findings are told of
 * the words behind it.
 */
static void rename_modules(struct lint_tokens *t)
{
	size_t module[ALIASES], name[ALIASES], n = 0;

	for (size_t i = 0; i + 1 < t->n; i++) {
		struct span word = lint_token_text(t, i);

		for (size_t k = 0; k < n && t->p[i].kind == LINT_WORD; k++)
			if (word.n == t->p[name[k]].n &&
			    memcmp(word.p, lint_token_text(t, name[k]).p, word.n) == 0) {
				t->p[i].at = t->p[module[k]].at;
				t->p[i].n = t->p[module[k]].n;
			}
		if (n < ALIASES && i > 0 && module_of(t, i - 1)) {
			name[n] = i;
			module[n++] = module_of(t, i - 1);
		}
	}
}

void lint_calls(struct lint_reading *r)
{
	struct calls *c = calloc(1, sizeof *c);

	if (!c)
		return;
	c->r = r;
	if (prepare(c) && lint_tokens(&c->t, r->code, r->literal, r->literals) == 0 &&
	    (c->names = lint_names(&c->t))) {
		if (r->language->id == LINT_PYTHON)
			rename_modules(&c->t);
		for (size_t i = 0; i < c->t.n; i++) {
			look_for_calls(c, i);
			look_for_missing(c, i);
			look_for_off(c, i);
		}
	}
	lint_names_free(c->names);
	lint_tokens_free(&c->t);
	free(c);
}
