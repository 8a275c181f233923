/* SPDX-License-Identifier: Apache-2.0 */
/* How often each cause was the verdict, of many targets. */
#ifndef DOCTOR_TALLY_H
#define DOCTOR_TALLY_H

#include "doctor/diagnose.h"

#include <jansson.h>
#include <stdio.h>

#define TALLY_CAUSES 128

struct tally {
	size_t of[TALLY_CAUSES]; /* in the order of diagnose_cause_at */
	size_t wrong;            /* that were no target */
	uint64_t began, ended;   /* clock_us() */
	int stopped;             /* before the end */
};

void tally_add(struct tally *t, const struct diagnose_cause *verdict);

/* A line with the sum, and one for each cause, the most frequent first. */
void tally_text(FILE *to, const struct tally *t);

/* A new object; NULL: memory is out. docs/check.md names its members. */
json_t *tally_json(const struct tally *t);

#endif
