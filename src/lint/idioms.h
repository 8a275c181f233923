/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words in a program that switch off what TLS is for: a row each, in idiom_rows.c. Who adds one
 * needs no C: the words as they stand in a program (match.h says what the signs in them mean), and
 * what comes of them.
 */
#ifndef LINT_IDIOMS_H
#define LINT_IDIOMS_H

#include "lint/tokens.h"

/* Rows that are looked for; a test holds the tables against it. */
#define LINT_IDIOMS  256
#define LINT_MISSING 32

/* What comes of it; the sentences are in idioms.c. */
enum lint_harm {
	LINT_PLAINTEXT,     /* no TLS */
	LINT_HTTP,          /* the same, of HTTP */
	LINT_OPPORTUNISTIC, /* TLS with whoever answers, and plaintext without it */
	LINT_FALLS_BACK,    /* plaintext with a server that offers no TLS */
	LINT_ANYONE,        /* TLS with whoever answers */
	LINT_ANY_NAME,      /* the chain is verified, the name is not */
	LINT_OLD_VERSION,   /* TLS 1.0 or 1.1 */
	LINT_LOST           /* it does not do what it seems to */
};

struct lint_idiom {
	unsigned languages; /* 1u << LINT_GO and so on */
	const char *words;
	const char *instead; /* in place of the last word; NULL: that is not all there is to do */
	const char *client;  /* as `dbtls connect` names it, or the library */
	enum lint_harm harm;
	const char *advice;
	const char *with;   /* one of these must stand in the file: "a|b"; NULL: nothing must */
	const char *unless; /* one of these in the same bracket makes it right; or NULL */
};

/* Ends in a row without words. */
extern const struct lint_idiom lint_idiom_rows[];

/*
 * A call that connects, where something must be said and is not. A table of them is in
 * missing_rows.c.
 */
struct lint_missing {
	unsigned languages;
	const char *words; /* the last is the bracket of its arguments */
	int host;          /* which argument, from 1; 0: host_name */
	const char *host_name;
	const char *client;
	enum lint_harm harm;
	const char *advice;
	const char *in_call; /* "a|b": one of these among the arguments makes it right; or NULL */
	const char *in_file; /* or in the file; or NULL */
};

extern const struct lint_missing lint_missing_rows[];

/* A finding at the tokens from first to last. instead: of the last of them, or NULL. */
struct lint_told {
	const char *client;
	enum lint_harm harm;
	const char *advice, *instead;
	size_t first, last;
};

void lint_idioms_say(
    struct lint_reading *r, const struct lint_tokens *t, const struct lint_told *x);

/* N_(): what comes of it. */
const char *lint_idioms_harm(enum lint_harm harm);

/* Whether one of the words "a|b" stands in the text. */
int lint_idioms_has(struct span text, const char *words);

/* Whether rows of those languages are for the reading: for a document all are. */
int lint_idioms_speaks(const struct lint_reading *r, unsigned languages);

#endif
