/* SPDX-License-Identifier: Apache-2.0 */
/* Connection strings of .NET: "Server=db1.example.com;Uid=root;SslMode=VerifyFull". */
#include "lint/judge.h"
#include "target/clients.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define PAIRS 40
#define WORD  48

struct pair {
	char name[WORD], value[WORD]; /* empty: too long to be one that matters */
	size_t at, n;                 /* the value's place in the file */
};

struct string {
	struct pair pair[PAIRS];
	size_t n;
};

/* Names are the same with blanks in them and without, in upper and in lower case. */
static void name_of(char *out, struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n && n + 1 < WORD; i++)
		if (!isspace(s.p[i]))
			out[n++] = (char)tolower(s.p[i]);
	out[n < WORD - 1 ? n : 0] = '\0';
}

static struct span trim(struct span s)
{
	while (s.n && isspace(s.p[0]))
		(void)span_skip(&s, 1);
	while (s.n && isspace(s.p[s.n - 1]))
		s.n--;
	return s;
}

static void add(struct string *out, const struct lint_reading *r, struct span part)
{
	const uint8_t *sign = part.n ? memchr(part.p, '=', part.n) : NULL;
	struct pair *pair = &out->pair[out->n];
	struct span value;

	if (!sign || out->n == PAIRS)
		return;
	name_of(pair->name, span_of(part.p, (size_t)(sign - part.p)));
	value = trim(span_of(sign + 1, part.n - (size_t)(sign + 1 - part.p)));
	pair->at = (size_t)(value.p - r->code.p);
	pair->n = value.n;
	memset(pair->value, 0, sizeof pair->value);
	if (value.n && value.n < WORD)
		memcpy(pair->value, value.p, value.n);
	out->n++;
}

static void read_pairs(struct string *out, const struct lint_reading *r, struct span text)
{
	out->n = 0;
	while (text.n) {
		const uint8_t *end = memchr(text.p, ';', text.n);
		size_t n = end ? (size_t)(end - text.p) : text.n;

		add(out, r, span_of(text.p, n));
		(void)span_skip(&text, n + (end != NULL));
	}
}

static const struct pair *pair_of(const struct string *s, enum target_set set)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct target_option *o =
		    target_client_option(&target_client_dotnet, s->pair[i].name);

		if (o && o->set == set)
			return &s->pair[i];
	}
	return NULL;
}

static int is_here(const char *host)
{
	return !*host || strcasecmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
	       strcmp(host, "::1") == 0 || *host == '/' || *host == '.';
}

/* What stands in strings for MySQL alone: Npgsql says Disable, Prefer and Require. */
static int says_mysql(const struct string *s)
{
	static const char *const modes[] = { "none", "disabled", "preferred", "prefered",
		"required" };
	static const char *const names[] = { "allowpublickeyretrieval", "allowuservariables",
		"allowzerodatetime", "convertzerodatetime", "treattinyasboolean", "guidformat",
		"allowloadlocalinfile" };
	const struct pair *mode = pair_of(s, SET_MODE);

	for (size_t i = 0; mode && i < sizeof modes / sizeof *modes; i++)
		if (strcasecmp(mode->value, modes[i]) == 0)
			return 1;
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < sizeof names / sizeof *names; k++)
			if (strcmp(s->pair[i].name, names[k]) == 0)
				return 1;
	return 0;
}

/* Other databases have strings of that form as well. named: the file speaks of MySQL. */
static int is_mysql(const struct string *s, int named)
{
	const struct pair *port = pair_of(s, SET_PORT), *host = pair_of(s, SET_HOST);

	if (!host || (host->value[0] && is_here(host->value)))
		return 0;
	if (port && (strcmp(port->value, "3306") == 0 || strcmp(port->value, "4000") == 0))
		return 1;
	return named || says_mysql(s);
}

static int read_string(struct target_reading *t, const struct string *s)
{
	struct target_place nowhere = { 0, 0 };
	struct err e;

	if (target_read_keep(t, SET_HOST, "db", nowhere, &e) < 0)
		return -1;
	for (size_t i = 0; i < s->n; i++) {
		const struct pair *p = &s->pair[i];
		const struct target_option *o = target_client_option(t->client, p->name);
		struct target_place place = { i + 1, 1 };

		if (o && (o->set == SET_MODE || o->set == SET_VERSIONS) && *p->value &&
		    target_read_keep(t, o->set, p->value, place, &e) < 0)
			return -1;
	}
	return target_read_finish(t, &e);
}

static void say(struct lint_reading *r, const struct string *s, const struct lint_literal *l,
    const struct target_note *note)
{
	const struct pair *p = note->n && note->at - 1 < s->n ? &s->pair[note->at - 1] : NULL;
	struct lint_edit edit = { l->at + l->n, 0, ";SslMode=VerifyFull" };
	struct lint_hit hit = { .id = note->old ? "version-old" : target_note_id(note->kind),
		.client = "dotnet",
		.at = l->at,
		.n = l->n,
		.edit = &edit,
		.edits = 1 };

	if (p) {
		hit.at = p->at;
		hit.n = p->n;
		edit = (struct lint_edit) { p->at, p->n, note->old ? "TLS 1.2" : "VerifyFull" };
	}
	lint_say(r, &hit, "%s", note->sentence);
}

static void judge(struct lint_reading *r, const struct string *s, const struct lint_literal *l)
{
	struct target t = { 0 };
	struct target_reading reading = { .t = &t,
		.text = span_of("", 0),
		.form = "",
		.client = &target_client_dotnet,
		.port = 3306 };

	if (read_string(&reading, s) == 0) {
		lint_settled(r);
		for (size_t i = 0; i < t.notes; i++)
			say(r, s, l, &t.note[i]);
	}
	target_read_free(&reading);
	target_free(&t);
}

void lint_dotnet(struct lint_reading *r)
{
	int named = memmem(r->code.p, r->code.n, "MySql", 5) != NULL;
	struct string s;

	for (size_t i = 0; i < r->literals; i++) {
		const struct lint_literal *l = &r->literal[i];
		struct span text = span_of(r->code.p + l->at, l->n);

		if (l->n > TARGET_TEXT || !l->n || !memchr(text.p, ';', text.n) ||
		    !memchr(text.p, '=', text.n))
			continue;
		read_pairs(&s, r, text);
		if (is_mysql(&s, named))
			judge(r, &s, l);
	}
}
