/* SPDX-License-Identifier: Apache-2.0 */
/* A check as it is told: one screen for people, one object for programs. */
#ifndef DOCTOR_VERDICT_H
#define DOCTOR_VERDICT_H

#include "doctor/diagnose.h"
#include "probe/facts.h"
#include "doctor/habits.h"
#include "path/path.h"
#include "doctor/remedies.h"
#include "doctor/stores.h"

#include <jansson.h>
#include <stdio.h>

struct verdict {
	const char *target;   /* as it was written; may go to a terminal */
	const char *again;    /* the same in the shortest form, for the lines of an advice */
	const char *insecure; /* as target_insecure says */
	const struct facts *facts;
	const struct path *path; /* NULL: no certificate was seen */
	const struct diagnose *diagnose;
	const char *store;           /* the path of the store that was held against it */
	const struct stores *stores; /* what the others say; NULL: nobody wants to know */
	const struct habits *habits; /* NULL: nobody wants to know */
	int clients;                 /* each client is wanted, not only how they differ */
	struct remedies remedies;    /* for whom there is more to be said of what to do */
};

void verdict_text(FILE *to, const struct verdict *r);

/* One line of so many columns: the target, the verdict's id, its evidence or, of ok, warnings. */
void verdict_line(FILE *to, const struct verdict *r, size_t width);

/* A new object; NULL: memory is out. docs/check.md names its members. */
json_t *verdict_json(const struct verdict *r);

#endif
