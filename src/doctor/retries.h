/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long an application waits until AWS's SDK tells it of a fault: the SDK tries again, with a
 * pause each time, and waits for its own bounds where nobody answers. By the defaults of each SDK
 * for DynamoDB; an SDK is a row of `sdks` in retries.c. Pure.
 */
#ifndef DOCTOR_RETRIES_H
#define DOCTOR_RETRIES_H

#include "probe/facts.h"

#include <jansson.h>
#include <stdio.h>

#define RETRIES_MAX 16

struct retries {
	const char *sdk; /* "boto3 (botocore before 1.44), aws-cli 1": the product's own words */
	unsigned attempts;
	uint64_t least, most; /* ms of all pauses between them; pauses are random in most SDKs */
	uint64_t each;        /* ms of one attempt, by what was measured or the SDK's own bound */
	int endless;          /* the SDK has no bound for that step: each is 0 */
};

/*
 * What each SDK makes of a failure whose cause has that id. 0: it is no failure of DynamoDB's API,
 * or one that no SDK tries again.
 */
size_t retries_of(const struct facts *f, const char *id, struct retries out[RETRIES_MAX]);

/* For people: a line for each; for programs: an array. */
void retries_text(FILE *to, const struct retries *r, size_t n);
json_t *retries_json(const struct retries *r, size_t n);

#endif
