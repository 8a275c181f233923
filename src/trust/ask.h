/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRUST_ASK_H
#define TRUST_ASK_H

#include "base/buf.h"
#include "base/err.h"

#include <limits.h>

/*
 * Runs a program (argv[0], looked for in PATH unless it is a path) in a session of its own, which
 * has no terminal, and puts what it says on stdout into out, at most max bytes, which the caller
 * frees. -1: it isn't there, fails, or is not done after seconds; then it and its children are
 * killed.
 */
struct ask {
	const char *program;            /* its file; NULL: argv[0] says it */
	const char *const *argv;        /* ends with NULL */
	const char *without;            /* a variable that it doesn't get; NULL: it gets all */
	const char *const *environment; /* NULL: ours; else these alone, "NAME=VALUE" */
	int input;                      /* a descriptor for its stdin; 0: nothing is there */
	int alone; /* it inherits no descriptor but the first three, and is in / */
	int heard; /* stderr as well; its last line is in the sentence when it fails */
	int seconds;
	size_t max;
};
int ask_run(const struct ask *a, struct buf *out, struct err *e);

/* Where PATH has a program of that name; NULL: nowhere. */
const char *ask_which(const char *name, char out[PATH_MAX]);

#endif
