/* SPDX-License-Identifier: Apache-2.0 */
#include "explain/explain.h"

#include "base/i18n.h"
#include "doctor/diagnose.h"
#include "explain/client.h"
#include "explain/codes.h"
#include "explain/host.h"
#include "explain/index.h"
#include "explain/text.h"
#include "trust/store.h"

#include <stdlib.h>
#include <string.h>

#define HITS_MAX  256
#define HOSTS_MAX 64
#define SCREENS   65536

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

/* A log may say the same thousands of times: of what means the same, the longest counts. */
static void note(void *arg, const char *causes, enum explain_weight weight, size_t at, size_t end)
{
	const struct hit new = { causes, weight, at, end };
	struct hits *h = arg;

	for (size_t i = 0; i < h->n; i++) {
		struct hit *old = &h->v[i];

		if (strcmp(old->causes, causes) != 0 || old->weight != weight)
			continue;
		if (end - at > old->end - old->at)
			*old = new;
		return;
	}
	if (h->n < HITS_MAX)
		h->v[h->n++] = new;
}

/* ---- looking --------------------------------------------------------------------------------- */

/* The rows of all tables, one table behind the other, and what of them the text has. */
struct look {
	struct hits hits;
	struct explain_index index;
	size_t codes, clients, hosts, about; /* where each begins; rules are the first */
	size_t client;                       /* the surest of these rows; INDEX_ROWS: none */
	size_t host[HOSTS_MAX]; /* behind the words of each of these rows; 0: nowhere */
	int is_about;           /* a connection */
};

static void lay_out(struct look *l)
{
	const char *words;

	l->client = INDEX_ROWS;
	for (const struct explain_rule *r = explain_rules; r->words; r++)
		explain_index_add(&l->index, r->words);
	l->codes = l->index.n;
	for (size_t i = 0; (words = explain_codes_words(i)); i++)
		explain_index_add(&l->index, words);
	l->clients = l->index.n;
	for (size_t i = 0; (words = explain_client_words(i)); i++)
		explain_index_add(&l->index, words);
	l->hosts = l->index.n;
	for (size_t i = 0; i < HOSTS_MAX && (words = explain_host_words(i)); i++)
		explain_index_add(&l->index, words);
	l->about = l->index.n;
	for (size_t i = 0; (words = explain_about[i]); i++)
		explain_index_add(&l->index, words);
}

/* Whether further places are of interest: only numbers and names differ from place to place. */
static int found(void *arg, size_t row, size_t at, size_t end)
{
	struct look *l = arg;

	if (row >= l->about)
		l->is_about = 1;
	else if (row >= l->hosts)
		l->host[row - l->hosts] = end;
	else if (row >= l->clients)
		l->client = row < l->client ? row : l->client;
	else if (row >= l->codes)
		explain_codes_read(l->hits.t, row - l->codes, at, end, note, &l->hits);
	else
		note(&l->hits, explain_rules[row].causes, explain_rules[row].weight, at, end);
	return row >= l->codes && row < l->clients;
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

static size_t blanks_before(struct span text, size_t n)
{
	while (n > 0 && text.p[n - 1] <= ' ')
		n--;
	return n;
}

/* Without what stands for a part that was left out: "..."; a full stop alone says that none was. */
static struct span trimmed(struct span text)
{
	size_t n = text.n = blanks_before(text, text.n);

	while (n > 0 && text.p[n - 1] == '.')
		n--;
	if (text.n - n > 1)
		text.n = blanks_before(text, n);
	while (text.n > 0 && (*text.p <= ' ' || *text.p == '.')) {
		text.p++;
		text.n--;
	}
	return text;
}

static void drop_vague(struct hits *h)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n; i++)
		if (h->v[i].weight > EXPLAIN_VAGUE)
			h->v[n++] = h->v[i];
	h->n = n;
}

/* By the words that count most, else by whatever stands before a host. */
static void name_host(struct explanation *out, const struct look *l)
{
	const struct hits *h = &l->hits;

	if (explain_host_near(out, h->t, h->n > 0 ? h->v[0].at : 0) == 0)
		return;
	for (size_t i = 0; i < HOSTS_MAX; i++)
		if (l->host[i] && explain_host_behind(out, h->t, i, l->host[i]) == 0)
			return;
}

/* 0: nothing was found, or words around others alone. */
static int look(struct explanation *out, const struct explain_text *t)
{
	struct look l = { .hits = { .t = t } };

	*out = (struct explanation) { .n = 0 };
	lay_out(&l);
	explain_index_look(&l.index, t, found, &l);
	if (!l.is_about && l.client == INDEX_ROWS)
		drop_vague(&l.hits);
	if (!says_something(&l.hits))
		look_for_cut(&l.hits);
	rank(out, &l.hits);
	name_host(out, &l);
	if (l.client < INDEX_ROWS)
		explain_client(out, l.client - l.clients);
	return says_something(&l.hits);
}

/* A terminal may have broken words where its line was full; it shows no more than a few screens. */
static void look_unwrapped(struct explanation *out, struct explain_text *t)
{
	struct explanation whole;

	explain_text_join(t);
	if (look(&whole, t))
		*out = whole;
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
	if (rc == 0 && !look(out, &t) && t.n <= SCREENS)
		look_unwrapped(out, &t);
	explain_text_free(&t);
	return rc;
}
