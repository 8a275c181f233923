/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clients whose settings are understood: one table of options each, and what these come to.
 * Where each table is from stands above it in target_clients.c.
 */
#ifndef DOCTOR_TARGET_CLIENTS_H
#define DOCTOR_TARGET_CLIENTS_H

#include "doctor/target_read.h"

/* What the settings come to, and which of them decided. */
struct target_judged {
	enum target_verify verify;
	int falls_back;
	enum target_set by; /* SET_NOTHING: none, it is the client's habit */
};

struct target_client {
	const char *id;                      /* of struct target; NULL: anybody */
	const char *title;                   /* for sentences */
	const char *scheme;                  /* of its URLs, without "://"; NULL: it has none */
	const struct target_option *options; /* ends in a row whose name is NULL */
	const char *const
	    *others;  /* further names it knows, of no matter here; ends in NULL; or NULL */
	int fold;     /* names are read without regard to case */
	int prefixes; /* the beginning of a name will do, if it is one's alone */
	int open;     /* takes names that are not in the table */
	struct target_judged (*judge)(struct target_reading *r);
	const char *full; /* what to write for full verification */
};

/* The client of that id; never NULL for those named in this module. */
const struct target_client *target_client_of(const char *id);

/*
 * The client of a URL: by its scheme; several clients have mysql:// and mariadb://, there it is the
 * one that knows the most of the options in query. Anybody's where that is none. NULL: no such
 * scheme.
 */
const struct target_client *target_client_of_url(struct span scheme, struct span query);

/* The one row whose name begins so, where the client takes such; or NULL. */
const struct target_option *target_client_prefix(const struct target_client *c, const char *name);

/* The name of an option that is hardly another than this one, or NULL. */
const char *target_client_near(const struct target_client *c, const char *name);

/* The row of that name, or NULL. */
const struct target_option *target_client_option(const struct target_client *c, const char *name);

#endif
