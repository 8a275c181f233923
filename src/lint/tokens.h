/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tokens of a program in any language: words, strings and signs, with the place of each. No
 * language is parsed. The text has no comments any more.
 */
#ifndef LINT_TOKENS_H
#define LINT_TOKENS_H

#include "lint/read.h"

#define LINT_TOKENS 2000000 /* further ones are not read */

enum lint_kind {
	LINT_WORD, /* letters, digits, '_' */
	LINT_STRING,
	LINT_SIGN /* "(", "=>", "::" */
};

struct lint_token {
	uint32_t at, n;  /* the place in the text; a string's is what stands between its quotes */
	uint32_t pair;   /* of a bracket: its other half; of all others, and where it has none: 0 */
	uint8_t kind;    /* of enum lint_kind */
	uint8_t is_head; /* the first of its line */
};

struct lint_tokens {
	struct span text; /* borrowed */
	struct lint_token *p;
	size_t n;
};

/* Of a text whose strings are known: they are in literal, by their places. -1: out of memory. */
int lint_tokens(
    struct lint_tokens *t, struct span text, const struct lint_literal *literal, size_t literals);

/* Takes NULL members. */
void lint_tokens_free(struct lint_tokens *t);

/* What stands in the token, a string's quotes left out. */
struct span lint_token_text(const struct lint_tokens *t, size_t i);

/* Whether it is that word or sign; the last: a string of that text. Beyond the end: 0. */
int lint_token_is(const struct lint_tokens *t, size_t i, const char *text);
int lint_token_says(const struct lint_tokens *t, size_t i, const char *text);

#endif
