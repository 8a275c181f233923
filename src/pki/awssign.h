/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signature of a request to an AWS API, for "/" without a query (AWS General Reference,
 * "Signature Version 4": canonical request, string to sign, derived key). No I/O, no clock.
 */
#ifndef PKI_AWSSIGN_H
#define PKI_AWSSIGN_H

#include "base/span.h"

#define AWSSIGN_ALGORITHM  "AWS4-HMAC-SHA256"
#define AWSSIGN_HEX        65 /* bytes of a signature as text, its NUL included */
#define AWSSIGN_SECRET_MAX 250

/* All borrowed, and all as the request has it. */
struct awssign {
	struct span method;
	struct span fields; /* "name:value\n" for each signed one, names in lower case and sorted */
	struct span names;  /* the same names: "content-type;host;x-amz-date" */
	struct span body;
	struct span date;  /* of X-Amz-Date: "20261122T071600Z" */
	struct span scope; /* "20261122/eu-west-3/dynamodb/aws4_request" */
};

/* -1: memory is out, or the secret longer than AWSSIGN_SECRET_MAX. */
int awssign_make(const struct awssign *r, const char *secret, char out[AWSSIGN_HEX]);

#endif
