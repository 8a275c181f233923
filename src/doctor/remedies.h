/* SPDX-License-Identifier: Apache-2.0 */
/* What mends a cause for those whom it concerns (know/remedy.h), as it is told. */
#ifndef DOCTOR_REMEDIES_H
#define DOCTOR_REMEDIES_H

#include "doctor/advice.h"
#include "know/remedy.h"

#include <jansson.h>
#include <stdio.h>

struct remedies {
	const struct remedy_who *of[REMEDY_KINDS]; /* NULL: nobody of that kind is known */
	int all; /* where nobody of a kind is known, everybody of it is told of */
};

/* A paragraph a row; with all, those of a kind below its name. Nothing where there are no rows. */
void remedies_text(
    FILE *to, const char *cause, const struct remedies *r, const struct advice *words);

/* A new array; docs/explain.md names the members of each. */
json_t *remedies_json(const char *cause, const struct remedies *r, const struct advice *words);

#endif
