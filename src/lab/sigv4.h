/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a request to an AWS API is signed by whom it says (AWS General Reference, "Signature
 * Version 4": canonical request, string to sign, derived key). No I/O.
 */
#ifndef LAB_SIGV4_H
#define LAB_SIGV4_H

#include "wire/http.h"

enum sigv4 {
	SIGV4_GOOD,
	SIGV4_NONE,       /* no Authorization, or none of AWS's */
	SIGV4_INCOMPLETE, /* a part of it is missing, or Host is not signed */
	SIGV4_STRANGER,   /* its access key is not user */
	SIGV4_WRONG       /* it is not signed with that password, or the request was changed */
};

/*
 * Checks a request for "/" without a query, its signature in Authorization: region, service and
 * time are taken as the client says them. user is the access key's id, password its secret.
 */
enum sigv4 sigv4_check(
    const struct http_request *r, struct span body, const char *user, const char *password);

#endif
