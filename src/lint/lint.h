/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What settings say, found in any file: source code, scripts, option files, .env, YAML, documents.
 * Every place where a connection to a database is set up so that it connects to anyone, goes on in
 * plaintext, takes any host name or TLS 1.0, or has an option that the driver passes over.
 *
 * Pure: nothing is opened, resolved or asked. A text takes time in proportion to its length.
 */
#ifndef LINT_LINT_H
#define LINT_LINT_H

#include "base/err.h"
#include "base/span.h"

#define LINT_TEXT     (16 << 20) /* the longest text that is taken, in bytes */
#define LINT_FINDINGS 1000       /* further ones are dropped */
#define LINT_SENTENCE 384
#define LINT_LINE     1024 /* longer lines are not shown */

struct lint_finding {
	size_t line, column; /* of the place, from 1; columns are bytes */
	size_t at, n;        /* the place in the text */
	const char *id;      /* "option-insecure", "option-unknown", "option-no-effect",
				"version-old", "tls-not-offered"; static */
	const char *client;  /* as `dbtls connect` names it, or a program; NULL: anybody's */
	char sentence[LINT_SENTENCE]; /* for a person: what is wrong, and what to write */
	char *text; /* the line as it is, "***" in place of passwords; NULL: it is too long */
	char *
	    write; /* the lines that should stand in its place, likewise; NULL: the sentence says */
};

struct lint {
	struct lint_finding *found; /* by their places; owned */
	size_t n;
	size_t settings; /* places that were understood, good ones as well */
};

/*
 * name is the file's, whose ending tells the language; NULL, or an ending that is not known: the
 * text tells. -1: ERR_USER, the text is longer than LINT_TEXT; ERR_SYS, no memory. *out is empty
 * then. A binary file has no settings.
 */
int lint(struct span text, const char *name, struct lint *out, struct err *e);

void lint_free(struct lint *out);

/* What is no UTF-8, or would have a terminal do something, becomes "?"; ends of lines stay. */
void lint_printable(char *text);

#endif
