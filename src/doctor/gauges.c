/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/gauges.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/i18n.h"
#include "trust/roots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (512u << 20)
#define LABEL    1024

/* What is kept of a check until the file is written. */
struct row {
	char *target;
	const struct diagnose_cause *cause;
	double seconds;
	time_t at;
	time_t ends; /* the certificate of the path that ends first; 0: none was seen */
	char *which;
	time_t anchor_ends; /* 0: there is no anchor */
	char *anchor;
	const struct root *root; /* the anchor ships with dbtls; else NULL */
};

struct gauges {
	struct row *v;
	size_t n, room;
};

struct gauges *gauges_new(void)
{
	return calloc(1, sizeof(struct gauges));
}

static void row_free(struct row *r)
{
	free(r->target);
	free(r->which);
	free(r->anchor);
}

void gauges_free(struct gauges *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->n; i++)
		row_free(&g->v[i]);
	free(g->v);
	free(g);
}

/* ---- what is kept ---------------------------------------------------------------------------- */

static const struct root *root_of(const struct path *p)
{
	uint8_t digest[SHA256_LENGTH];

	for (const struct root *r = roots_amazon; r->name; r++) {
		roots_digest(r, digest);
		if (memcmp(digest, p->anchor_digest, sizeof digest) == 0)
			return r;
	}
	return NULL;
}

static void note_path(struct row *r, const struct path *p)
{
	const char *which = "";

	for (size_t i = 0; i < p->certs; i++)
		if (p->cert[i].used && (!r->ends || p->cert[i].until < r->ends)) {
			r->ends = p->cert[i].until;
			which = p->cert[i].subject;
		}
	if (p->anchored) {
		r->anchor_ends = p->anchor_until;
		r->anchor = strdup(p->anchor);
		r->root = root_of(p);
	}
	if (r->anchor_ends && (!r->ends || r->anchor_ends < r->ends)) {
		r->ends = r->anchor_ends;
		which = p->anchor;
	}
	r->which = strdup(which);
}

static int has_room(struct gauges *g)
{
	size_t room = g->room ? 2 * g->room : 64;
	struct row *v;

	if (g->n < g->room)
		return 1;
	v = realloc(g->v, room * sizeof *v);
	if (!v)
		return 0;
	g->v = v;
	g->room = room;
	return 1;
}

void gauges_add(struct gauges *g, const struct gauges_check *c)
{
	struct row r = {
		.cause = c->check->diagnose.v[0].cause, .seconds = (double)c->us / 1e6, .at = c->at
	};

	if (!has_room(g))
		return;
	r.target = strdup(c->check->target.text);
	if (c->check->judged)
		note_path(&r, &c->check->path);
	g->v[g->n++] = r;
}

/* ---- the text -------------------------------------------------------------------------------- */

/* A label's value: the format's own escapes, and nothing that is none of UTF-8's characters. */
static const char *quote(const char *text, char out[LABEL])
{
	char clean[LABEL / 2];
	size_t n = 0;

	store_clean(clean, sizeof clean, span_of(text, strlen(text)));
	for (const char *at = clean; *at && n + 2 < LABEL; at++) {
		if (*at == '"' || *at == '\\')
			out[n++] = '\\';
		out[n++] = *at;
	}
	out[n] = '\0';
	return out;
}

static double ok_of(const struct row *r)
{
	enum diagnose_kind kind = r->cause->kind;

	return kind == DIAGNOSE_OK || kind == DIAGNOSE_WARNING;
}

static double one(const struct row *r)
{
	(void)r;
	return 1;
}

static double seconds_of(const struct row *r)
{
	return r->seconds;
}

static double at_of(const struct row *r)
{
	return (double)r->at;
}

static double ends_of(const struct row *r)
{
	return (double)r->ends;
}

static double anchor_ends_of(const struct row *r)
{
	return (double)r->anchor_ends;
}

static const char *cause_of(const struct row *r)
{
	return r->cause->id;
}

static const char *which_of(const struct row *r)
{
	return r->which;
}

static const char *anchor_of(const struct row *r)
{
	return r->anchor;
}

/* Those with one series a target. Where a label or a value is missing, there is none. */
static const struct metric {
	const char *name, *help;
	double (*value)(const struct row *r);
	const char *label;
	const char *(*says)(const struct row *r);
} metrics[] = {
	{ "ok", "1 if a verified connection can be made from here, else 0.", ok_of, NULL, NULL },
	{ "verdict", "Always 1; the first cause is in the label.", one, "cause", cause_of },
	{ "duration_seconds", "How long the last check took.", seconds_of, NULL, NULL },
	{ "last_run_timestamp_seconds", "When the last check ended, since 1970.", at_of, NULL,
	    NULL },
	{ "certificate_not_after_seconds",
	    "When the certificate of the path that ends first ends, since 1970.", ends_of,
	    "subject", which_of },
	{ "anchor_not_after_seconds", "When the trust anchor's certificate ends, since 1970.",
	    anchor_ends_of, "subject", anchor_of },
};

static void put_head(struct buf *b, const char *name, const char *help)
{
	(void)buf_fmt(
	    b, "# HELP dbtls_check_%s %s\n# TYPE dbtls_check_%s gauge\n", name, help, name);
}

static void put_metric(struct buf *b, const struct metric *m, const struct row *r)
{
	char target[LABEL], value[LABEL];

	if (m->label && !m->says(r))
		return;
	(void)buf_fmt(b, "dbtls_check_%s{target=\"%s\"", m->name, quote(r->target, target));
	if (m->label)
		(void)buf_fmt(b, ",%s=\"%s\"", m->label, quote(m->says(r), value));
	(void)buf_fmt(b, "} %.15g\n", m->value(r));
}

/* "2027-04-15" and "2030-05" as seconds; -1: it is no date. */
static long long seconds_of_date(const char *date)
{
	struct tm tm = { .tm_mday = 1 };

	if (!strptime(date, "%Y-%m-%d", &tm) && !strptime(date, "%Y-%m", &tm))
		return -1;
	return (long long)timegm(&tm);
}

static void put_removals(struct buf *b, const struct row *r)
{
	char target[LABEL], anchor[LABEL];

	for (const struct root_standing *s = r->root ? r->root->standings : NULL; s && s->programme;
	     s++)
		if (s->state != ROOT_IN && seconds_of_date(s->date) >= 0)
			(void)buf_fmt(b,
			    "dbtls_check_anchor_removal_seconds{target=\"%s\",subject=\"%s\","
			    "programme=\"%s\"} %lld\n",
			    quote(r->target, target), quote(r->anchor, anchor), s->programme,
			    seconds_of_date(s->date));
}

static void put_sums(struct buf *b, const struct gauges *g)
{
	const struct diagnose_cause *c;

	put_head(b, "targets", "Targets by their first cause; each cause has its row.");
	for (size_t n = 0; (c = diagnose_cause_at(n)); n++) {
		size_t sum = 0;

		for (size_t i = 0; i < g->n; i++)
			sum += g->v[i].cause == c;
		(void)buf_fmt(b, "dbtls_check_targets{cause=\"%s\"} %zu\n", c->id, sum);
	}
}

/* By target; of two checks of one target the later is first. */
static int compare(const void *a, const void *b)
{
	const struct row *one_row = a, *other = b;
	int is = strcmp(one_row->target, other->target);

	return is ? is : (one_row->at < other->at) - (one_row->at > other->at);
}

static void sort(struct gauges *g)
{
	size_t n = 0;

	if (g->n > 0)
		qsort(g->v, g->n, sizeof *g->v, compare);
	for (size_t i = 0; i < g->n; i++) {
		if (n > 0 && strcmp(g->v[n - 1].target, g->v[i].target) == 0) {
			row_free(&g->v[i]);
			continue;
		}
		g->v[n++] = g->v[i];
	}
	g->n = n;
}

int gauges_write(struct gauges *g, const char *path, struct err *e)
{
	struct buf b = buf_new(TEXT_MAX);
	int rc;

	sort(g);
	for (size_t m = 0; m < sizeof metrics / sizeof *metrics; m++) {
		put_head(&b, metrics[m].name, metrics[m].help);
		for (size_t i = 0; i < g->n; i++)
			put_metric(&b, &metrics[m], &g->v[i]);
	}
	put_head(&b, "anchor_removal_seconds",
	    "When a programme of roots takes the trust anchor out, or has, since 1970.");
	for (size_t i = 0; i < g->n; i++)
		put_removals(&b, &g->v[i]);
	put_sums(&b, g);
	rc = file_replace(path, 0644, b.p, b.n, e);
	buf_free(&b);
	return rc;
}
