/* SPDX-License-Identifier: Apache-2.0 */
/* What to write in place of settings that verify too little. */
#ifndef LINT_MEND_H
#define LINT_MEND_H

#include "lint/made.h"

#define LINT_EDITS 8

struct lint_mended {
	struct lint_edit edit[LINT_EDITS]; /* places in the file */
	char put[LINT_EDITS][256];         /* what they put */
	size_t n;                          /* 0: no edit is known that would do */
};

/*
 * How the target t, which was read out of the bytes a to b of m, becomes one that verifies chain
 * and name and of which nothing is left to say: that is tried. ampersand: how "&" is written there.
 */
void lint_mend(const struct lint_made *m, size_t a, size_t b, const struct target *t,
    const char *ampersand, struct lint_mended *out);

#endif
