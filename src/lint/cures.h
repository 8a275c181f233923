/* SPDX-License-Identifier: Apache-2.0 */
/* What to write in a call whose settings verify too little: a row a setting, in cures.c. */
#ifndef LINT_CURES_H
#define LINT_CURES_H

#include "lint/settings.h"

#define LINT_CURES 8

struct lint_cured {
	struct lint_edit edit[LINT_CURES]; /* by their places */
	char put[LINT_CURES][128];
	size_t n; /* 0: no edit of that line alone would do */
};

struct lint_cause {
	const char *client; /* its id */
	size_t line;        /* a token of the line that may change */
	int can_add; /* what is missing belongs into the bracket that the settings stand in */
};

/* The edits that make the settings verify chain and name, if they are all in that line. */
void lint_cure(struct lint_cured *out, const struct lint_tokens *t, const struct lint_settings *s,
    const struct lint_cause *cause);

#endif
