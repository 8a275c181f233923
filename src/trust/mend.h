/* SPDX-License-Identifier: Apache-2.0 */
/* The command that puts a CA into stores that lack it, for people to type: `dbtls trust add …`. */
#ifndef TRUST_MEND_H
#define TRUST_MEND_H

#include "trust/store.h"

struct mend {
	struct buf text, brought;
	const char *what; /* borrowed: a root's name (roots.h), or a file */
	unsigned scopes;  /* of those in mend.c, that it is about */
	int any, cut;
};

void mend_begin(struct mend *m, const char *what);

/* One more store that is to have it. */
void mend_store(struct mend *m, const struct store *s);

/* The line. NULL: it would change none of them, or there is no room for all. */
const char *mend_line(struct mend *m);

/*
 * Programs bring some of the stores along, and what is put there goes when they are updated: the
 * line that says what to set for these. NULL: there is none of them.
 */
const char *mend_brought(struct mend *m);

void mend_free(struct mend *m);

#endif
