/* SPDX-License-Identifier: Apache-2.0 */
/* Which certificates are to be put into trust stores, or taken out of them. */
#ifndef TRUST_WANTED_H
#define TRUST_WANTED_H

#include "trust/store.h"

#define WANTED_NAME_MAX 64

struct wanted_one {
	const struct anchor *anchor; /* NULL: it is to go, and its digest alone is known */
	uint8_t sha256[SHA256_LENGTH];
	size_t digits;              /* how many hex digits of that are known; 64: all */
	char name[WANTED_NAME_MAX]; /* for files and nicknames: "amazon-root-ca-1", "my-ca" */
	const char *file;           /* where it came from, borrowed; NULL: it ships with dbtls */
};

struct wanted {
	struct wanted_one *v;
	size_t n, room;
	struct store_list from; /* whose the anchors are */
};

/* What is taken without being asked twice. */
struct wanted_rules {
	int remove; /* to be taken out: nothing is refused, and digests are understood */
	int leaf, expired;
	time_t now;
	const struct store_secret *secret;
};

/*
 * Adds what the word names: a root by its name in roots.h, a file's certificates in any form that
 * format.h reads, or, to be taken out, 16 or more hex digits of a SHA-256. The word is kept. -1: it
 * names nothing; or to add it would be wrong: a private key lies in the file, or one of its
 * certificates is a leaf, has expired, or is expressly not for servers.
 */
int wanted_take(
    struct wanted *w, const char *word, const struct wanted_rules *rules, struct err *e);

/* Whether a certificate with that digest is the one. */
int wanted_is(const struct wanted_one *one, const uint8_t sha256[SHA256_LENGTH]);

void wanted_free(struct wanted *w);

#endif
