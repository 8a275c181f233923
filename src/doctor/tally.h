/* SPDX-License-Identifier: Apache-2.0 */
/* How often each cause was the verdict, of many targets, and of which: as many as fit a line. */
#ifndef DOCTOR_TALLY_H
#define DOCTOR_TALLY_H

#include "doctor/diagnose.h"

#include <jansson.h>
#include <stdio.h>

#define TALLY_CAUSES 128
#define TALLY_NAMES  256

struct tally {
	size_t of[TALLY_CAUSES];    /* in the order of diagnose_cause_at */
	size_t named[TALLY_CAUSES]; /* of these the first are named in names */
	char names[TALLY_CAUSES][TALLY_NAMES];
	size_t width;          /* columns of a line; set before the first is added */
	size_t wrong;          /* that were no target */
	uint64_t began, ended; /* clock_us(); both 0: nobody knows */
	int stopped;           /* before the end */
};

/* name: the target, as it may go to a terminal. */
void tally_add(struct tally *t, const struct diagnose_cause *verdict, const char *name);

/* All of them. */
size_t tally_sum(const struct tally *t);

/*
 * A line with the sum, and one for each cause with the names that it was said of: what is broken
 * first, then where nothing answers, and "ok" last; of equals the most frequent first.
 */
void tally_text(FILE *to, const struct tally *t);

/* "18 ok, 2 expired" and a newline, in the other order. */
void tally_line(FILE *to, const struct tally *t);

/* A new object; NULL: memory is out. docs/check.md names its members. */
json_t *tally_json(const struct tally *t);

#endif
