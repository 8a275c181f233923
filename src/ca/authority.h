/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The private CA: its key and its certificate, and the leaves that it issues. Lives in the ca
 * process alone, which is started for one request and ends after it.
 */
#ifndef CA_AUTHORITY_H
#define CA_AUTHORITY_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

#include <stdint.h>

struct authority;

/*
 * Opens the CA in folder dir: ca.key (PKCS#8 PEM, 0600) and ca.pem; makes both when neither is
 * there: ECDSA P-256, CN "dbtls CA HEX" (8 random hex digits, so that two CAs never share a name),
 * basicConstraints critical CA:TRUE pathlen:0, keyUsage critical keyCertSign cRLSign, SKI, valid
 * from an hour back for 10 years. A key without its certificate, or one that does not belong to the
 * other, is an error: nothing is overwritten. now: seconds since 1970, handed in for tests.
 */
struct authority *authority_open(const char *dir, int64_t now, struct err *e);
void authority_free(struct authority *a);

struct leaf_request {
	struct span spki; /* DER SubjectPublicKeyInfo: EC P-256/P-384 or RSA of 2048 bits or more */
	struct span names; /* DNS names and texts of IP addresses, each ending in NUL; 1 to 256 */
	uint64_t seconds;  /* from now; 60 seconds to 398 days */
};

/*
 * Issues a server's leaf: random 128-bit serial, CN = the first name (when it has at most 64
 * bytes), SANs DNS and IP as the names say, basicConstraints CA:FALSE, keyUsage critical
 * digitalSignature, extKeyUsage serverAuth, SKI, AKI, notBefore an hour back, notAfter never past
 * the CA's own. Appends PEM of leaf and of the CA. Wrong input: -1, and the sentence says which.
 */
int authority_issue(struct authority *a, const struct leaf_request *r, int64_t now,
    struct buf *leaf_pem, struct buf *ca_pem, struct err *e);

/* The ca process: enters the sandbox, answers one MSG_ISSUE on fd, returns. */
int ca_serve(int fd, const char *dir, struct err *e);

#endif
