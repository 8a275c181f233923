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
 * Opens the CA in folder dir: ca.key (PKCS#8 PEM, 0600) and ca.pem (0644); makes both when neither
 * is there: ECDSA P-256, CN "dbtls CA HEX" (8 random hex digits, so that two CAs never share a
 * name), basicConstraints critical CA:TRUE pathlen:0, keyUsage critical keyCertSign cRLSign, SKI,
 * valid from an hour back for 3650 days. now: seconds since 1970, handed in for tests.
 *
 * A key without its certificate, a certificate without its key, or two that do not belong together
 * are an error: nothing is overwritten. A first start that a crash cut short is neither: the key is
 * written as ca.key.new, then the certificate, and then the key gets its name. So ca.key.new alone
 * never issued anything and is replaced; beside the ca.pem that belongs to it, it becomes ca.key.
 *
 * One process at a time: the caller sees to that.
 */
struct authority *authority_open(const char *dir, int64_t now, struct err *e);
void authority_free(struct authority *a);

struct leaf_request {
	struct span spki; /* DER SubjectPublicKeyInfo: EC P-256/P-384 or RSA of 2048 bits or more */
	/* DNS names (hostname_valid) and texts of IP addresses, each ending in NUL; 1 to 256 */
	struct span names;
	uint64_t seconds; /* from now; 60 seconds to 398 days */
	int client;       /* 1: for a client; names may be e-mail addresses as well */
};

/*
 * Issues a leaf, a server's or a client's: random 128-bit serial, CN = the first name (when it has
 * at most 64 bytes), SANs DNS and IP as the names say (each once; critical when there is no CN),
 * basicConstraints CA:FALSE, keyUsage critical digitalSignature, extKeyUsage serverAuth or
 * clientAuth, never both, SKI, AKI, notBefore an hour back, notAfter never past the CA's own.
 * Appends PEM of leaf and of the CA. Wrong input: -1, and the sentence says which.
 */
int authority_issue(struct authority *a, const struct leaf_request *r, int64_t now,
    struct buf *leaf_pem, struct buf *ca_pem, struct err *e);

/*
 * The ca process: opens the CA in dir, enters the sandbox, answers one MSG_ISSUE on fd, returns.
 * 0: an answer was sent, MSG_ISSUED or MSG_REFUSED with the sentence (also when the CA can't be
 * opened, or there is no sandbox). -1: none was. fd stays open.
 */
int ca_serve(int fd, const char *dir, struct err *e);

#endif
