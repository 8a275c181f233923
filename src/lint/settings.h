/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings that a call is given, by name, in any language that has such:
 *
 *	connect(host="db1", ssl={"ca": "ca.pem"})	createPool({ host, ssl: { ca } })
 *	Client.new(host: 'db1', **options)		mysql.Config{ Addr: "db1:3306" }
 *
 * A variable is looked up where the same file defines it, and what is set in it later counts too.
 */
#ifndef LINT_SETTINGS_H
#define LINT_SETTINGS_H

#include "lint/tokens.h"

#define LINT_SETTINGS 64
#define LINT_NAME     48

struct lint_setting {
	char name[LINT_NAME]; /* "host"; in the braces of ssl "ssl.ca" */
	size_t key;           /* tokens */
	size_t value;
	int known; /* the value is one string, number or word of the language */
};

struct lint_settings {
	struct lint_setting p[LINT_SETTINGS];
	size_t n;
	int opaque;      /* some of them come from elsewhere */
	size_t first;    /* the first argument without a name, a string; 0: none */
	size_t from, to; /* the brackets of the call */
};

/* Where names are given values: made once for a file. */
struct lint_names;

/* NULL: out of memory. */
struct lint_names *lint_names(const struct lint_tokens *t);
void lint_names_free(struct lint_names *n);

/* Of the bracket open, or up to the token end where there is none. */
void lint_settings(struct lint_settings *out, const struct lint_tokens *t,
    const struct lint_names *names, size_t open, size_t end);

/* The last of that name, without regard to case; NULL: there is none. */
const struct lint_setting *lint_settings_of(const struct lint_settings *s, const char *name);

/* The token that the name stands for, from the value at the token i on; i itself if it is none. */
size_t lint_names_value(const struct lint_names *n, const struct lint_tokens *t, size_t i);

#endif
