/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ready-made tries: `dbtls lab try --client NAME` runs the very sample that `dbtls connect NAME`
 * prints (recipes/recipes.h) against each endpoint; for HTTPS, a sample of the same form. What a
 * sample needs from a registry is installed once, in a folder that all its tries share.
 */
#ifndef LAB_READY_H
#define LAB_READY_H

#include "base/buf.h"
#include "base/err.h"
#include "lab/lab.h"
#include "recipes/recipes.h"

#define READY_LINE 65536 /* the longest line */

/* What one may name. The table ends in a row whose name is NULL. */
struct ready_client {
	const char *name; /* its recipe's */
	enum lab_protocol protocol;
	const char *first; /* put before the recipe's line: how it gets the password; or NULL */
	const char *then;  /* put behind it: what it asks, where it would open a prompt; or NULL */
	const char *warm;  /* run once in the folder that is shared: what is slow the first time */
	int heavy;         /* a few at once: each takes a core for a second or more */
};

extern const struct ready_client ready_clients[];

/* The row of that name, or NULL. */
const struct ready_client *ready_client_of(const char *name);

/* Its recipe: the title for people, the program to find on PATH (recipe_is_on_path). */
const struct recipe *ready_recipe(const struct ready_client *c);

/* How many of its tries may run at once; 0: as many as one likes. */
size_t ready_jobs(const struct ready_client *c);

/* A client that is ready to be tried. Opaque; freed by ready_free, which leaves the files. */
struct ready;

/*
 * Makes DIR/NAME/base, where all that the sample needs is installed, which may need the network and
 * take minutes; what an earlier call has made there is taken as it is. dir must be there; nothing
 * else may be kept in DIR/NAME. NULL: its program is not on PATH, or the setup failed: the sentence
 * has its last words, and where the others are.
 */
struct ready *ready_open(const struct ready_client *c, const char *dir, struct err *e);
void ready_free(struct ready *r);

/*
 * Makes the project for this endpoint, DIR/NAME/CONDITION: the files that hold host, port and CA;
 * all else are links into base. In out (empty; READY_LINE at most; the caller frees it), ending in
 * a NUL that n does not count: the line that tries it, for `/bin/sh -c`, from any folder. Whoever
 * runs it sets DBTLS_PASSWORD, and gives it a session of its own (setsid): with a terminal at hand
 * some clients ask there for the password. To be called by one thread at a time.
 */
int ready_line(const struct ready *r, const struct lab_endpoint *at, const char *user,
    struct buf *out, struct err *e);

#endif
