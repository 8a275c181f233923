/* SPDX-License-Identifier: Apache-2.0 */
#include "lint/cures.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAR 400 /* tokens of a bracket */

/* ---- what to write --------------------------------------------------------------------------- */

/* When a setting that is not there is added. */
enum addition {
	NEVER,
	ALWAYS,
	WITHOUT_SSL, /* where there is no "ssl" with settings of its own */
	IN_SSL       /* into the braces of "ssl", where these are */
};

static const struct cure {
	const char *client, *name, *value;
	int corrects; /* in place of another value, too */
	enum addition adds;
} cures[] = {
	{ "python", "ssl_mode", "\"VERIFY_IDENTITY\"", 1, ALWAYS },
	{ "python", "ssl", "{\"ca\": \"ca.pem\"}", 0, WITHOUT_SSL },
	{ "pymysql", "ssl_disabled", "False", 1, NEVER },
	{ "pymysql", "ssl.check_hostname", "True", 1, NEVER },
	{ "pymysql", "ssl.verify_mode", "True", 1, NEVER },
	{ "pymysql", "ssl.ca", "\"ca.pem\"", 0, IN_SSL },
	{ "pymysql", "ssl_ca", "\"ca.pem\"", 0, WITHOUT_SSL },
	{ "pymysql", "ssl_verify_cert", "True", 1, WITHOUT_SSL },
	{ "pymysql", "ssl_verify_identity", "True", 1, WITHOUT_SSL },
	{ "connector-python", "ssl_disabled", "False", 1, NEVER },
	{ "connector-python", "ssl_ca", "\"ca.pem\"", 0, ALWAYS },
	{ "connector-python", "ssl_verify_cert", "True", 1, ALWAYS },
	{ "connector-python", "ssl_verify_identity", "True", 1, ALWAYS },
	{ "node", "ssl.rejectUnauthorized", "true", 1, NEVER },
	{ "node", "ssl.verifyIdentity", "true", 1, IN_SSL },
	{ "node", "ssl", "{ ca: fs.readFileSync('ca.pem'), verifyIdentity: true }", 0,
	    WITHOUT_SSL },
	{ "mariadb-node", "ssl.rejectUnauthorized", "true", 1, NEVER },
	{ "mariadb-node", "ssl", "{ ca: fs.readFileSync('ca.pem') }", 0, WITHOUT_SSL },
	{ "prisma", "ssl.rejectUnauthorized", "true", 1, NEVER },
	{ "prisma", "ssl", "{ ca: fs.readFileSync('ca.pem') }", 0, WITHOUT_SSL },
	{ "ruby", "ssl_mode", ":verify_identity", 1, ALWAYS },
	{ "ruby", "sslca", "'ca.pem'", 0, ALWAYS },
	{ 0 },
};

/* ---- how ------------------------------------------------------------------------------------- */

struct curing {
	struct lint_cured *out;
	const struct lint_tokens *t;
	const struct lint_settings *s;
	const struct lint_setting *ssl; /* with braces, or NULL */
	size_t close;                   /* the bracket that ends them; 0: none can be added */
	size_t begin, end;              /* the line */
	int failed;                     /* another line would have to change, too */
};

static void edit(struct curing *c, size_t at, size_t n, const char *before, const char *words,
    const char *behind)
{
	struct lint_cured *out = c->out;

	if (at < c->begin || at + n > c->end || out->n == LINT_CURES) {
		c->failed = 1;
		return;
	}
	(void)snprintf(out->put[out->n], sizeof out->put[out->n], "%s%s%s", before, words, behind);
	out->edit[out->n] = (struct lint_edit) { at, n, out->put[out->n] };
	out->n++;
}

/* A string's quotes and a symbol's colon stay where they are. */
static void correct(struct curing *c, const struct lint_setting *s, const char *value)
{
	const struct lint_token *k = &c->t->p[s->value];
	char words[64];
	size_t skip = strspn(value, "\":'");

	(void)snprintf(
	    words, sizeof words, "%.*s", (int)strcspn(value + skip, "\"'"), value + skip);
	if (k->n == strlen(words) && memcmp(lint_token_text(c->t, s->value).p, words, k->n) == 0)
		return;
	edit(c, k->at, k->n, "", words, "");
}

/* As the others are written: name=value, "name": value, :name => value. */
static void spell(const struct curing *c, char *out, size_t room, const struct cure *cure)
{
	size_t first = c->s->n ? c->s->p[0].key : 0;
	int within = cure->adds == IN_SSL && c->ssl->value + 1 < c->t->n;
	size_t key = within ? c->ssl->value + 1 : first;
	const char *name = strchr(cure->name, '.') ? strchr(cure->name, '.') + 1 : cure->name;
	int python = cure->adds == IN_SSL && strcmp(cure->client, "pymysql") == 0;
	int quoted = python || c->t->p[key].kind == LINT_STRING;
	const char *quote = quoted ? "\"" : "", *sign = ": ";

	if (c->t->p[key].kind == LINT_STRING && c->t->p[key].at > 0 &&
	    c->t->text.p[c->t->p[key].at - 1] == '\'')
		quote = "'";
	if (lint_token_is(c->t, key + 1, "="))
		sign = "=";
	if (lint_token_is(c->t, key + 1, "=>")) {
		sign = " => ";
		quote = quoted ? quote : ":";
	}
	(void)snprintf(
	    out, room, "%s%s%s%s%s", quote, name, quoted ? quote : "", sign, cure->value);
}

/* Behind the last of them; into braces, as the first. */
static void add(struct curing *c, const struct cure *cure)
{
	const struct lint_tokens *t = c->t;
	char words[96];
	size_t last = c->close ? c->close - 1 : 0;
	int comma;

	spell(c, words, sizeof words, cure);
	if (cure->adds == IN_SSL) {
		size_t at = t->p[c->ssl->value].at + 1;
		int blank = at < t->text.n && isspace(t->text.p[at]);
		int alone = at < t->text.n && t->text.p[at] == '}';

		edit(c, at, 0, blank ? " " : "", words, alone ? "" : blank ? "," : ", ");
		return;
	}
	if (!last) {
		c->failed = 1;
		return;
	}
	comma = lint_token_is(t, last, ",");
	if (t->p[last].kind == LINT_STRING)
		edit(c, t->p[last].at + t->p[last].n + 1, 0, ", ", words, "");
	else
		edit(c, t->p[last].at + t->p[last].n, 0, comma ? " " : ", ", words,
		    comma ? "," : "");
}

static int is_added(const struct curing *c, const struct cure *cure)
{
	static const int with[] = { [NEVER] = 0, [ALWAYS] = 1, [WITHOUT_SSL] = 0, [IN_SSL] = 1 };
	static const int without[] = { [NEVER] = 0, [ALWAYS] = 1, [WITHOUT_SSL] = 1, [IN_SSL] = 0 };

	return c->ssl ? with[cure->adds] : without[cure->adds];
}

static const struct lint_setting *braces(const struct curing *c)
{
	const struct lint_setting *ssl = lint_settings_of(c->s, "ssl");

	return ssl && lint_token_is(c->t, ssl->value, "{") ? ssl : NULL;
}

/* Those at one place stay in their order. */
static void sort(struct lint_cured *out)
{
	for (size_t i = 1; i < out->n; i++)
		for (size_t k = i; k > 0 && out->edit[k].at < out->edit[k - 1].at; k--) {
			struct lint_edit other = out->edit[k];

			out->edit[k] = out->edit[k - 1];
			out->edit[k - 1] = other;
		}
}

/* The end of the bracket in which the settings stand; 0: they stand somewhere else. */
static size_t end_of(const struct lint_tokens *t, const struct lint_settings *s)
{
	size_t i = s->n ? s->p[0].key : 0, end = i + FAR;

	if (i <= s->from || i >= s->to)
		return 0;
	for (; i < s->to && i < end; i++) {
		if (t->p[i].pair > i)
			i = t->p[i].pair;
		else if (t->p[i].pair)
			return i;
	}
	return i;
}

void lint_cure(struct lint_cured *out, const struct lint_tokens *t, const struct lint_settings *s,
    const struct lint_cause *cause)
{
	size_t line = cause->line;
	struct curing c = { .out = out, .t = t, .s = s };
	const uint8_t *p = t->text.p,
		      *end = memchr(p + t->p[line].at, '\n', t->text.n - t->p[line].at);
	const uint8_t *begin = memrchr(p, '\n', t->p[line].at);

	*out = (struct lint_cured) { .n = 0 };
	c.ssl = braces(&c);
	c.close = cause->can_add ? end_of(t, s) : 0;
	c.begin = begin ? (size_t)(begin - p) + 1 : 0;
	c.end = end ? (size_t)(end - p) : t->text.n;
	for (const struct cure *cure = cures; cure->client; cure++) {
		const struct lint_setting *there = lint_settings_of(s, cure->name);

		if (strcmp(cure->client, cause->client) != 0)
			continue;
		if (there && cure->corrects && there->known)
			correct(&c, there, cure->value);
		if (!there && is_added(&c, cure))
			add(&c, cure);
	}
	sort(out);
	if (c.failed)
		out->n = 0;
}
