/* SPDX-License-Identifier: Apache-2.0 */
/* A trust store for one application, made of some anchors. */
#ifndef TRUST_EXPORT_H
#define TRUST_EXPORT_H

#include "trust/store.h"

enum export_format { EXPORT_PEM, EXPORT_DER, EXPORT_JKS, EXPORT_PKCS12 };

/* Which anchors; the list is the caller's, the anchors their stores'. */
struct export_pick {
	const struct anchor **v;
	size_t n, room;
};

/*
 * Adds those of the store that may vouch for servers, and that `only` (NULL: all) names: a root by
 * its name in roots.h, 16 or more hex digits of a SHA-256 (colons may stand between them), or words
 * of its subject or label, in any case. How many were added or had been; -1: memory is out.
 */
int export_choose(struct export_pick *pick, const struct store *s, const char *only, struct err *e);

/*
 * Appends them to out. DER holds one certificate alone. The password is JKS's and PKCS12's. The
 * same anchors make the same bytes: in JKS an entry is as old as its certificate.
 */
int export_write(const struct export_pick *pick, enum export_format format, const char *password,
    struct buf *out, struct err *e);

void export_free(struct export_pick *pick);

#endif
