/* SPDX-License-Identifier: Apache-2.0 */
#include "lint/tokens.h"

#include <ctype.h>
#include <stdlib.h>

struct lexer {
	struct lint_tokens *out;
	const struct lint_literal *literal, *last;
	size_t size, at;
	uint8_t is_head;
};

static int peek(const struct lexer *l, size_t i)
{
	return l->at + i < l->out->text.n ? l->out->text.p[l->at + i] : 0;
}

static int is_word(int c)
{
	return isalnum(c) || c == '_' || c >= 0x80;
}

static int add(struct lexer *l, struct lint_token token)
{
	struct lint_tokens *t = l->out;
	size_t size = l->size ? l->size * 2 : 256;
	struct lint_token *more;

	if (t->n == l->size) {
		more = reallocarray(t->p, size, sizeof *more);
		if (!more)
			return -1;
		t->p = more;
		l->size = size;
	}
	token.is_head = l->is_head;
	l->is_head = 0;
	t->p[t->n++] = token;
	return 0;
}

/* The quotes of the next string: one, or three; 0: none stand here. */
static size_t quotes(struct lexer *l)
{
	while (l->literal < l->last && l->literal->at <= l->at)
		l->literal++;
	if (l->literal == l->last || peek(l, 0) != l->literal->quote)
		return 0;
	if (l->literal->at == l->at + 1)
		return 1;
	return l->literal->at == l->at + 3 && peek(l, 2) == l->literal->quote ? 3 : 0;
}

static int take_string(struct lexer *l, size_t quote)
{
	const struct lint_literal *s = l->literal++;

	l->at = s->at + s->n + quote;
	return add(l, (struct lint_token) { .at = s->at, .n = s->n, .kind = LINT_STRING });
}

/* r"…", b"…", f"…", $"…", @"…" */
static size_t prefix(struct lexer *l, size_t n)
{
	size_t quote;

	if (n > 2)
		return 0;
	l->at += n;
	quote = quotes(l);
	l->at -= n;
	return quote;
}

static size_t word(const struct lexer *l)
{
	size_t n = 0;

	while (is_word(peek(l, n)))
		n++;
	return n;
}

/* Those of more than one byte; the longest first. */
static size_t sign(const struct lexer *l)
{
	static const char *const signs[] = { "===", "!==", "...", "=>", "->",
		"==", "!=", "<=", ">=", ":=", "::", "+=", "&&", "||", NULL };
	struct span rest = span_of(l->out->text.p + l->at, l->out->text.n - l->at);

	for (size_t i = 0; signs[i]; i++) {
		size_t n = strlen(signs[i]);

		if (rest.n >= n && memcmp(rest.p, signs[i], n) == 0)
			return n;
	}
	return 1;
}

static int take(struct lexer *l)
{
	struct lint_token token = { .at = (uint32_t)l->at, .kind = LINT_WORD };
	size_t n = word(l), quote = prefix(l, n);

	if (quote) {
		l->at += n;
		return take_string(l, quote);
	}
	if (!n) {
		token.kind = LINT_SIGN;
		n = sign(l);
	}
	token.n = (uint32_t)n;
	l->at += n;
	return add(l, token);
}

/* ---- brackets -------------------------------------------------------------------------------- */

static int is_pair(int open, int close)
{
	return (open == '(' && close == ')') || (open == '[' && close == ']') ||
	       (open == '{' && close == '}');
}

/* What closes no bracket that is open is passed over; so is what is left open within others. */
static int pair_brackets(struct lint_tokens *t)
{
	uint32_t *open = calloc(t->n ? t->n : 1, sizeof *open);
	size_t depth = 0;

	if (!open)
		return -1;
	for (size_t i = 0; i < t->n; i++) {
		int c = t->p[i].kind == LINT_SIGN ? t->text.p[t->p[i].at] : 0;

		if (c == '(' || c == '[' || c == '{')
			open[depth++] = (uint32_t)i;
		if ((c == ')' || c == ']' || c == '}') && depth &&
		    is_pair(t->text.p[t->p[open[depth - 1]].at], c)) {
			depth--;
			t->p[i].pair = open[depth];
			t->p[open[depth]].pair = (uint32_t)i;
		}
	}
	free(open);
	return 0;
}

int lint_tokens(
    struct lint_tokens *t, struct span text, const struct lint_literal *literal, size_t literals)
{
	struct lexer l = { .out = t, .literal = literal, .last = literal + literals, .is_head = 1 };
	int rc = 0;

	*t = (struct lint_tokens) { .text = text };
	while (rc == 0 && l.at < text.n && t->n < LINT_TOKENS) {
		l.is_head |= peek(&l, 0) == '\n';
		if (isspace(peek(&l, 0)) || peek(&l, 0) < ' ')
			l.at++;
		else
			rc = take(&l);
	}
	if (rc == 0 && pair_brackets(t) == 0)
		return 0;
	lint_tokens_free(t);
	return -1;
}

void lint_tokens_free(struct lint_tokens *t)
{
	free(t->p);
	*t = (struct lint_tokens) { .p = NULL };
}

/* ---- looking at one -------------------------------------------------------------------------- */

struct span lint_token_text(const struct lint_tokens *t, size_t i)
{
	if (i >= t->n)
		return span_of(NULL, 0);
	return span_of(t->text.p + t->p[i].at, t->p[i].n);
}

int lint_token_is(const struct lint_tokens *t, size_t i, const char *text)
{
	return i < t->n && t->p[i].kind != LINT_STRING && span_is(lint_token_text(t, i), text);
}

int lint_token_says(const struct lint_tokens *t, size_t i, const char *text)
{
	return i < t->n && t->p[i].kind == LINT_STRING && span_is(lint_token_text(t, i), text);
}
