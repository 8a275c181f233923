/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an error's words to its causes: a message, a stack trace, a log, whole, cut or wrapped.
 * It knows by pattern: a row of explain_rules (rules.c) is some words that a TLS library
 * says and the causes that they may mean, so that other versions and other clients which stand on
 * the same library are understood. Numbers (alerts, OpenSSL's, X.509's) are read in
 * codes.c. Pure: no I/O, nothing is asked.
 */
#ifndef EXPLAIN_EXPLAIN_H
#define EXPLAIN_EXPLAIN_H

#include "base/err.h"
#include "base/span.h"

#include <stdint.h>

#define EXPLAIN_TEXT   (64u << 20) /* the longest text, in bytes */
#define EXPLAIN_CAUSES 12
#define EXPLAIN_WORDS  160
#define EXPLAIN_HOST   256

/* How sure it is that the words mean one of these causes. */
enum explain_weight {
	EXPLAIN_WRAPPER, /* words around others that say more: "certificate verify failed" */
	EXPLAIN_VAGUE,   /* an end without a reason: "EOF", "timed out" */
	EXPLAIN_FAMILY,  /* one of a few causes: "unknown authority" */
	EXPLAIN_NAMED    /* the cause by its name: "certificate has expired" */
};

/*
 * words: in lower case, '_' and '-' written as blanks; a blank is any white space, '*' anything up
 * to 160 bytes on, '#' a number, '$' the end of a line, a quote or a bracket. They begin and end
 * where words do. causes: ids of diagnose.h, blanks between them, the likeliest first.
 */
struct explain_rule {
	const char *words;
	const char *causes;
	enum explain_weight weight;
};

/* The last has words NULL. */
extern const struct explain_rule explain_rules[];

/*
 * Words of a connection. Where a text has none of them, a broken pipe or an end without a reason
 * is a file's or a program's. The last is NULL.
 */
extern const char *const explain_about[];

struct explain_cause {
	const char *id;            /* of a cause (diagnose.h) */
	char words[EXPLAIN_WORDS]; /* of the text, which say so; may go to a terminal */
	enum explain_weight weight;
};

struct explanation {
	struct explain_cause cause[EXPLAIN_CAUSES]; /* the likeliest first; none: no failure of TLS
						     */
	size_t n;
	/* Whom the text is about, as far as it says so. */
	char host[EXPLAIN_HOST]; /* may go to a terminal; "": it does not say */
	uint16_t port;           /* 0: it does not say */
	int https;               /* it is about a URL, or of a client that knows nothing else */
	/* Whose text it is: a name of `dbtls connect`, or one of "dotnet", "cpp", "browser".
	 * Static. NULL: it does not say. */
	const char *client;
};

/* -1: the text is too long, or memory is out. */
int explain(struct span text, struct explanation *out, struct err *e);

#endif
