/* SPDX-License-Identifier: Apache-2.0 */
#include "front/ledger.h"

#include "front/library.h"

#include <string.h>

#define TRIES 4 /* to read a row that is being written */

/* ---- the relay's side ------------------------------------------------------------------------ */

/*
 * One writer. A reader that saw turn odd, or another turn after than before, has read a mixture.
 */
static void begin_writing(struct ledger_row *r)
{
	__atomic_store_n(&r->turn, r->turn | 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

static void end_writing(struct ledger_row *r)
{
	__atomic_store_n(&r->turn, r->turn + 1, __ATOMIC_RELEASE);
}

void ledger_open(struct ledger *l)
{
	for (size_t i = 0; i < LEDGER_ROWS; i++)
		if (l->row[i].turn & 1) {
			l->row[i].cause = CAUSE_NONE;
			end_writing(&l->row[i]);
		}
}

int ledger_compare(const void *p, const void *q)
{
	const struct ledger_row *a = p, *b = q;
	int differ = (int)a->cause - (int)b->cause;

	if (!differ)
		differ = (int)a->family - (int)b->family;
	if (!differ)
		differ = memcmp(a->ip, b->ip, sizeof a->ip);
	if (!differ)
		differ = strcmp(a->library, b->library);
	return differ ? differ : strcmp(a->endpoint, b->endpoint);
}

/* The row of that client, or the one to be its: a free one, else the least recently seen. */
static struct ledger_row *place_for(struct ledger *l, const struct ledger_row *seen)
{
	int passes_by = cause_row(seen->cause)->passes_by;
	struct ledger_row *from = l->row + (passes_by ? LEDGER_CLIENTS : 0);
	struct ledger_row *end = passes_by ? l->row + LEDGER_ROWS : l->row + LEDGER_CLIENTS;
	struct ledger_row *place = from;

	for (struct ledger_row *r = from; r < end; r++) {
		if (r->cause != CAUSE_NONE && ledger_compare(r, seen) == 0)
			return r;
		if (place->cause != CAUSE_NONE && (r->cause == CAUSE_NONE || r->last < place->last))
			place = r;
	}
	return place;
}

/* Without a name or a user this time, those of before stay. */
static void keep_texts(struct ledger_row *now, const struct ledger_row *before)
{
	if (!now->name[0])
		memcpy(now->name, before->name, sizeof now->name);
	if (!now->user[0])
		memcpy(now->user, before->user, sizeof now->user);
}

void ledger_note(struct ledger *l, const struct ledger_row *seen, int64_t now)
{
	struct ledger_row row = *seen;
	struct ledger_row *r;
	int known;

	if (cause_row(row.cause)->passes_by && row.family == AF_INET6)
		memset(row.ip + 8, 0, 8);
	r = place_for(l, &row);
	known = r->cause != CAUSE_NONE && ledger_compare(r, &row) == 0;
	row.count = known ? r->count + 1 : 1;
	row.first = known ? r->first : now;
	row.last = now;
	if (known)
		keep_texts(&row, r);
	if (!known && r->cause != CAUSE_NONE)
		__atomic_store_n(&l->dropped, l->dropped + 1, __ATOMIC_RELAXED);
	begin_writing(r);
	row.turn = r->turn;
	*r = row;
	end_writing(r);
}

/* ---- the parent's side ----------------------------------------------------------------------- */

static int copy_row(const struct ledger_row *r, struct ledger_row *out)
{
	for (int i = 0; i < TRIES; i++) {
		uint32_t before = __atomic_load_n(&r->turn, __ATOMIC_ACQUIRE);

		*out = *(const volatile struct ledger_row *)r;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (!(before & 1) && __atomic_load_n(&r->turn, __ATOMIC_RELAXED) == before)
			return 1;
	}
	return 0;
}

/* Up to its NUL as it is, but for what no text here has; behind it nothing. */
static void clean(char *text, size_t size)
{
	size_t n = strnlen(text, size - 1);

	memset(text + n, 0, size - n);
	for (size_t i = 0; i < n; i++)
		if (text[i] < ' ' || text[i] > '~')
			text[i] = '?';
}

/* Names of libraries are not all ASCII: one that is known is taken, and no other. */
static void clean_library(char text[LEDGER_LIBRARY])
{
	const char *known;

	text[LEDGER_LIBRARY - 1] = '\0';
	known = library_known(text);
	memset(text, 0, LEDGER_LIBRARY);
	if (known)
		memcpy(text, known, strlen(known));
}

int ledger_read(const struct ledger *l, size_t i, struct ledger_row *out)
{
	if (!copy_row(&l->row[i], out))
		return 0;
	if (out->cause == CAUSE_NONE || out->cause >= CAUSES || out->count == 0)
		return 0;
	if (out->family != AF_INET && out->family != AF_INET6)
		return 0;
	if (out->family == AF_INET)
		memset(out->ip + 4, 0, sizeof out->ip - 4);
	clean_library(out->library);
	clean(out->endpoint, sizeof out->endpoint);
	clean(out->name, sizeof out->name);
	clean(out->user, sizeof out->user);
	return 1;
}

void ledger_add(struct ledger_row *a, const struct ledger_row *b)
{
	struct ledger_row later = b->last > a->last ? *b : *a;

	keep_texts(&later, b->last > a->last ? a : b);
	later.count = a->count + b->count;
	later.first = a->first < b->first ? a->first : b->first;
	*a = later;
}
