/* SPDX-License-Identifier: Apache-2.0 */
/* URLs and DSNs, wherever they stand: in strings, in files of settings, in prose. */
#include "lint/judge.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* ---- one text -------------------------------------------------------------------------------- */

static int is_scheme(int c)
{
	return isalnum(c) || c == '+' || c == '.' || c == ':' || c == '-' || c == '_';
}

static size_t scheme_begin(const struct lint_made *m, size_t i)
{
	while (i && is_scheme(m->p[i - 1]) && !m->hole[i - 1])
		i--;
	return i;
}

/* Those whose drivers speak MySQL. */
static int is_database(const struct lint_made *m, size_t from, size_t to)
{
	static const char *const words[] = { "mysql", "mariadb", "trilogy" };

	for (; from < to; from++)
		for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
			size_t n = strlen(words[i]);

			if (to - from >= n &&
			    strncasecmp((const char *)m->p + from, words[i], n) == 0)
				return 1;
		}
	return 0;
}

/* R2DBC's drivers have names of their own for options, of which nothing is known here. */
static int is_reactive(const struct lint_made *m, size_t from, size_t to)
{
	return memmem(m->p + from, to - from, "r2dbc:", 6) != NULL;
}

/* "url:mysql" of YAML in one line: the scheme begins behind the name. */
static size_t skip_name(const struct lint_made *m, size_t from, size_t to)
{
	static const char *const begins[] = { "jdbc:", "mysql", "mariadb", "trilogy" };

	for (size_t at = from; at < to; at++)
		for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
			size_t n = strlen(begins[i]);

			if (to - at >= n && (at == from || !isalnum(m->p[at - 1])) &&
			    strncasecmp((const char *)m->p + at, begins[i], n) == 0)
				return at;
		}
	return from;
}

static size_t word_end(const struct lint_made *m, size_t i)
{
	while (i < m->n && !isspace(m->p[i]))
		i++;
	return i;
}

static size_t word_begin(const struct lint_made *m, size_t i)
{
	while (i && !isspace(m->p[i - 1]))
		i--;
	return i;
}

/* A sentence's full stop, and what closes a bracket around it, are not part of it. */
static size_t without_end(const struct lint_made *m, size_t from, size_t to)
{
	while (to > from && strchr(".,;)>]`'\"", m->p[to - 1]) && m->p[to - 1])
		to--;
	return to;
}

static void look_at_urls(struct lint_reading *r, int in_string)
{
	const struct lint_made *m = r->made;
	size_t i = 0;

	while (i + 3 < m->n) {
		const uint8_t *found = memmem(m->p + i, m->n - i, "://", 3);
		size_t at = found ? (size_t)(found - m->p) : m->n, from, to;

		if (!found)
			return;
		from = scheme_begin(m, at);
		to = word_end(m, at);
		if (!in_string)
			to = without_end(m, at, to);
		if (is_database(m, from, at) && !is_reactive(m, from, at))
			lint_judge(r, skip_name(m, from, at), to, LINT_AS_IT_IS);
		i = to > at ? to : at + 3;
	}
}

static void look_at_dsn(struct lint_reading *r)
{
	const struct lint_made *m = r->made;
	const uint8_t *found = m->n ? memmem(m->p, m->n, "tcp(", 4) : NULL;
	size_t at = found ? (size_t)(found - m->p) : 0, from;

	if (!found || memmem(m->p, m->n, "://", 3))
		return;
	from = word_begin(m, at);
	if (at == from || m->p[at - 1] == '@')
		lint_judge(r, from, word_end(m, at), LINT_AS_IT_IS);
}

static void look(struct lint_reading *r, int in_string)
{
	if (r->made->full)
		return;
	look_at_urls(r, in_string);
	look_at_dsn(r);
}

/* ---- where they stand ------------------------------------------------------------------------ */

static void strings(struct lint_reading *r)
{
	for (size_t i = 0; i < r->literals;) {
		i = lint_made_chain(r->made, r, i);
		look(r, 1);
	}
}

static int is_quote(int c)
{
	return c == '"' || c == '\'' || c == '`';
}

/*
 * The word around a place outside of strings; quotes in an object's braces belong to it. What ends
 * one begins the next: else each would go back over all before it.
 */
static size_t bare_begin(const struct lint_reading *r, size_t i)
{
	const char *ends = r->language->id == LINT_XML ? "=>(<" : "=>(";

	while (i && !isspace(r->code.p[i - 1]) && !is_quote(r->code.p[i - 1]) &&
	       !strchr(ends, r->code.p[i - 1]))
		i--;
	return i;
}

static size_t bare_end(const struct lint_reading *r, size_t i)
{
	size_t depth = 0;

	for (; i < r->code.n && !isspace(r->code.p[i]); i++) {
		int c = r->code.p[i];

		if (depth == 0 && (is_quote(c) || (c == '<' && r->language->id == LINT_XML)))
			break;
		depth += c == '{';
		depth -= c == '}' && depth;
	}
	return i;
}

static size_t bare_word(struct lint_reading *r, size_t at)
{
	size_t end = bare_end(r, at);

	lint_made_clear(r->made);
	lint_made_take(r->made, r, bare_begin(r, at), end, 0);
	look(r, 0);
	return end > at ? end : at + 1;
}

static void bare(struct lint_reading *r)
{
	static const char *const signs[] = { "://", "@tcp(" };

	for (size_t k = 0; k < sizeof signs / sizeof *signs; k++) {
		size_t i = 0, n = strlen(signs[k]);

		while (i + n < r->bare.n) {
			const uint8_t *found = memmem(r->bare.p + i, r->bare.n - i, signs[k], n);

			if (!found)
				break;
			i = bare_word(r, (size_t)(found - r->bare.p));
		}
	}
}

void lint_targets(struct lint_reading *r)
{
	strings(r);
	bare(r);
}
