/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text made comparable: without colours, in lower case, white space and what is like it as one
 * blank. Lines that are comments are left out: what they say has not happened. Beside it, byte for
 * byte, the same text as it was written. For this module alone.
 */
#ifndef EXPLAIN_TEXT_H
#define EXPLAIN_TEXT_H

#include "base/err.h"
#include "base/span.h"

struct explain_text {
	char *plain;   /* for comparing; a line's end is '\n', other blanks are ' ' */
	char *written; /* as it was written */
	size_t n;      /* bytes of each; NUL behind them */
};

/* *t is all zero. -1: memory is out. */
int explain_text_read(struct explain_text *t, struct span text, struct err *e);
void explain_text_join(struct explain_text *t);
void explain_text_free(struct explain_text *t);

/* Whether a rule's words stand at `at`, where a word begins; *end behind them. */
int explain_text_is(const struct explain_text *t, size_t at, const char *words, size_t *end);

/* Where a rule's words stand of which the text's beginning or end has cut a part; *end behind them.
 * -1: nowhere. */
long explain_text_find_cut(const struct explain_text *t, const char *words, size_t *end);

#endif
