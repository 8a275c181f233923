/* SPDX-License-Identifier: Apache-2.0 */
/* Settings files of sections and keys: my.cnf and AWS's config. Pure. */
#ifndef TRUST_INI_H
#define TRUST_INI_H

#include "base/span.h"

#define INI_LINE_MAX 4096

struct ini {
	struct span rest;
	struct span section; /* the one that is being read; empty before the first */
};

/* In the file's text; a value in quotes is without them. */
struct ini_item {
	struct span section, key, value;
};

static inline struct ini ini_of(struct span file)
{
	return (struct ini) { .rest = file };
}

/*
 * 1: *out is the next key that has a value; 0: there is none. Comments (# ;), lines that are longer
 * than INI_LINE_MAX, and what is neither section nor setting, are passed over.
 */
int ini_next(struct ini *i, struct ini_item *out);

/* Whether the key is that name, "-" and "_" being the same. */
int ini_is(struct span key, const char *name);

#endif
