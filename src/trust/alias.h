/* SPDX-License-Identifier: Apache-2.0 */
/* What an anchor is called in a store whose entries have names (JKS, PKCS12). */
#ifndef TRUST_ALIAS_H
#define TRUST_ALIAS_H

#include "trust/store.h"

#define ALIAS_MAX 80

/*
 * The name under which it ships, else its common name in lower case, as Java folds it, and the
 * number, so that two of the same name differ.
 */
void alias_of(const struct anchor *a, size_t number, char out[ALIAS_MAX]);

/* The names that are in a store, whatever their case. */
struct aliases {
	char **v; /* a table with free places, which are NULL */
	size_t n, room;
};

/* -1: memory is out. */
int alias_note(struct aliases *all, struct span name, struct err *e);

/* A name that none of them is, and notes it; without a number if that can be. */
int alias_new(struct aliases *all, const struct anchor *a, char out[ALIAS_MAX], struct err *e);

void alias_free(struct aliases *all);

#endif
