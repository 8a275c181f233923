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

#define READY_LINE    65536 /* the longest line */
#define READY_SECONDS 40    /* the bound of one try: the samples' own are 15 and 30 */

/*
 * The recipe that one may name, in recipes (MySQL) or recipes_https; NULL: there is none. Its row
 * has the title for people, and the program that must be on PATH (recipe_is_on_path).
 */
const struct recipe *ready_recipe(const char *name);

/* What it speaks. */
enum lab_protocol ready_protocol(const struct recipe *client);

/* How many of its tries may run at once, those that only wait apart; 0: as many as one likes. */
size_t ready_jobs(const struct recipe *client);

/* A client that is ready to be tried. Opaque; freed by ready_free, which leaves the files. */
struct ready;

/*
 * Makes DIR/NAME/base, where all that the sample needs is installed, which may need the network and
 * take minutes; what an earlier call has made there is taken as it is. dir must be there; nothing
 * else may be kept in DIR/NAME. NULL: its program is not on PATH, or the setup failed: the sentence
 * has its last words, and where the others are.
 */
struct ready *ready_open(const struct recipe *client, const char *dir, struct err *e);
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
