/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of many rows in one pass over a text: rows are laid out by the two bytes that they
 * begin with, and tried where a word of the text begins so. For this module alone.
 */
#ifndef EXPLAIN_INDEX_H
#define EXPLAIN_INDEX_H

#include "explain/text.h"

#include <stdint.h>

#define INDEX_ROWS  1024
#define INDEX_SLOTS 4096

/* All zero: empty. */
struct explain_index {
	const char *words[INDEX_ROWS];
	size_t n;
	uint16_t first[INDEX_SLOTS], next[INDEX_ROWS]; /* rows, from 1; 0: no more */
};

/* Row x->n from now on: words as in a row of explain_rules, and of its signs none is among the
 * first two bytes. What is behind INDEX_ROWS is left out. */
void explain_index_add(struct explain_index *x, const char *words);

/* A row's words stand there. Returns 0 when no further place of that row is of interest. */
typedef int explain_index_found(void *arg, size_t row, size_t at, size_t end);

/* Tells each place of each row, in the text's order. */
void explain_index_look(const struct explain_index *x, const struct explain_text *t,
    explain_index_found *found, void *arg);

#endif
