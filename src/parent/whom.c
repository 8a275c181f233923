/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with whom: the ledgers of all relays, those that have ended as well, as one. */
#include "front/cause.h"
#include "front/ledger.h"
#include "parent/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A row is some 500 bytes of JSON at most, and a reply has an end (CONTROL_MAX). */
#define SHOWN_MAX 192

struct rows {
	struct ledger_row *v; /* owned */
	size_t n;
	uint64_t dropped;
};

static int gather(struct rows *all)
{
	*all = (struct rows) { .v = calloc(parent.relays + 1, LEDGER_ROWS * sizeof *all->v) };
	if (!all->v)
		return -1;
	for (size_t i = 0; i < parent.relays; i++) {
		const struct ledger *l = stats_ledger(parent.relay[i].stats);

		all->dropped += __atomic_load_n(&l->dropped, __ATOMIC_RELAXED);
		for (size_t j = 0; j < LEDGER_ROWS; j++)
			all->n += (size_t)ledger_read(l, j, &all->v[all->n]);
	}
	return 0;
}

/* What several relays have of one client becomes one row. */
static void merge(struct rows *all)
{
	size_t n = 0;

	if (all->n)
		qsort(all->v, all->n, sizeof *all->v, ledger_compare);
	for (size_t i = 0; i < all->n; i++) {
		if (n && ledger_compare(&all->v[n - 1], &all->v[i]) == 0)
			ledger_add(&all->v[n - 1], &all->v[i]);
		else
			all->v[n++] = all->v[i];
	}
	all->n = n;
}

/* Those that fail come first, and of them whoever was seen last. */
static int by_need(const void *p, const void *q)
{
	const struct ledger_row *a = p, *b = q;
	int works = cause_row(a->cause)->works - cause_row(b->cause)->works;

	if (works)
		return works;
	return a->last == b->last ? ledger_compare(a, b) : a->last < b->last ? 1 : -1;
}

/* ---- as JSON --------------------------------------------------------------------------------- */

static const char *address_text(const struct ledger_row *r, char out[ADDR_TEXT + 4])
{
	int block = cause_row(r->cause)->passes_by && r->family == AF_INET6;
	struct addr a = { .family = r->family };
	size_t n;

	memcpy(a.ip, r->ip, sizeof a.ip);
	(void)addr_ip_text(&a, out);
	n = strlen(out);
	(void)snprintf(out + n, ADDR_TEXT + 4 - n, "%s", block ? "/64" : "");
	return out;
}

/* The highest that it offers; NULL: not known. */
static const char *offers(const struct ledger_row *r)
{
	static const char *const names[] = { "SSL 3", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3" };

	for (size_t i = sizeof names / sizeof *names; i-- > 0;)
		if (r->versions & 1u << i)
			return names[i];
	return NULL;
}

static json_t *text_json(const char *text)
{
	return *text ? json_string(text) : json_null();
}

/* Whether clients need another CA than dbtls's there. An endpoint that is gone needs none. */
static int is_own(const char *endpoint)
{
	for (size_t i = 0; i < parent.sites; i++)
		if (strcmp(parent.site[i].conf->id, endpoint) == 0)
			return parent.site[i].conf->certificate != NULL;
	return 0;
}

static json_t *row_json(const struct ledger_row *r)
{
	char address[ADDR_TEXT + 4];

	return json_pack("{s:s, s:o, s:s, s:I, s:I, s:I, s:o, s:s?, s:o, s:o, s:i, s:b}", "address",
	    address_text(r, address), "library", text_json(r->library), "cause",
	    cause_row(r->cause)->id, "count", (json_int_t)r->count, "first", (json_int_t)r->first,
	    "last", (json_int_t)r->last, "endpoint", text_json(r->endpoint), "offers", offers(r),
	    "name", text_json(r->name), "user", text_json(r->user), "error", (int)r->error,
	    "own_certificate", is_own(r->endpoint));
}

static json_t *rows_json(const struct rows *all)
{
	json_t *list = json_array();

	for (size_t i = 0; i < all->n && i < SHOWN_MAX; i++)
		json_array_append_new(list, row_json(&all->v[i]));
	return list;
}

static int is_another(const struct ledger_row *a, const struct ledger_row *b)
{
	return a->cause != b->cause || a->family != b->family ||
	       memcmp(a->ip, b->ip, sizeof a->ip) != 0;
}

/* How many clients each cause has: addresses, each counted once. Of rows as merge leaves them. */
static json_t *causes_json(const struct rows *all)
{
	json_t *object = json_object();
	json_int_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		int last = i + 1 == all->n || all->v[i + 1].cause != all->v[i].cause;

		n += i == 0 || is_another(&all->v[i - 1], &all->v[i]);
		if (!last)
			continue;
		json_object_set_new(object, cause_row(all->v[i].cause)->id, json_integer(n));
		n = 0;
	}
	return object;
}

json_t *whom_json(const json_t *request)
{
	json_t *causes, *reply;
	struct rows all;

	(void)request;
	if (gather(&all) < 0)
		return NULL;
	merge(&all);
	causes = causes_json(&all);
	if (all.n)
		qsort(all.v, all.n, sizeof *all.v, by_need);
	reply = json_pack("{s:b, s:o, s:o, s:I, s:I}", "ok", 1, "clients", rows_json(&all),
	    "causes", causes, "not_shown", (json_int_t)(all.n > SHOWN_MAX ? all.n - SHOWN_MAX : 0),
	    "dropped", (json_int_t)all.dropped);
	free(all.v);
	return reply;
}
