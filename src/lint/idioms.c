/* SPDX-License-Identifier: Apache-2.0 */
#include "lint/idioms.h"

#include "base/i18n.h"
#include "lint/match.h"

#include <stdlib.h>

#define FAR  400  /* tokens that a bracket is looked for */
#define WIDE 8192 /* bytes of it that are looked at */

/* ---- saying it ------------------------------------------------------------------------------- */

static const struct {
	const char *id, *sentence;
} harms[] = {
	[LINT_PLAINTEXT] = { "option-insecure",
	    N_("no TLS: password and data cross the network in the clear") },
	[LINT_HTTP] = { "option-insecure", N_("no TLS: requests cross the network in the clear") },
	[LINT_OPPORTUNISTIC] = { "option-insecure",
	    N_("any certificate is taken, and a server without TLS gets plaintext") },
	[LINT_FALLS_BACK] = { "option-insecure",
	    N_("a server that offers no TLS gets password and data in plaintext") },
	[LINT_ANYONE] = { "option-insecure", N_("any certificate is taken, whoever answers") },
	[LINT_ANY_NAME] = { "option-insecure",
	    N_("the host's name is not verified: any certificate of the CA will do") },
	[LINT_OLD_VERSION] = { "version-old",
	    N_("TLS 1.0 and 1.1 are withdrawn (RFC 8996), and today's servers refuse them") },
	[LINT_LOST] = { "option-no-effect", N_("these TLS settings come to nothing") },
};

const char *lint_idioms_harm(enum lint_harm harm)
{
	return harms[harm].sentence;
}

static int in_one_line(const struct lint_tokens *t, const struct lint_told *x)
{
	for (size_t i = x->first + 1; i <= x->last; i++)
		if (t->p[i].is_head)
			return 0;
	return 1;
}

/* Of what stands in several lines the last word is the one to be changed. */
void lint_idioms_say(struct lint_reading *r, const struct lint_tokens *t, const struct lint_told *x)
{
	const struct lint_token *last = &t->p[x->last];
	const struct lint_token *first = in_one_line(t, x) ? &t->p[x->first] : last;
	struct lint_edit edit = { last->at, last->n, x->instead };
	struct lint_hit hit = { .id = harms[x->harm].id,
		.client = x->client,
		.at = first->at,
		.n = last->at + last->n - first->at,
		.edit = &edit,
		.edits = x->instead != NULL };

	lint_say(r, &hit, _("%s; %s"), _(harms[x->harm].sentence), _(x->advice));
}

/* ---- whether a row is for it ----------------------------------------------------------------- */

int lint_idioms_has(struct span text, const char *words)
{
	while (*words) {
		size_t n = strcspn(words, "|");

		if (text.n && text.n >= n && memmem(text.p, text.n, words, n))
			return 1;
		words += n + (words[n] == '|');
	}
	return 0;
}

int lint_idioms_speaks(const struct lint_reading *r, unsigned languages)
{
	return r->language->id == LINT_PLAIN || (languages & 1u << r->language->id);
}

/* A row that is for this file, ready to be looked for. */
struct idiom {
	const struct lint_idiom *row;
	struct lint_pattern pattern;
};

struct idioms {
	struct lint_reading *r;
	struct lint_tokens t;
	struct idiom p[LINT_IDIOMS];
	size_t n;
	uint8_t begins[256]; /* 1: the first word of one of them begins so */
};

static void add(struct idioms *x, const struct lint_idiom *row)
{
	struct idiom *i = &x->p[x->n];

	if (x->n == LINT_IDIOMS || !lint_idioms_speaks(x->r, row->languages) ||
	    (row->with && !lint_idioms_has(x->r->code, row->with)) ||
	    lint_pattern(&i->pattern, row->words) < 0)
		return;
	i->row = row;
	x->n++;
	for (size_t k = 0; k < i->pattern.n; k++) {
		const struct lint_step *s = &i->pattern.step[k];

		if (s->any)
			memset(x->begins, 1, sizeof x->begins);
		else
			x->begins[s->text.p[0]] = 1;
		if (!s->alternative)
			break;
	}
}

/* What stands in the bracket around a token; nothing, where there is none or it is far. */
static struct span around(const struct idioms *x, size_t i)
{
	const struct lint_tokens *t = &x->t;
	size_t from = i, seen = 0, to, n;

	while (from > 0 && seen++ < FAR && !(t->p[from].pair > i)) {
		if (t->p[from].pair && t->p[from].pair < from)
			from = t->p[from].pair;
		from--;
	}
	if (t->p[from].pair <= i)
		return span_of(NULL, 0);
	to = t->p[from].pair;
	n = t->p[to].at - t->p[from].at;
	return span_of(x->r->code.p + t->p[from].at, n < WIDE ? n : WIDE);
}

static void look_at(const struct idioms *x, size_t i)
{
	for (size_t k = 0; k < x->n; k++) {
		const struct lint_idiom *row = x->p[k].row;
		struct lint_told told = { row->client, row->harm, row->advice, row->instead, i, i };

		if (!lint_match(&x->p[k].pattern, &x->t, i, &told.last))
			continue;
		if (row->unless && lint_idioms_has(around(x, told.last), row->unless))
			continue;
		lint_settled(x->r);
		lint_idioms_say(x->r, &x->t, &told);
	}
}

void lint_idioms(struct lint_reading *r)
{
	struct idioms *x = calloc(1, sizeof *x);

	if (!x)
		return;
	x->r = r;
	for (const struct lint_idiom *row = lint_idiom_rows; row->words; row++)
		add(x, row);
	if (x->n && lint_tokens(&x->t, r->code, r->literal, r->literals) == 0)
		for (size_t i = 0; i < x->t.n; i++)
			if (x->t.p[i].n && x->begins[r->code.p[x->t.p[i].at]])
				look_at(x, i);
	lint_tokens_free(&x->t);
	free(x);
}
