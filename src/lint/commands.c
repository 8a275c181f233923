/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command lines of the database's clients: in scripts, in strings of programs, in Dockerfiles, as a
 * list of strings, in documents.
 */
#include "lint/judge.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define COMMAND 4096 /* bytes of one at most */

/* The programs, and as which client their options are read. Longer names first. */
static const struct program {
	const char *name, *client;
	unsigned manner;
} programs[] = {
	{ "mysqldump", "mysql", LINT_SISTER },
	{ "mysqladmin", "mysql", LINT_SISTER },
	{ "mysqlimport", "mysql", LINT_SISTER },
	{ "mysqlcheck", "mysql", LINT_SISTER },
	{ "mysqlshow", "mysql", LINT_SISTER },
	{ "mysqlslap", "mysql", LINT_SISTER },
	{ "mysqlpump", "mysql", LINT_SISTER },
	{ "mysqlbinlog", "mysql", LINT_SISTER },
	{ "mariadb-dump", "mariadb", LINT_SISTER },
	{ "mariadb-admin", "mariadb", LINT_SISTER },
	{ "mariadb-import", "mariadb", LINT_SISTER },
	{ "mariadb-check", "mariadb", LINT_SISTER },
	{ "mariadb-show", "mariadb", LINT_SISTER },
	{ "mariadb-slap", "mariadb", LINT_SISTER },
	{ "mariadb-binlog", "mariadb", LINT_SISTER },
	{ "mysql.exe", "mysql", 0 },
	{ "mariadb.exe", "mariadb", 0 },
	{ "mysql", "mysql", 0 },
	{ "mariadb", "mariadb", 0 },
	{ "mycli", "mycli", 0 },
};

/* Before a name that is a package's, a service's or an image's. */
static const char *const not_run[] = { "install", "add", "restart", "start", "stop", "status",
	"enable", "service", "which", "pull", "FROM", "image:", "brew", "remove", "purge", NULL };

struct commands {
	struct lint_reading *r;
	size_t spent; /* on quotes that were looked for behind their line */
};

static int is_name(int c)
{
	return isalnum(c) || c == '_' || c == '-' || c == '.';
}

/* ---- the program ----------------------------------------------------------------------------- */

static const struct program *program_at(const struct lint_reading *r, size_t at)
{
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		size_t n = strlen(programs[i].name);

		if (r->code.n - at > n && memcmp(r->code.p + at, programs[i].name, n) == 0 &&
		    !is_name(lint_byte(r, at + n)))
			return &programs[i];
	}
	return NULL;
}

static int is_run(const struct lint_reading *r, size_t at)
{
	size_t end = at, from;

	while (end && (lint_byte(r, end - 1) == ' ' || lint_byte(r, end - 1) == '\t'))
		end--;
	from = end;
	while (from && !isspace(lint_byte(r, from - 1)))
		from--;
	for (size_t i = 0; not_run[i]; i++)
		if (span_is(span_of(r->code.p + from, end - from), not_run[i]))
			return 0;
	return 1;
}

/* ---- where it ends --------------------------------------------------------------------------- */

static int is_quote(int c)
{
	return c == '"' || c == '\'';
}

/* Behind the quote that closes the one at i; 0: there is none near. */
static size_t closed(struct commands *c, size_t i, size_t end)
{
	int quote = lint_byte(c->r, i);

	for (size_t k = i + 1; k < end; k++) {
		if (lint_byte(c->r, k) == quote)
			return k + 1;
		if (lint_byte(c->r, k) == '\n' && c->spent++ > LINT_TEXT)
			return 0;
		k += lint_byte(c->r, k) == '\\' && quote == '"';
	}
	c->spent += end - i;
	return 0;
}

static int goes_on(const struct lint_reading *r, size_t i)
{
	if (lint_byte(r, i) != '\\')
		return 0;
	return lint_byte(r, i + 1) == '\n'                                  ? 2
	       : lint_byte(r, i + 1) == '\r' && lint_byte(r, i + 2) == '\n' ? 3
									    : 0;
}

static size_t command_end(struct commands *c, size_t at, size_t end)
{
	const struct lint_reading *r = c->r;

	while (at < end) {
		size_t hole = lint_made_placeholder(r, at), behind;

		if (hole) {
			at += hole;
			continue;
		}
		if (goes_on(r, at)) {
			at += (size_t)goes_on(r, at);
			continue;
		}
		if (strchr(";|&<>)`\n", lint_byte(r, at)))
			return at;
		behind = is_quote(lint_byte(r, at)) ? closed(c, at, end) : 0;
		if (is_quote(lint_byte(r, at)) && !behind)
			return at;
		at = behind ? behind : at + 1 + (lint_byte(r, at) == '\\');
	}
	return end;
}

/* ---- one line -------------------------------------------------------------------------------- */

/* Words that a client is given, and a package or a service is not. */
static int is_connecting(const struct lint_made *m)
{
	static const char *const words[] = { " -h", " --h", " -P", " --port", " -u", " --u",
		" --ssl", " --tls", " --skip-ssl", " --loose", " -D", " --protocol" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (memmem(m->p, m->n, words[i], strlen(words[i])))
			return 1;
	return 0;
}

static void judge(struct commands *c, const struct program *p, unsigned manner)
{
	struct lint_made *m = c->r->made;

	while (m->n && isspace(m->p[m->n - 1]))
		m->n--;
	if (!m->full && is_connecting(m))
		lint_judge(c->r, 0, m->n, p->manner | manner);
}

static size_t take_line(struct commands *c, size_t at, const struct program *p, size_t end)
{
	struct lint_reading *r = c->r;
	size_t n = strlen(p->name), stop;

	if (end - at > COMMAND)
		end = at + COMMAND;
	stop = command_end(c, at + n, end);
	lint_made_clear(r->made);
	lint_made_put(r->made, p->client, at, n);
	/* What continues a line has no quotes to undo. */
	lint_made_take(r->made, r, at + n, stop, 0);
	judge(c, p, LINT_AS_IT_IS);
	return stop;
}

/* In a string its own quotes are written with a backslash. */
static size_t take_string(
    struct commands *c, size_t at, const struct program *p, const struct lint_literal *l)
{
	struct lint_reading *r = c->r;
	size_t n = strlen(p->name), stop = at + n, end = l->at + l->n;

	if (end - at > COMMAND)
		end = at + COMMAND;
	while (stop < end && !(strchr(";|\n", lint_byte(r, stop)) && !goes_on(r, stop - 1)))
		stop += 1 + (lint_byte(r, stop) == '\\' && stop + 1 < end);
	lint_made_clear(r->made);
	lint_made_put(r->made, p->client, at, n);
	lint_made_take(r->made, r, at + n, stop < end ? stop : end, 1);
	judge(c, p, LINT_AS_IT_IS);
	return stop;
}

/* ---- lists: ["mysql", "-h", "db1"] ----------------------------------------------------------- */

static void add_word(struct lint_reading *r, size_t at, size_t end)
{
	const char *quote = "";

	for (size_t i = at; i < end && !*quote; i++)
		if (strchr(" \t\"$`\\;|&<>()#*?", lint_byte(r, i)))
			quote = "'";
	if (end > at && memchr(r->code.p + at, '\'', end - at))
		quote = "\"";

	lint_made_put(r->made, " ", at, 0);
	lint_made_put(r->made, quote, at, 0);
	lint_made_take(r->made, r, at, end, 1);
	lint_made_put(r->made, quote, end, 0);
}

static size_t blanks(const struct lint_reading *r, size_t i)
{
	while (i < r->bare.n && isspace(r->bare.p[i]))
		i++;
	return i;
}

/* The next element of the list behind the place, which is a comma's; *at behind it. 0: no more. */
static int next_element(struct lint_reading *r, size_t *at)
{
	size_t from = blanks(r, *at + 1), end = from, depth = 0;
	const struct lint_literal *l = lint_literal_at(r, from + 1);

	if (lint_byte(r, *at) != ',' || from >= r->bare.n)
		return 0;
	while (end < r->bare.n && end - from < 512 &&
	       !(depth == 0 && strchr(",])}\n", r->bare.p[end]))) {
		depth += strchr("([{", r->bare.p[end]) != NULL;
		depth -= depth && strchr(")]}", r->bare.p[end]);
		end++;
	}
	if (l && is_quote(lint_byte(r, from)))
		add_word(r, l->at, l->at + l->n);
	else if (end > from) {
		lint_made_put(r->made, " ", from, 0);
		lint_made_hole(r->made, from, end - from);
	}
	*at = blanks(r, end);
	return end > from;
}

static size_t take_list(struct commands *c, const struct program *p, const struct lint_literal *l)
{
	struct lint_reading *r = c->r;
	size_t at = blanks(r, l->at + l->n + 1);

	lint_made_clear(r->made);
	lint_made_put(r->made, p->client, l->at, l->n);
	while (!r->made->full && next_element(r, &at))
		;
	judge(c, p, LINT_LISTED);
	return at > l->at + l->n ? at : l->at + l->n;
}

/* ---- lists of YAML, an element a line -------------------------------------------------------- */

/* "  - word": where the word begins and ends; 0: the line has another form. */
static int element(const struct lint_reading *r, size_t line, size_t *from, size_t *to)
{
	size_t i = line;

	while (lint_byte(r, i) == ' ')
		i++;
	if (lint_byte(r, i) != '-' || lint_byte(r, i + 1) != ' ')
		return 0;
	*from = i + 2;
	*to = lint_line_end(r, i);
	while (*to > *from && isspace(lint_byte(r, *to - 1)))
		--*to;
	if (*to > *from + 1 && is_quote(lint_byte(r, *from)) &&
	    lint_byte(r, *to - 1) == lint_byte(r, *from)) {
		++*from;
		--*to;
	}
	return *to > *from;
}

static size_t take_yaml(struct commands *c, size_t at, const struct program *p)
{
	struct lint_reading *r = c->r;
	size_t line = lint_line_end(r, at), from, to;

	lint_made_clear(r->made);
	lint_made_put(r->made, p->client, at, strlen(p->name));
	while (!r->made->full && line < r->code.n && element(r, line + 1, &from, &to)) {
		add_word(r, from, to);
		line = lint_line_end(r, from);
	}
	judge(c, p, LINT_LISTED);
	return line;
}

/* "- mysql", and nothing behind it. */
static int is_element(const struct lint_reading *r, size_t at, size_t n)
{
	size_t before = at, behind = at + n;

	if (r->language->id != LINT_YAML)
		return 0;
	while (before && is_quote(lint_byte(r, before - 1)))
		before--;
	while (is_quote(lint_byte(r, behind)) || lint_byte(r, behind) == ' ' ||
	       lint_byte(r, behind) == '\r')
		behind++;
	return before > 1 && lint_byte(r, before - 1) == ' ' && lint_byte(r, before - 2) == '-' &&
	       lint_byte(r, behind) == '\n';
}

/* ---- all of them ----------------------------------------------------------------------------- */

static size_t take(struct commands *c, size_t at, const struct program *p)
{
	struct lint_reading *r = c->r;
	const struct lint_literal *l = lint_literal_at(r, at);
	size_t n = strlen(p->name);

	if (is_element(r, at, n))
		return take_yaml(c, at, p);
	if (l && l->n == n)
		return take_list(c, p, l);
	if (!isspace(lint_byte(r, at + n)) && !goes_on(r, at + n))
		return at + n;
	if (l)
		return take_string(c, at, p, l);
	if (r->language->program || !is_run(r, at))
		return at + n;
	return take_line(c, at, p, r->code.n);
}

void lint_commands(struct lint_reading *r)
{
	struct commands c = { .r = r };
	size_t i = 0;

	while (i + 5 < r->code.n) {
		const uint8_t *found = memchr(r->code.p + i, 'm', r->code.n - i);
		const struct program *p;

		if (!found)
			return;
		i = (size_t)(found - r->code.p);
		p = i && is_name(lint_byte(r, i - 1)) ? NULL : program_at(r, i);
		i = p ? take(&c, i, p) : i + 1;
	}
}
