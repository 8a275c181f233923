/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How each client connects, verified: one row a client (T5, T9). What is printed always names the
 * CA and turns on the check of the host's name.
 */
#ifndef RECIPES_RECIPES_H
#define RECIPES_RECIPES_H

#include "base/buf.h"
#include "base/err.h"

#define RECIPE_PATH 4096

/* A table of these ends in a row whose name is NULL. */
struct recipe {
	const char *name;        /* what one types after `dbtls connect` */
	const char *title;       /* for people */
	const char *program;     /* the file on PATH that shows that the client is here */
	const char *not_if;      /* …unless its --version says this; or NULL */
	const char *old_program; /* another file that may be the client, or NULL… */
	const char *old_if;      /* …when its --version says this */
	const char *template;    /* {program} {host} {port} {ca} {user} {database} are filled in */
	const char *note;        /* what one should know before trying, or NULL */
};

extern const struct recipe recipes[];

struct recipe_values {
	const char *program; /* NULL: the row's own */
	const char *host, *port, *ca, *user, *database;
};

/* The row of that name, or NULL. */
const struct recipe *recipe_of(const char *name);

/*
 * Whether this row's client is on path (a PATH, as in the environment; NULL: nothing is): 1, and
 * *program is the name to call it by. A file that may be one client or another is asked for its
 * version.
 */
int recipe_is_on_path(const struct recipe *r, const char *path, const char **program);

/* The first row whose client is on path, *program as above; or NULL. */
const struct recipe *recipe_on_path(const char *path, const char **program);

/*
 * Appends the row's template filled in, each value quoted for a POSIX shell where it needs to be.
 * -1: out is full, or the template names what there is no value for.
 */
int recipe_fill(
    const struct recipe *r, const struct recipe_values *v, struct buf *out, struct err *e);

/* Appends text as one word of a POSIX shell: as it is when that is safe, else in single quotes. */
int recipe_quote(const char *text, size_t n, struct buf *out);

#endif
