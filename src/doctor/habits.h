/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict by client: which of the clients that dbtls knows would connect where a right one does
 * or does not, and why. A client is a row of `clients` in habits.c; docs/lab-clients.md has what
 * the rows are held against. No I/O.
 */
#ifndef DOCTOR_HABITS_H
#define DOCTOR_HABITS_H

#include "doctor/diagnose.h"
#include "probe/facts.h"
#include "path/path.h"

#define HABITS_MAX 32 /* clients of one protocol */

/* A client as it is set up by what `dbtls connect` or `dbtls lab try --client` has for it. */
struct habits_client {
	const char *name;    /* as these two call it */
	const char *library; /* what it stands on, with the version that was tried */
	enum facts_protocol protocol;
	/* Traits (habits_trait.h), a bit each. */
	unsigned takes;    /* it does not notice what a right client refuses */
	unsigned stumbles; /* it fails where a right client connects */
	unsigned unsure;   /* its version decides which */
	const char *alone; /* N_(): what it does without that set-up; NULL: it verifies */
};

enum habits_outcome {
	HABITS_CONNECTS, /* nothing of what was seen stops it */
	HABITS_REFUSES,
	HABITS_UNKNOWN
};

struct habits_verdict {
	const struct habits_client *client;
	enum habits_outcome outcome;
	const char *cause; /* an id of diagnose.h: why it refuses, or what it does not notice; "" */
	const char *brief, *why; /* N_(); "" */
};

struct habits {
	struct habits_verdict v[HABITS_MAX];
	size_t n;     /* 0: no client of the table speaks this protocol */
	int connects; /* a right client does */
};

struct habits_input {
	const struct facts *facts;
	const struct path *path;         /* NULL: no certificate was seen */
	const struct diagnose *diagnose; /* of a right client */
	const struct path_trust *trust;  /* the store that was held against it */
};

void habits_judge(const struct habits_input *in, struct habits *out);

/* Of that client; NULL: there is none of that name. */
const struct habits_verdict *habits_of(const struct habits *h, const char *client);

/* The n-th row of the table; NULL: there are no more. */
const struct habits_client *habits_client_at(size_t n);

/* "connects", "refuses", "unknown": for programs. */
const char *habits_outcome_name(enum habits_outcome o);

#endif
