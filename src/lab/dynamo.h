/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What DynamoDB and its Streams answer to a request, as far as one finds out with it whether the
 * way there is right. No I/O.
 *
 * Sources: captures of the service (`healthy:`, MissingAuthenticationTokenException), and dynalite,
 * whose tests are run against the service, for what comes in which order. Of all operations there
 * are two, ListTables and ListStreams; their parameters are not looked at.
 */
#ifndef LAB_DYNAMO_H
#define LAB_DYNAMO_H

#include "base/buf.h"
#include "lab/sigv4.h"
#include "wire/http.h"

struct dynamo_answer {
	int status;
	const char *type; /* Content-Type; NULL: none is said */
	struct buf body;  /* owned; dynamo_free */
	enum sigv4 login; /* of an operation that is there; else SIGV4_NONE */
};

/* user and password are the access key whose signature is good. -1: memory is out. */
int dynamo_answer(const struct http_request *r, struct span body, const char *user,
    const char *password, struct dynamo_answer *out);
void dynamo_free(struct dynamo_answer *a);

/* What x-amz-crc32 says of a body: clients compare it, and try again when it is another. */
uint32_t dynamo_crc32(struct span body);

#endif
