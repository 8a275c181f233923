/* SPDX-License-Identifier: Apache-2.0 */
#include "explain/index.h"

#include <ctype.h>

static size_t slot_of(const char *two)
{
	unsigned a = (unsigned char)two[0], b = (unsigned char)two[1];

	/* A line's end is as good as a blank. */
	return (a << 5 ^ (b == '\n' ? ' ' : b)) % INDEX_SLOTS;
}

void explain_index_add(struct explain_index *x, const char *words)
{
	uint16_t *link = &x->first[slot_of(words)];

	if (x->n == INDEX_ROWS)
		return;
	/* Behind those that are there: they are told in the order of their rows. */
	while (*link)
		link = &x->next[*link - 1];
	x->words[x->n++] = words;
	*link = (uint16_t)x->n;
}

struct looking {
	const struct explain_index *x;
	const struct explain_text *t;
	uint8_t done[INDEX_ROWS]; /* no further place is of interest */
};

static void try_rows(
    struct looking *l, uint16_t first, size_t at, explain_index_found *found, void *arg)
{
	for (size_t i = first; i > 0; i = l->x->next[i - 1]) {
		size_t row = i - 1, end = 0;

		if (!l->done[row] && explain_text_is(l->t, at, l->x->words[row], &end))
			l->done[row] = !found(arg, row, at, end);
	}
}

void explain_index_look(const struct explain_index *x, const struct explain_text *t,
    explain_index_found *found, void *arg)
{
	struct looking l = { .x = x, .t = t };
	int before = 0; /* whether the byte before is of a word */

	for (size_t i = 0; i < t->n; i++) {
		int of_word = isalnum((unsigned char)t->plain[i]) != 0;
		uint16_t first = before && of_word ? 0 : x->first[slot_of(t->plain + i)];

		if (first)
			try_rows(&l, first, i, found, arg);
		before = of_word;
	}
}
