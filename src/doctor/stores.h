/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chain that was served, by each trust store of this machine (D7, D8): what becomes of it where
 * that store and no other is trusted. Judged by path.h; what those who read a store take otherwise
 * than OpenSSL is a row of `readers` in stores.c.
 */
#ifndef DOCTOR_STORES_H
#define DOCTOR_STORES_H

#include "doctor/diagnose.h"
#include "path/path.h"
#include "doctor/trusts.h"

enum stores_which {
	STORES_NONE,
	STORES_FEW, /* those that decide by themselves, and no program is asked for its own */
	STORES_ALL
};

/* What one of them says. */
struct stores_row {
	const struct store *store;
	/* "ok"; what it fails by; "ca-file-unreadable", and evidence says why. */
	const struct diagnose_cause *cause;
	char evidence[PATH_SENTENCE]; /* may go to a terminal; "" */
	char anchor[PATH_TEXT];       /* in the store, to which the chain leads; "" */
	int lacks;                    /* the chain leads to nothing that is in it */
};

struct stores {
	enum stores_which which;
	struct stores_row *row; /* owned */
	size_t n;
	int amazon; /* the chain is one of Amazon's: which of its roots a store holds is of interest
		     */
	/* What would have rows that lack it trust the chain: a root's name (trust/roots.h) or a
	 * file, for `dbtls trust add`; borrowed. NULL: nothing is known to. */
	const char *add;
};

/* The subject of a certificate on the path that the store holds as expressly not trusted, or NULL.
 */
const char *stores_forbids(
    const struct store *s, const struct path_input *in, const struct path *p);

/* in->trust is not looked at. */
void stores_one(const struct trusts_store *s, const struct path_input *in, struct stores_row *out);

/* All of out->which, which the caller has set; what the trusts hold is borrowed. -1: stores can't
 * be looked for, or memory is out, and out is empty. */
int stores_judge(
    struct trusts *trusts, const struct path_input *in, struct stores *out, struct err *e);

/* Whether who trusts that store alone can't connect. */
int stores_fails(const struct stores_row *r);

/* Whether it decides by itself whether somebody connects. */
int stores_decides(const struct stores_row *r);

/* Whether one of them is at that path. */
int stores_has(const struct stores *s, const char *path);

void stores_free(struct stores *s);

#endif
