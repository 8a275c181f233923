/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A setting as its driver gets it, made of what stands in a file: strings that are put together are
 * one, escapes are undone, and where only the program knows what stands there ("${HOST}", "%s", a
 * variable between two strings) there is a "1", which will do for a host and for a port. Each byte
 * knows where it comes from.
 */
#ifndef LINT_MADE_H
#define LINT_MADE_H

#include "lint/read.h"
#include "target/target.h"

struct lint_made {
	uint8_t p[TARGET_TEXT + 1];
	uint32_t from[TARGET_TEXT + 1]; /* the place in the file of each byte… */
	uint32_t to[TARGET_TEXT + 1];   /* …and where that ends */
	uint8_t hole[TARGET_TEXT + 1];  /* 1: only the program knows it */
	size_t n;
	int full; /* something did not fit: it is no setting */
};

void lint_made_clear(struct lint_made *m);

/* Appends the bytes of the file from at to end; escaped: a backslash stands before a character. */
void lint_made_take(
    struct lint_made *m, const struct lint_reading *r, size_t at, size_t end, int escaped);

/* Appends words of our own, which stand for the n bytes at that place. */
void lint_made_put(struct lint_made *m, const char *words, size_t at, size_t n);

/* Appends one byte that only the program knows. */
void lint_made_hole(struct lint_made *m, size_t at, size_t n);

/* The bytes of a placeholder that begins at that place; 0: none does. */
size_t lint_made_placeholder(const struct lint_reading *r, size_t at);

/*
 * Makes one text of the literal number i and of those that are put together with it; the number of
 * the first that is not part of it, more than i.
 */
size_t lint_made_chain(struct lint_made *m, const struct lint_reading *r, size_t i);

#endif
