/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CAs put into the trust stores of this machine or taken out of them, and the same taken back.
 *
 * Files are rewritten by us (rewrite.h), a system's own stores made by its own command (layout.h),
 * NSS databases written by certutil. All of it goes through the journal. One store that can't be
 * changed never stops the others.
 */
#ifndef TRUST_CHANGE_H
#define TRUST_CHANGE_H

#include "trust/wanted.h"

#define CHANGE_TEXT_MAX 65536

/* Which stores; or-ed. */
enum change_scope {
	CHANGE_SYSTEM = 1,
	CHANGE_JAVA = 2, /* all that are found */
	CHANGE_NSS = 4,
	CHANGE_ALL = 8 /* these three, and what to put into the environment for the others */
};

/* What came of one store. */
enum change_outcome {
	CHANGE_DONE,
	CHANGE_SO,    /* it was as asked before */
	CHANGE_WOULD, /* a dry run: it would be done */
	CHANGE_TYPE,  /* not done: text is a command that does it */
	CHANGE_CANT,  /* not done: text says why */
	CHANGE_LEFT,  /* not touched on purpose; text says why, and what does it */
	CHANGE_SET    /* the same; text is a line for the environment that does it */
};

struct change_result {
	enum change_outcome outcome;
	const char *path;
	const char *text; /* "" if there is none; at most CHANGE_TEXT_MAX bytes with its NUL */
};

struct change {
	int remove, dry;
	unsigned scope;
	const char *const *stores; /* files and folders, besides */
	size_t store_count;
	const struct wanted *wanted;
	const struct store_secret *secret;
	const char *journal; /* its folder; NULL: the usual one */
	const char *words;   /* for the journal: "add ca.pem" */
	const char
	    *again; /* the same as a command, quoted for a shell: "dbtls trust add /x/ca.pem" */
	void (*told)(void *arg, const struct change_result *r);
	void *arg;
};

/*
 * Does it, and tells of each store. How many are not as asked (CHANGE_TYPE and CHANGE_CANT); -1:
 * what there is can't be found out, or memory is out.
 */
int change_run(const struct change *c, struct err *e);

/* "done", "already", "would", "type", "impossible", "left", "environment": for programs. */
const char *change_outcome_name(enum change_outcome o);

/* Appends a word as one types it for a shell. */
void change_quote(struct buf *out, const char *word);

#endif
