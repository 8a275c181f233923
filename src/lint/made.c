/* SPDX-License-Identifier: Apache-2.0 */
#include "lint/made.h"

#include <ctype.h>
#include <string.h>

#define HOLE       96  /* bytes of a placeholder */
#define EXPRESSION 200 /* bytes of an expression between two strings */

void lint_made_clear(struct lint_made *m)
{
	m->n = 0;
	m->full = 0;
}

static void add(struct lint_made *m, int c, size_t at, size_t n)
{
	if (m->n == TARGET_TEXT) {
		m->full = 1;
		return;
	}
	m->p[m->n] = (uint8_t)c;
	m->from[m->n] = (uint32_t)at;
	m->to[m->n] = (uint32_t)(at + n);
	m->hole[m->n] = 0;
	m->n++;
}

void lint_made_put(struct lint_made *m, const char *words, size_t at, size_t n)
{
	for (; *words; words++)
		add(m, *words, at, n);
}

void lint_made_hole(struct lint_made *m, size_t at, size_t n)
{
	/* Two of them side by side are one: "$A$B". */
	if (m->n && m->hole[m->n - 1]) {
		m->to[m->n - 1] = (uint32_t)(at + n);
		return;
	}
	add(m, '1', at, n);
	if (!m->full)
		m->hole[m->n - 1] = 1;
}

/* ---- placeholders ---------------------------------------------------------------------------- */

static int at(struct span s, size_t i)
{
	return i < s.n ? s.p[i] : 0;
}

/* Up to the bracket that closes the one at i, if that is near; 0: it is not. */
static size_t bracket(struct span s, size_t i, int open, int close)
{
	size_t depth = 0;

	for (size_t k = i; k < s.n && k < HOLE; k++) {
		depth += s.p[k] == open;
		depth -= s.p[k] == close && depth;
		if (depth == 0)
			return k + 1;
		if (s.p[k] == '\n')
			return 0;
	}
	return 0;
}

static size_t name(struct span s, size_t i)
{
	size_t n = i;

	while (isalnum(at(s, n)) || at(s, n) == '_')
		n++;
	return n > i ? n : 0;
}

/* $NAME ${NAME:-word} $(command) ${{ value }} #{name} */
static size_t dollar(struct span s)
{
	if (at(s, 0) == '#')
		return at(s, 1) == '{' ? bracket(s, 1, '{', '}') : 0;
	if (at(s, 0) != '$')
		return 0;
	if (at(s, 1) == '{')
		return bracket(s, 1, '{', '}');
	if (at(s, 1) == '(')
		return bracket(s, 1, '(', ')');
	return isdigit(at(s, 1)) || at(s, 1) == '@' ? 2 : name(s, 1);
}

/* {name} {} {0} {{ .Values.x }}; an object, as {"ca": …}, is none. */
static size_t braces(struct span s)
{
	size_t n = at(s, 0) == '{' ? bracket(s, 0, '{', '}') : 0;

	if (at(s, 0) == '{' && at(s, 1) == '{')
		return n;
	for (size_t i = 1; i + 1 < n; i++)
		if (!isalnum(s.p[i]) && !strchr("_.[]()!:$-> ", s.p[i]))
			return 0;
	return n;
}

/* %s %d %v %(name)s %[1]s; "%da" is a byte of a URL. */
static size_t percent(struct span s)
{
	size_t n = 1;

	if (at(s, 0) != '%')
		return 0;
	if (at(s, 1) == '(')
		n = bracket(s, 1, '(', ')');
	if (at(s, 1) == '[')
		n = bracket(s, 1, '[', ']');
	if (n == 0 || !at(s, n) || !strchr("sdvq", at(s, n)))
		return 0;
	return at(s, n) == 'd' && isxdigit(at(s, n + 1)) ? 0 : n + 1;
}

/* <your_password> <HOST>; no element of XML. */
static size_t angles(struct span s)
{
	size_t n = 1;

	if (at(s, 0) != '<' || !isalpha(at(s, 1)))
		return 0;
	while (n < HOLE && (isalnum(at(s, n)) || (at(s, n) && strchr("_- .", at(s, n)))))
		n++;
	return at(s, n) == '>' ? n + 1 : 0;
}

size_t lint_made_placeholder(const struct lint_reading *r, size_t from)
{
	struct span s = span_of(r->code.p + from, r->code.n - from);
	size_t n = dollar(s);

	if (!n)
		n = braces(s);
	if (!n)
		n = percent(s);
	if (!n && r->language->id != LINT_XML)
		n = angles(s);
	return n;
}

static size_t step(struct lint_made *m, const struct lint_reading *r, struct span s, int escaped)
{
	size_t place = (size_t)(s.p - r->code.p), n = lint_made_placeholder(r, place);

	if (n && n <= s.n) {
		lint_made_hole(m, place, n);
		return n;
	}
	if (!escaped || s.p[0] != '\\' || s.n < 2) {
		add(m, s.p[0], place, 1);
		return 1;
	}
	if (s.p[1] == 'n' || s.p[1] == 't' || s.p[1] == '\n')
		add(m, ' ', place, 2);
	else
		add(m, s.p[1], place, 2);
	return 2;
}

void lint_made_take(
    struct lint_made *m, const struct lint_reading *r, size_t from, size_t end, int escaped)
{
	while (from < end && !m->full)
		from += step(m, r, span_of(r->code.p + from, end - from), escaped);
}

/* ---- strings that are put together ----------------------------------------------------------- */

/* What stands between two strings that are one; "": nothing need stand there. */
static const char *joint(const struct lint_reading *r)
{
	enum lint_tongue id = r->language->id;

	if (id == LINT_PHP || id == LINT_PERL)
		return ".";
	return "+";
}

static int is_side_by_side(const struct lint_reading *r)
{
	enum lint_tongue id = r->language->id;

	return id == LINT_PYTHON || id == LINT_C || id == LINT_RUBY;
}

static size_t blanks(const struct lint_reading *r, size_t i)
{
	while (i < r->bare.n && (isspace(r->bare.p[i]) || r->bare.p[i] == '\\'))
		i++;
	return i;
}

/* One quote, or three. */
static size_t quotes(const struct lint_reading *r, const struct lint_literal *l)
{
	const uint8_t quote = (uint8_t)l->quote, *p = r->text.p;
	size_t end = l->at + l->n;
	int before = l->at >= 3 && p[l->at - 2] == quote && p[l->at - 3] == quote;

	return r->language->triple && before && end < r->text.n && p[end] == quote ? 3 : 1;
}

/* Whether at i, behind a prefix of it such as f, that literal begins. */
static int begins(const struct lint_reading *r, size_t i, const struct lint_literal *l)
{
	size_t start = l->at - quotes(r, l);

	while (i < start && isalpha(r->bare.p[i]) && start - i < 3)
		i++;
	return i == start;
}

/* Where the expression that begins at i ends: at a joint, or at what ends the whole. */
static size_t expression(const struct lint_reading *r, size_t i)
{
	size_t depth = 0, end = i + EXPRESSION < r->bare.n ? i + EXPRESSION : r->bare.n;

	for (; i < end; i++) {
		int c = r->bare.p[i];

		if (depth == 0 && (strchr(",;)]}\n", c) || c == *joint(r)))
			break;
		depth += c == '(' || c == '[' || c == '{';
		depth -= (c == ')' || c == ']' || c == '}') && depth;
	}
	return i;
}

static size_t behind(const struct lint_reading *r, size_t i, size_t place)
{
	while (i < r->literals && r->literal[i].at < place)
		i++;
	return i;
}

/* What is put behind the end of a string: 1 and the literal in *i, or 0. */
static int joins(struct lint_made *m, const struct lint_reading *r, size_t end, size_t *i)
{
	size_t next = blanks(r, end), stop;

	if (next >= r->bare.n)
		return 0;
	if (is_side_by_side(r) && *i < r->literals && begins(r, next, &r->literal[*i]))
		return 1;
	while (r->bare.p[next] == (uint8_t)*joint(r)) {
		next = blanks(r, next + 1);
		if (*i < r->literals && begins(r, next, &r->literal[*i]))
			return 1;
		stop = expression(r, next);
		if (stop == next)
			return 0;
		lint_made_hole(m, next, stop - next);
		*i = behind(r, *i, stop);
		next = blanks(r, stop);
		if (next >= r->bare.n)
			return 0;
	}
	return 0;
}

size_t lint_made_chain(struct lint_made *m, const struct lint_reading *r, size_t i)
{
	const struct lint_literal *l;

	lint_made_clear(m);
	do {
		l = &r->literal[i++];
		lint_made_take(m, r, l->at, l->at + l->n, l->quote != '`');
	} while (r->language->program && joins(m, r, l->at + l->n + quotes(r, l), &i));
	return i;
}
