/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of trust stores taken back: what the journal can't do by itself. */
#ifndef TRUST_BACK_H
#define TRUST_BACK_H

#include "trust/journal.h"
#include "trust/store.h"

struct back {
	const struct store_secret *secret;
	/* What was done with a file or a store; e is NULL when that went well. */
	void (*told)(void *arg, const char *path, const char *text, const struct err *e);
	void *arg;
	const char *noted; /* of the file that is being taken back; its own */
};

/*
 * Takes that change back (journal_undo). In a file that has changed since, our certificates alone
 * are taken out, or those that were removed are put back. -1: not all of it could be.
 */
int back_undo(struct journal *j, unsigned number, struct back *b, struct err *e);

#endif
