/* SPDX-License-Identifier: Apache-2.0 */
#include "lint/match.h"

/* "..." goes no further than that: what stands farther off belongs to something else. */
#define FAR 200

/* ---- the pattern ----------------------------------------------------------------------------- */

static struct lint_step step_of(const struct lint_tokens *t, size_t i)
{
	struct lint_step s = { .text = lint_token_text(t, i), .kind = t->p[i].kind };

	s.any = s.kind == LINT_SIGN && span_is(s.text, "?");
	s.rest = s.kind == LINT_SIGN && span_is(s.text, "...");
	if (s.kind == LINT_STRING && s.text.n && s.text.p[s.text.n - 1] == '*') {
		s.begins = 1;
		s.text.n--;
	}
	return s;
}

/* 'abc' */
static size_t strings(struct lint_literal *out, const char *words)
{
	const char *begin = words, *end;
	size_t n = 0;

	while (n < LINT_STEPS && (begin = strchr(begin, '\'')) && (end = strchr(begin + 1, '\''))) {
		begin++;
		out[n++] = (struct lint_literal) { (uint32_t)(begin - words),
			(uint32_t)(end - begin), '\'' };
		begin = end + 1;
	}
	return n;
}

int lint_pattern(struct lint_pattern *p, const char *words)
{
	struct lint_literal literal[LINT_STEPS];
	struct lint_tokens t;

	*p = (struct lint_pattern) { .at_head = *words == '^', .not_member = *words == '~' };
	words += p->at_head + p->not_member;
	if (lint_tokens(&t, span_of(words, strlen(words)), literal, strings(literal, words)) < 0)
		return -1;
	for (size_t i = 0; i < t.n && p->n < LINT_STEPS; i++) {
		if (lint_token_is(&t, i, "|"))
			continue;
		p->step[p->n] = step_of(&t, i);
		p->step[p->n++].alternative = (uint8_t)lint_token_is(&t, i + 1, "|");
	}
	lint_tokens_free(&t);
	return p->n < LINT_STEPS ? 0 : -1;
}

/* ---- where it stands ------------------------------------------------------------------------- */

static int is_step(const struct lint_step *s, const struct lint_tokens *t, size_t i)
{
	struct span said = lint_token_text(t, i);

	if (i >= t->n)
		return 0;
	if (s->any)
		return 1;
	if (s->kind != t->p[i].kind || said.n < s->text.n || (said.n > s->text.n && !s->begins))
		return 0;
	return s->text.n == 0 || memcmp(said.p, s->text.p, s->text.n) == 0;
}

/* The steps from *s up to the next "..."; 1, with *s there and *i behind the tokens. */
static int is_run(const struct lint_pattern *p, size_t *s, const struct lint_tokens *t, size_t *i)
{
	size_t step = *s, at = *i;

	while (step < p->n && !p->step[step].rest) {
		while (!is_step(&p->step[step], t, at) && p->step[step].alternative)
			step++;
		if (!is_step(&p->step[step], t, at))
			return 0;
		while (p->step[step].alternative)
			step++;
		step++;
		at++;
	}
	*s = step;
	*i = at;
	return 1;
}

static int opens(const struct lint_tokens *t, size_t i)
{
	return lint_token_is(t, i, "(") || lint_token_is(t, i, "[") || lint_token_is(t, i, "{");
}

static int closes(const struct lint_tokens *t, size_t i)
{
	return lint_token_is(t, i, ")") || lint_token_is(t, i, "]") || lint_token_is(t, i, "}");
}

/* The same, at *i or behind it in the same bracket. */
static int is_run_in(
    const struct lint_pattern *p, size_t *s, const struct lint_tokens *t, size_t *i)
{
	/* A bracket that nothing closes is no call. */
	if (opens(t, *i - 1) && !t->p[*i - 1].pair)
		return 0;
	for (size_t at = *i, seen = 0; at < t->n && seen < FAR; at++, seen++) {
		size_t behind = at;

		if (is_run(p, s, t, &behind)) {
			*i = behind;
			return 1;
		}
		if (closes(t, at))
			return 0;
		if (t->p[at].pair > at)
			at = t->p[at].pair;
	}
	return 0;
}

int lint_match(const struct lint_pattern *p, const struct lint_tokens *t, size_t i, size_t *last)
{
	size_t step = 0, at = i;

	if (i >= t->n || p->n == 0 || (p->at_head && !t->p[i].is_head) ||
	    (p->not_member && i > 0 && lint_token_is(t, i - 1, ".")))
		return 0;
	if (!is_run(p, &step, t, &at))
		return 0;
	while (step < p->n) {
		step++;
		if (!is_run_in(p, &step, t, &at))
			return 0;
	}
	*last = at - 1;
	return 1;
}
