/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings of a connection as they stand in a program, of Python or JavaScript:
 *
 *	host="db1.example.com", port=4000, ssl_mode="VERIFY_IDENTITY", ssl={"ca": "ca.pem"}
 *	{ host: 'db1.example.com', ssl: { ca: fs.readFileSync('ca.pem'), verifyIdentity: true } }
 *
 * No language is parsed: names, the values behind them, and what stands in the braces of ssl.
 */
#include "base/i18n.h"
#include "target/clients.h"
#include "target/form.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETTINGS 64
#define NAME     48

struct setting {
	char name[NAME]; /* "host"; in the braces of ssl "ssl.ca" */
	struct target_place key, value;
	int known;  /* 0: the value is an expression */
	int called; /* the value is what a function is called with */
};

struct code {
	struct span text;
	size_t at;
	int depth, ssl; /* braces that are open; the depth in those of ssl, or 0 */
	int pending;    /* a name waits for its value: the last setting */
	struct setting setting[SETTINGS];
	size_t n;
};

static int peek(const struct code *c, size_t i)
{
	return c->at + i < c->text.n ? c->text.p[c->at + i] : 0;
}

static int is_quote(int c)
{
	return c == '"' || c == '\'' || c == '`';
}

static int is_word(int c)
{
	return isalnum(c) || c == '_' || c == '.';
}

/* ---- names and values ------------------------------------------------------------------------ */

/* The place of a string without its quotes, or of a word; c->at goes behind it. */
static struct target_place token(struct code *c)
{
	struct target_place place = { c->at, 0 };
	int quote = peek(c, 0);

	if (!is_quote(quote)) {
		while (is_word(peek(c, 0)))
			c->at++;
		place.n = c->at - place.at;
		return place;
	}
	for (c->at++, place.at++; peek(c, 0) && peek(c, 0) != quote; c->at++)
		c->at += peek(c, 0) == '\\' && peek(c, 1);
	place.n = c->at - place.at;
	c->at += peek(c, 0) == quote;
	return place;
}

/* ":", "=" or "=>", with blanks before it: the token was a name. Its length, or 0. */
static size_t assigns(const struct code *c)
{
	size_t i = 0;

	while (isspace(peek(c, i)))
		i++;
	if (peek(c, i) == ':')
		return i + 1;
	if (peek(c, i) != '=' || peek(c, i + 1) == '=')
		return 0;
	return i + 1 + (peek(c, i + 1) == '>');
}

static void take_name(struct code *c, struct target_place place)
{
	struct setting *s = &c->setting[c->n];

	c->pending = 0;
	if (c->n == SETTINGS || place.n >= NAME - 4)
		return;
	*s = (struct setting) { .key = place };
	(void)snprintf(s->name, sizeof s->name, "%s%.*s", c->ssl ? "ssl." : "", (int)place.n,
	    (const char *)c->text.p + place.at);
	c->n++;
	c->pending = 1;
}

/* ":verify_identity" of Ruby, and no ":" behind a name. */
static int is_symbol(const struct code *c, struct target_place place)
{
	return place.at > 1 && c->text.p[place.at - 1] == ':' && isspace(c->text.p[place.at - 2]);
}

/* A word is a value if it is a number or a constant of its language. */
static int is_constant(const struct code *c, struct target_place place)
{
	static const char *const words[] = { "true", "True", "false", "False" };
	struct span s = span_of(c->text.p + place.at, place.n);

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (span_is(s, words[i]))
			return 1;
	return (s.n && isdigit(s.p[0])) || is_symbol(c, place);
}

static void take_value(struct code *c, struct target_place place, int quoted)
{
	struct setting *s = &c->setting[c->n ? c->n - 1 : 0];

	if (!c->pending)
		return;
	if (!quoted && (peek(c, 0) == '(' || peek(c, 0) == '[')) {
		s->called = 1;
		return;
	}
	c->pending = 0;
	s->value = place;
	s->known = quoted || is_constant(c, place);
}

/* "{ host, ssl }" of JavaScript: the value is the variable of that name. */
static int is_shorthand(const struct code *c, struct target_place place, int quoted)
{
	return !quoted && !c->pending && c->depth > 0 && !c->ssl &&
	       span_is(span_of(c->text.p + place.at, place.n), "ssl");
}

static void take_token(struct code *c)
{
	int quoted = is_quote(peek(c, 0));
	struct target_place place = token(c);
	size_t n = assigns(c);

	c->at += n;
	if (n || is_shorthand(c, place, quoted))
		take_name(c, place);
	else
		take_value(c, place, quoted);
	c->pending = c->pending && (n || c->setting[c->n - 1].called);
}

/* ---- what stands between them ---------------------------------------------------------------- */

static void skip_line(struct code *c)
{
	while (peek(c, 0) && peek(c, 0) != '\n')
		c->at++;
}

static void open_brace(struct code *c)
{
	c->depth++;
	if (c->pending && !c->ssl && strcasecmp(c->setting[c->n - 1].name, "ssl") == 0) {
		c->ssl = c->depth;
		c->setting[c->n - 1].known = 1;
	}
	c->pending = 0;
}

static void close_brace(struct code *c)
{
	if (c->ssl == c->depth)
		c->ssl = 0;
	c->depth -= c->depth > 0;
	c->pending = 0;
}

static void scan(struct code *c)
{
	while (peek(c, 0)) {
		int now = peek(c, 0);

		if (is_quote(now) || is_word(now)) {
			take_token(c);
			continue;
		}
		if (now == '#' || (now == '/' && peek(c, 1) == '/')) {
			skip_line(c);
			continue;
		}
		if (now == '{')
			open_brace(c);
		if (now == '}')
			close_brace(c);
		if (now == ',')
			c->pending = 0;
		c->at++;
	}
}

static int names_host(const struct code *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcasecmp(c->setting[i].name, "host") == 0 && c->setting[i].known &&
		    !c->setting[i].called)
			return 1;
	return 0;
}

int target_code_like(struct span text)
{
	struct code *c;
	int like;

	/* An address or a URL has neither. */
	if (!text.n || !(memmem(text.p, text.n, "host", 4) || memmem(text.p, text.n, "HOST", 4)) ||
	    (!memchr(text.p, '"', text.n) && !memchr(text.p, '\'', text.n)))
		return 0;
	c = calloc(1, sizeof *c);
	if (!c)
		return 0;
	c->text = text;
	scan(c);
	like = names_host(c);
	free(c);
	return like;
}

/* ---- the client ------------------------------------------------------------------------------ */

/* What a program says of its client; the first that is found counts. */
static const struct {
	const char *word;
	const struct target_client *client;
} marks[] = {
	{ "MySQLdb", &target_client_code_python },
	{ "pymysql", &target_client_code_pymysql },
	{ "mysql.connector", &target_client_code_connector_python },
	{ "createConnection", &target_client_code_node },
	{ "createPool", &target_client_code_node },
	{ "PrismaMariaDb", &target_client_code_prisma },
	/* A program of Ruby's requires "mysql2" as well. */
	{ "Mysql2", &target_client_code_ruby },
	{ "mysql2", &target_client_code_node },
	{ NULL, NULL },
};

static const struct target_client *const clients[] = {
	&target_client_code_python,
	&target_client_code_pymysql,
	&target_client_code_connector_python,
	&target_client_code_node,
	NULL,
};

static size_t known(const struct target_client *client, const struct code *c)
{
	size_t count = 0;

	for (size_t i = 0; i < c->n; i++)
		count += target_client_option(client, c->setting[i].name) != NULL;
	return count;
}

static const struct target_client *client_of(const struct code *c)
{
	const struct target_client *best = clients[0];

	for (size_t i = 0; marks[i].word; i++)
		if (memmem(c->text.p, c->text.n, marks[i].word, strlen(marks[i].word)))
			return marks[i].client;
	for (size_t i = 1; clients[i]; i++)
		if (known(clients[i], c) > known(best, c))
			best = clients[i];
	return best;
}

/* ---- giving them ----------------------------------------------------------------------------- */

static void unescape(char *out, struct span in)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		i += in.p[i] == '\\' && i + 1 < in.n;
		out[n++] = (char)in.p[i];
	}
	out[n] = '\0';
}

/* Names that are no settings are a program's own; of ssl's, one that is not known was meant. */
static int matters(const struct target_reading *r, const struct setting *s)
{
	return target_client_option(r->client, s->name) ||
	       (strncasecmp(s->name, "ssl", 3) == 0 && target_client_near(r->client, s->name));
}

static int is_file(enum target_set set)
{
	return set == SET_CA || set == SET_CA_FOLDER || set == SET_CERTIFICATE || set == SET_KEY;
}

/* readFileSync("ca.pem") is that file; getenv("PASSWORD") is no password. */
static int is_known(const struct target_reading *r, const struct setting *s)
{
	const struct target_option *o = target_client_option(r->client, s->name);

	return s->known && (!s->called || (o && is_file(o->set)));
}

/* A file whose name the program knows is given all the same; of other settings, nothing is known.
 */
static int give_expression(
    struct target_reading *r, const struct setting *s, struct target_place place, struct err *e)
{
	const struct target_option *o = target_client_option(r->client, s->name);

	if (o && is_file(o->set))
		return target_read_keep(r, o->set, "", place, e);
	if (strncasecmp(s->name, "ssl", 3) == 0)
		return target_read_keep(r, SET_OPAQUE, "", place, e);
	return 0;
}

static int give(struct target_reading *r, const struct setting *s, struct err *e)
{
	char value[TARGET_TEXT + 1];
	struct target_word w = { .name = s->name, .value = value };
	int rc;

	if (!matters(r, s))
		return 0;
	w.place = (struct target_place) { s->key.at, s->key.n };
	w.held = s->value;
	if (s->value.n)
		w.place.n = s->value.at + s->value.n - s->key.at;
	if (!is_known(r, s))
		return give_expression(r, s, w.place, e);
	unescape(value, span_of(r->text.p + s->value.at, s->value.n));
	rc = target_read_option(r, &w, e);
	explicit_bzero(value, s->value.n + 1);
	return rc;
}

int target_code(struct target_reading *r, struct err *e)
{
	struct code *c = calloc(1, sizeof *c);
	int rc = 0;

	if (!c)
		return err_sys(e, "calloc");
	c->text = r->text;
	scan(c);
	r->client = client_of(c);
	r->t->protocol = TARGET_MYSQL;
	r->port = 3306;
	for (size_t i = 0; rc == 0 && i < c->n; i++)
		rc = give(r, &c->setting[i], e);
	free(c);
	return rc;
}
