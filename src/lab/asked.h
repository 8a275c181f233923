/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody wants to know of a certificate: the request that lab/revoke.c answers. No I/O. */
#ifndef LAB_ASKED_H
#define LAB_ASKED_H

#include "base/span.h"
#include "wire/http.h"

#include <stddef.h>

#define ASKED_LABEL 64
#define ASKED_DER   4096 /* bytes of an OCSP request: 16 certificates have half of it */

struct asked {
	char label[ASKED_LABEL]; /* whose certificates: forge_label */
	size_t index;            /* which of them */
	int crl;                 /* its issuer's CRL; else OCSP */
	uint8_t der[ASKED_DER];  /* the OCSP request, as the client says */
	size_t n;
};

/*
 * Reads "GET /LABEL-INDEX.crl", "GET /LABEL-INDEX/REQUEST" with REQUEST in base64 and percent
 * signs, and "POST /LABEL-INDEX" with body (RFC 6960 appendix A.1). The HTTP status: 200, and *out
 * is filled; 400: what stands for the request is none; 404: anything else.
 */
int asked_read(const struct http_request *r, struct span body, struct asked *out);

#endif
