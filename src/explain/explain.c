/* SPDX-License-Identifier: Apache-2.0 */
#include "explain/explain.h"

#include "base/i18n.h"
#include "doctor/diagnose.h"
#include "explain/codes.h"
#include "explain/host.h"
#include "explain/text.h"
#include "trust/store.h"

#include <stdlib.h>
#include <string.h>

#define HITS_MAX 256

/* Some words of the text, and what they may mean. */
struct hit {
	const char *causes;
	enum explain_weight weight;
	size_t at, end;
};

struct hits {
	const struct explain_text *t;
	struct hit v[HITS_MAX];
	size_t n;
};

static void note(void *arg, const char *causes, enum explain_weight weight, size_t at, size_t end)
{
	struct hits *h = arg;

	if (h->n < HITS_MAX)
		h->v[h->n++] = (struct hit) { causes, weight, at, end };
}

/* ---- looking --------------------------------------------------------------------------------- */

static void look_for_rules(struct hits *h)
{
	for (const struct explain_rule *r = explain_rules; r->words; r++) {
		size_t end = 0;
		long at = explain_text_find(h->t, r->words, 0, &end);

		if (at >= 0)
			note(h, r->causes, r->weight, (size_t)at, end);
	}
}

/* What was cut says less than what is whole. */
static void look_for_cut(struct hits *h)
{
	for (const struct explain_rule *r = explain_rules; r->words; r++) {
		size_t end = 0;
		long at = explain_text_find_cut(h->t, r->words, &end);

		if (at >= 0)
			note(h, r->causes, r->weight > EXPLAIN_VAGUE ? r->weight - 1 : r->weight,
			    (size_t)at, end);
	}
}

static int says_something(const struct hits *h)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->v[i].weight > EXPLAIN_WRAPPER)
			return 1;
	return 0;
}

/* ---- ranking --------------------------------------------------------------------------------- */

/* The surer first; of those that are as sure the longer, which says more. */
static int compare(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	size_t nx = x->end - x->at, ny = y->end - y->at;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	if (nx != ny)
		return nx > ny ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* As the table of causes has it, which lives as long as the program. */
static const char *id_of(const char *text, size_t n)
{
	const struct diagnose_cause *c;

	for (size_t i = 0; (c = diagnose_cause_at(i)); i++)
		if (strlen(c->id) == n && memcmp(c->id, text, n) == 0)
			return c->id;
	return NULL;
}

static int has(const struct explanation *out, const char *id)
{
	for (size_t i = 0; i < out->n; i++)
		if (out->cause[i].id == id)
			return 1;
	return 0;
}

static void add(struct explanation *out, const struct explain_text *t, const struct hit *h)
{
	for (const char *at = h->causes; *at;) {
		size_t n = strcspn(at, " ");
		const char *id = id_of(at, n);
		struct explain_cause *c = &out->cause[out->n];

		if (id && out->n < EXPLAIN_CAUSES && !has(out, id)) {
			*c = (struct explain_cause) { .id = id, .weight = h->weight };
			store_clean(
			    c->words, sizeof c->words, span_of(t->written + h->at, h->end - h->at));
			out->n++;
		}
		at += n;
		at += *at == ' ';
	}
}

/* Words around others are of no interest when these say more. */
static void rank(struct explanation *out, struct hits *h)
{
	int more = says_something(h);

	qsort(h->v, h->n, sizeof h->v[0], compare);
	for (size_t i = 0; i < h->n; i++)
		if (!more || h->v[i].weight > EXPLAIN_WRAPPER)
			add(out, h->t, &h->v[i]);
}

/* ---- the main road --------------------------------------------------------------------------- */

static struct span trimmed(struct span text)
{
	while (text.n > 0 && (text.p[text.n - 1] <= ' ' || text.p[text.n - 1] == '.'))
		text.n--;
	while (text.n > 0 && (*text.p <= ' ' || *text.p == '.')) {
		text.p++;
		text.n--;
	}
	return text;
}

/* 0: nothing was found, or words around others alone. */
static int look(struct explanation *out, struct explain_text *t)
{
	struct hits h = { .t = t };

	out->n = 0;

	look_for_rules(&h);
	explain_codes(t, note, &h);
	if (!says_something(&h))
		look_for_cut(&h);
	rank(out, &h);
	explain_host(out, t, h.n > 0 ? h.v[0].at : 0);
	return says_something(&h);
}

int explain(struct span text, struct explanation *out, struct err *e)
{
	struct explain_text t = { 0 };
	int rc;

	*out = (struct explanation) { .n = 0 };
	if (text.n > EXPLAIN_TEXT)
		return err_set(e, ERR_USER,
		    _("the text is too long: give its end, such as that of tail -c 10M"));
	rc = explain_text_read(&t, trimmed(text), e);
	/* A terminal may have broken it where its line was full. */
	if (rc == 0 && !look(out, &t)) {
		explain_text_join(&t);
		(void)look(out, &t);
	}
	explain_text_free(&t);
	return rc;
}
