/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/check_rounds.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROWS 64 /* a power of two */

/* A number stands for the text, which may hold a password. */
struct row {
	uint64_t hash;
	const struct diagnose_cause *verdict; /* NULL: the row is free */
	unsigned round;
};

struct check_rounds {
	struct row *row;
	size_t rows, used;
	unsigned round;
};

/* FNV-1a. */
static uint64_t hash_of(struct span text)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < text.n; i++)
		h = (h ^ text.p[i]) * 0x100000001b3u;
	return h;
}

struct check_rounds *check_rounds_new(void)
{
	struct check_rounds *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->rows = FIRST_ROWS;
	r->row = calloc(r->rows, sizeof *r->row);
	if (r->row)
		return r;
	free(r);
	return NULL;
}

unsigned check_rounds_begin(struct check_rounds *r)
{
	return ++r->round;
}

/* Its row, or a free one. */
static struct row *find(struct row *row, size_t rows, uint64_t hash)
{
	size_t i = hash & (rows - 1);

	while (row[i].verdict && row[i].hash != hash)
		i = (i + 1) & (rows - 1);
	return &row[i];
}

/* Targets that are gone are forgotten on the way. */
static int grow(struct check_rounds *r)
{
	size_t rows = r->rows * 2, used = 0;
	struct row *row = calloc(rows, sizeof *row);

	if (!row)
		return -1;
	for (size_t i = 0; i < r->rows; i++) {
		if (!r->row[i].verdict || r->row[i].round + 1 < r->round)
			continue;
		*find(row, rows, r->row[i].hash) = r->row[i];
		used++;
	}
	free(r->row);
	r->row = row;
	r->rows = rows;
	r->used = used;
	return 0;
}

int check_rounds_changed(
    struct check_rounds *r, struct span target, const struct diagnose_cause *verdict)
{
	uint64_t hash = hash_of(target);
	struct row *at;
	int changed;

	/* Without memory it is told as if it were new. */
	if (r->used * 2 >= r->rows && grow(r) < 0)
		return verdict->kind != DIAGNOSE_OK;
	at = find(r->row, r->rows, hash);
	r->used += !at->verdict;
	changed = at->verdict && at->round + 1 >= r->round ? at->verdict != verdict
							   : verdict->kind != DIAGNOSE_OK;
	*at = (struct row) { hash, verdict, r->round };
	return changed;
}

void check_rounds_free(struct check_rounds *r)
{
	if (!r)
		return;
	free(r->row);
	free(r);
}
