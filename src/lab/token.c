/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/token.h"

#include <ctype.h>
#include <strings.h>

static int at(struct span s, const char *text)
{
	size_t n = strlen(text);

	return s.n >= n && memcmp(s.p, text, n) == 0;
}

static void skip(struct span *s, size_t n)
{
	(void)span_skip(s, n < s->n ? n : s->n);
}

static int is_name(uint8_t c)
{
	return isalnum(c) || c == '_' || c == '$' || c >= 0x80;
}

static int is_variable(uint8_t c)
{
	return is_name(c) || c == '.';
}

static int is_digit(uint8_t c)
{
	return isdigit(c);
}

/* The characters from s on that are so, from the first on, which is taken as it is. */
static size_t run(struct span s, size_t from, int (*is)(uint8_t))
{
	size_t n = from;

	while (n < s.n && is(s.p[n]))
		n++;
	return n;
}

static void skip_line(struct span *s)
{
	const uint8_t *end = memchr(s->p, '\n', s->n);

	skip(s, end ? (size_t)(end - s->p) + 1 : s->n);
}

/* 0: over it. -1: it has no end. */
static int skip_comment(struct span *s)
{
	for (size_t i = 2; i + 1 < s->n; i++)
		if (s->p[i] == '*' && s->p[i + 1] == '/') {
			skip(s, i + 2);
			return 0;
		}
	return -1;
}

/* "-- " needs its blank: 1--1 is 2. */
static int is_line_comment(struct span s)
{
	return at(s, "#") || (at(s, "--") && (s.n == 2 || isspace(s.p[2])));
}

/* Over all that is no word. -1: a comment has no end. */
static int skip_blank(struct span *s)
{
	for (;;) {
		size_t before = s->n;

		if (s->n > 0 && isspace(s->p[0]))
			skip(s, 1);
		else if (s->n > 0 && is_line_comment(*s))
			skip_line(s);
		else if (at(*s, "/*!"))
			skip(s, run(*s, 3, is_digit));
		else if (at(*s, "*/")) /* the end of such a one */
			skip(s, 2);
		else if (at(*s, "/*") && skip_comment(s) < 0)
			return -1;
		if (s->n == before)
			return 0;
	}
}

/* A backslash makes whatever follows plain, but in a name; and so does a quote one of its kind. */
static int is_pair(struct span s, size_t i, uint8_t quote)
{
	if (s.p[i] == '\\')
		return quote != '`';
	return s.p[i] == quote && i + 1 < s.n && s.p[i + 1] == quote;
}

/* The length with both quotes; 0: there is no end. */
static size_t quoted(struct span s)
{
	uint8_t quote = s.p[0];

	for (size_t i = 1; i < s.n; i++) {
		if (is_pair(s, i, quote))
			i++;
		else if (s.p[i] == quote)
			return i + 1;
	}
	return 0;
}

static struct token made(struct span *s, enum token_kind kind, size_t n, size_t left, size_t right)
{
	struct token t = { .kind = kind, .all = span_of(s->p, n) };

	t.text = span_of(s->p + left, n - left - right);
	skip(s, n);
	return t;
}

static struct token take_quoted(struct span *s)
{
	enum token_kind kind = s->p[0] == '`' ? TOKEN_NAME : TOKEN_STRING;
	size_t n = quoted(*s);

	return n == 0 ? made(s, TOKEN_BROKEN, s->n, 0, 0) : made(s, kind, n, 1, 1);
}

struct token token_next(struct span *s)
{
	if (skip_blank(s) < 0)
		return made(s, TOKEN_BROKEN, s->n, 0, 0);
	if (s->n == 0)
		return (struct token) { .kind = TOKEN_END, .text = *s, .all = *s };
	if (strchr("'\"`", s->p[0]) && s->p[0])
		return take_quoted(s);
	if (at(*s, "@@"))
		return made(s, TOKEN_VARIABLE, run(*s, 2, is_variable), 2, 0);
	if (at(*s, "@"))
		return made(s, TOKEN_OWN, run(*s, 1, is_variable), 1, 0);
	if (isdigit(s->p[0]) && run(*s, 1, is_digit) == run(*s, 1, is_name))
		return made(s, TOKEN_NUMBER, run(*s, 1, is_digit), 0, 0);
	if (is_name(s->p[0]))
		return made(s, TOKEN_WORD, run(*s, 1, is_name), 0, 0);
	return made(s, TOKEN_SIGN, 1, 0, 0);
}

int token_is(const struct token *t, const char *word)
{
	return t->kind == TOKEN_WORD && t->text.n == strlen(word) &&
	       strncasecmp((const char *)t->text.p, word, t->text.n) == 0;
}

int token_is_sign(const struct token *t, char sign)
{
	return t->kind == TOKEN_SIGN && t->text.p[0] == (uint8_t)sign;
}

/* What \c stands for: itself, but for these. */
static char escaped(char c)
{
	static const char from[] = "0bnrtZ", to[] = "\0\b\n\r\t\x1a";
	const char *found = c ? strchr(from, c) : NULL;

	return found ? to[found - from] : c;
}

/* \% and \_ stay as they are: what they mean is the pattern's business. */
static int is_escape(struct span s)
{
	return s.p[0] == '\\' && s.p[1] != '%' && s.p[1] != '_';
}

/* The next character of a quoted text. */
static char take_char(struct span *s, enum token_kind kind, uint8_t quote)
{
	uint8_t c = s->p[0];

	if (s->n > 1 && kind == TOKEN_STRING && is_escape(*s)) {
		c = (uint8_t)escaped((char)s->p[1]);
		skip(s, 1);
	} else if (s->n > 1 && c == quote) {
		skip(s, 1);
	}
	skip(s, 1);
	return (char)c;
}

int token_value(const struct token *t, struct buf *out)
{
	int is_quoted = t->kind == TOKEN_STRING || t->kind == TOKEN_NAME;
	struct span s = t->text;

	if (!is_quoted)
		return buf_add(out, s.p, s.n);
	while (s.n > 0) {
		char c = take_char(&s, t->kind, t->all.p[0]);

		if (buf_add(out, &c, 1) < 0)
			return -1;
	}
	return 0;
}
