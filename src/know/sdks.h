/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose trust store AWS's SDKs and command lines use, and since when it holds a CA that Amazon's
 * endpoints need (D9). An SDK is a row of `sdks`, what is known of its releases a row of
 * `releases`, both in sdks.c.
 */
#ifndef KNOW_SDKS_H
#define KNOW_SDKS_H

#include "base/err.h"
#include "know/know.h"

#include <stddef.h>

#define SDKS_DATE 11 /* "2013-10-29" and its NUL */

struct sdks_sdk {
	const char *name;   /* "Ruby" */
	const char *called; /* what else it is called, ", " between */
	const char *store;  /* N_(): whose store it is today, and what changes that */
	const char *source; /* of store */
	const char *users; /* what `dbtls trust list` calls the users of its stores, ", " between */
	const char *add;   /* N_(): what to do where a CA is missing */
};

struct sdks_release {
	const char *sdk;
	const char *major;     /* "2"; "": any, and none */
	const char *from, *to; /* when it was released, both included; "": no end on that side */
	enum know_trusts trusts;
	const char *cited;    /* what the guide says of these, in short; "": nothing */
	const char *sentence; /* N_() */
	const char *source;
};

struct sdks_answer {
	const struct sdks_sdk *sdk;
	const struct sdks_release *release;
	char version[16];                       /* "2"; "": none was given */
	char first[SDKS_DATE], last[SDKS_DATE]; /* when it was released: the days between; or "" */
	enum know_trusts trusts;
	const char *needs; /* the date from which it does, if that given may be earlier; or "" */
};

/*
 * From words as "ruby v2 2014", "boto3", "python 2013-10-29", "aws-cli 1.2". -1: no SDK of that
 * name is known; the sentence has the nearest.
 */
int sdks_find(const char *text, struct sdks_answer *out, struct err *e);

/* The n-th row of each table; NULL: there are no more. */
const struct sdks_sdk *sdks_at(size_t n);
const struct sdks_release *sdks_release_at(size_t n);

#endif
