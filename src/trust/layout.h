/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a system is told of a CA: one row each. Its stores are made by a command of its own, from a
 * folder that an administrator puts certificates into.
 */
#ifndef TRUST_LAYOUT_H
#define TRUST_LAYOUT_H

#include "base/err.h"

#include <limits.h>

#define LAYOUT_DERIVED 6
#define LAYOUT_BLOCKED 2

struct layout {
	const char *name;   /* "Debian, Ubuntu, Alpine" */
	const char *source; /* the folder; a CA is a PEM file whose name ends in ".crt" */
	const char
	    *run; /* the command, words with a blank between them, after a CA was put there */
	const char *renew;                   /* the same, after one was taken away */
	const char *derived[LAYOUT_DERIVED]; /* what it makes; the first is the bundle */
	/* How a CA that the distribution ships is deselected: "!" before its line, which is
	 * relative to the folder; or a copy of it in the first of these folders that is there. */
	const char *conf, *shipped;
	const char *blocked[LAYOUT_BLOCKED];
};

/* This machine's, or NULL: it is laid out as none that is known. */
const struct layout *layout_find(void);

/* The one that has this very command, or NULL. */
const struct layout *layout_of(const char *command);

/*
 * Runs one of the row's commands: found in the system's own folders alone, with an environment of
 * its own, nothing on stdin, three minutes at most. -1: the sentence has what it said last.
 */
int layout_run(const char *command, struct err *e);

/*
 * Where the command's first word lies in the system's own folders, whatever is in PATH; NULL: in
 * none. What root runs is found by this alone.
 */
const char *layout_program(const char *command, char out[PATH_MAX]);

/* Whether the command is there. */
int layout_has(const char *command);

#endif
