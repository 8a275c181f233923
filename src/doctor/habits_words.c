/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/habits_words.h"

#include "base/i18n.h"

#include <string.h>

/* ---- groups ---------------------------------------------------------------------------------- */

/* A column by which clients are put together: a text of N_(), or NULL: it is in no group. */
typedef const char *column(const struct habits *h, const struct habits_verdict *v);

static const char *plain(const struct habits *h, const struct habits_verdict *v)
{
	(void)h;
	return v->outcome == HABITS_CONNECTS && !*v->why ? "" : NULL;
}

static const char *refusing(const struct habits *h, const struct habits_verdict *v)
{
	(void)h;
	return v->outcome == HABITS_REFUSES ? v->why : NULL;
}

static const char *taking(const struct habits *h, const struct habits_verdict *v)
{
	(void)h;
	return v->outcome == HABITS_CONNECTS && *v->why ? v->why : NULL;
}

static const char *unknown(const struct habits *h, const struct habits_verdict *v)
{
	(void)h;
	return v->outcome == HABITS_UNKNOWN ? v->why : NULL;
}

static const char *alone(const struct habits *h, const struct habits_verdict *v)
{
	(void)h;
	return v->client->alone;
}

/* Why it differs from a right client, in a few words. */
static const char *differing(const struct habits *h, const struct habits_verdict *v)
{
	if (v->outcome == HABITS_UNKNOWN || h->connects == (v->outcome == HABITS_CONNECTS))
		return NULL;
	return v->brief;
}

static int is_together(const struct habits *h, column *of, size_t a, size_t b)
{
	const char *one = of(h, &h->v[a]), *other = of(h, &h->v[b]);

	return one && other && strcmp(one, other) == 0;
}

/* Whether it is the first of a group. */
static int is_head(const struct habits *h, column *of, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (is_together(h, of, j, i))
			return 0;
	return of(h, &h->v[i]) != NULL;
}

/* The names of a group, by its first; how many. */
static size_t put_names(const struct habits *h, column *of, size_t head, struct buf *out)
{
	size_t n = 0;

	for (size_t i = head; i < h->n; i++)
		if (is_together(h, of, head, i))
			(void)buf_fmt(out, "%s%s", n++ ? ", " : "", h->v[i].client->name);
	return n;
}

/* ---- a line ---------------------------------------------------------------------------------- */

static void put_differing(const struct habits *h, size_t head, struct buf *out)
{
	struct buf names = buf_new(1024);
	size_t n = put_names(h, differing, head, &names);
	const char *why = _(differing(h, &h->v[head]));
	const char *begin = h->connects ? _("not for all: ") : _("nevertheless: ");

	(void)buf_add(&names, "", 1);
	(void)buf_fmt(out, "%s", out->n ? _("; ") : begin);
	if (n == h->n)
		(void)buf_fmt(out, h->connects ? _("all refuse (%s)") : _("all connect (%s)"), why);
	if (n < h->n && h->connects)
		(void)buf_fmt(out, ngettext("%s refuses (%s)", "%s refuse (%s)", n),
		    (const char *)names.p, why);
	if (n < h->n && !h->connects)
		(void)buf_fmt(out, ngettext("%s connects (%s)", "%s connect (%s)", n),
		    (const char *)names.p, why);
	buf_free(&names);
}

void habits_words_line(const struct habits *h, struct buf *out)
{
	*out = buf_new(4096);
	for (size_t i = 0; i < h->n; i++)
		if (is_head(h, differing, i))
			put_differing(h, i, out);
	(void)buf_add(out, "", 1);
}

/* ---- the table ------------------------------------------------------------------------------- */

static const struct {
	column *of;
	const char *head; /* N_() */
} tables[] = {
	{ plain, N_("connect: ") },
	{ refusing, N_("refuse: ") },
	{ taking, N_("connect all the same: ") },
	{ unknown, N_("it depends: ") },
	{ alone, N_("left to itself: ") },
};
#define TABLES (sizeof tables / sizeof *tables)

/* The n-th of all groups of all tables: its table and its first client. 0: there are no more. */
static int find_row(const struct habits *h, size_t n, size_t *table, size_t *head)
{
	for (*table = 0; *table < TABLES; ++*table)
		for (*head = 0; *head < h->n; ++*head)
			if (is_head(h, tables[*table].of, *head) && n-- == 0)
				return 1;
	return 0;
}

int habits_words_row(const struct habits *h, size_t n, const char **head, struct buf *out)
{
	size_t table = 0, first = 0;
	const char *why;

	*out = buf_new(4096);
	if (!find_row(h, n, &table, &first))
		return 0;
	why = tables[table].of(h, &h->v[first]);
	*head = _(tables[table].head);
	(void)put_names(h, tables[table].of, first, out);
	(void)buf_fmt(out, "%s%s", *why ? ": " : "", *why ? _(why) : "");
	return buf_add(out, "", 1) == 0;
}

/* ---- for programs ---------------------------------------------------------------------------- */

json_t *habits_words_json(const struct habits *h)
{
	json_t *all = json_array();

	for (size_t i = 0; i < h->n; i++) {
		const struct habits_verdict *v = &h->v[i];
		const char *alone = v->client->alone;

		(void)json_array_append_new(
		    all, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "client", v->client->name,
			     "library", v->client->library, "outcome",
			     habits_outcome_name(v->outcome), "cause", v->cause, "why",
			     *v->why ? _(v->why) : "", "by_itself", alone ? _(alone) : ""));
	}
	return all;
}
