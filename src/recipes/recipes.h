/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How each client connects, verified: one row a client here, and one template beside it,
 * src/recipes/clients/NAME.recipe (recipes/template.h has its form; docs/add-a-client.md adds one).
 * Every template names the CA and turns on the check of the host's name (T5, T7, T9).
 */
#ifndef RECIPES_RECIPES_H
#define RECIPES_RECIPES_H

#include "base/buf.h"
#include "base/err.h"
#include "recipes/template.h"

#define RECIPE_PATH 4096
#define RECIPE_NAME 128   /* a file's name in a project, with its NUL */
#define RECIPE_TEXT 65536 /* the longest file or line */

#define RECIPE_CA_PEM   "ca.pem"   /* the CA in a saved project */
#define RECIPE_PASSWORD "changeit" /* of the trust store, which holds no secret */

/* A table of these ends in a row whose name is NULL. */
struct recipe {
	const char *name;        /* what one types after `dbtls connect`; the template's name */
	const char *title;       /* for people */
	const char *program;     /* the file on PATH that shows that the client is here */
	const char *not_if;      /* …unless its --version says this; or NULL */
	const char *old_program; /* another file that may be the client, or NULL… */
	const char *old_if;      /* …when its --version says this */
};

extern const struct recipe recipes[];

/*
 * Samples of the same form for HTTPS, which only tries use: their templates name host, port and CA,
 * and neither user nor database.
 */
extern const struct recipe recipes_https[];

/* The *.recipe files, made into C by the Makefile; ends in a row whose name is NULL. */
struct recipe_template {
	const char *name, *text;
};

extern const struct recipe_template recipe_templates[];

/* No control characters in any of them. */
struct recipe_values {
	const char *program; /* NULL: the row's own */
	const char *host, *port, *ca, *user, *database;
	const char *tls_version; /* "1.2" or "1.3": that one alone; "both" or NULL */
};

struct recipe_file {
	char name[RECIPE_NAME]; /* a path below the project's folder */
	struct buf text;
};

/* A template filled in. The texts end in a NUL that n does not count; an absent one is "". */
struct recipe_made {
	struct recipe_file file[TEMPLATE_SECTIONS];
	size_t files;                 /* 0: the client has no program of its own, and run is all */
	char truststore[RECIPE_NAME]; /* the PKCS12 file that the project needs, or "" */
	struct buf setup, run;        /* a line each, for a shell in the project's folder */
	struct buf needs, note;       /* lines for a person, in the language of the locale */
};

/* The row of that name in recipes, or in recipes_https; or NULL. */
const struct recipe *recipe_of(const char *name);
const struct recipe *recipe_https_of(const char *name);

/*
 * Whether this row's client is on path (a PATH, as in the environment; NULL: nothing is): 1, and
 * *program is the name to call it by. A file that may be one client or another is asked for its
 * version.
 */
int recipe_is_on_path(const struct recipe *r, const char *path, const char **program);

/* The first row that is one line to type and whose client is on path, *program as above; or NULL.
 */
const struct recipe *recipe_on_path(const char *path, const char **program);

/* Whether the row's client can be told to speak one TLS version alone. */
int recipe_can_pin(const struct recipe *r);

/*
 * Fills the row's template in; recipe_free frees what is in *m, in any case. -1: there is no
 * template, or it has a fault, or something would be longer than RECIPE_TEXT.
 */
int recipe_make(
    const struct recipe *r, const struct recipe_values *v, struct recipe_made *m, struct err *e);
void recipe_free(struct recipe_made *m);

/* The text that `dbtls connect NAME` prints: the first file, else the line that connects. */
const struct buf *recipe_shown(const struct recipe_made *m);

/* Appends to out what recipe_shown shows. */
int recipe_fill(
    const struct recipe *r, const struct recipe_values *v, struct buf *out, struct err *e);

#endif
