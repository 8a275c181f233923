/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS12 (RFC 7292), opened: bags of certificates and keys, in safes that may be encrypted. */
#ifndef TRUST_P12_H
#define TRUST_P12_H

#include "base/err.h"
#include "base/span.h"
#include "trust/store.h"

#include <openssl/pkcs12.h>

struct p12 {
	PKCS12 *p12; /* NULL: it is none */
	OSSL_LIB_CTX *ctx;
	const char *password; /* the one that fits, borrowed; NULL: none at all */
	ASN1_OBJECT *usage;   /* Java's mark of a certificate to trust */
	size_t rest;          /* bytes behind its end */
};

/*
 * Opens it and finds the password: the one given and no other, else those that are tried. 1; 0: it
 * is no PKCS12; -1: the password is wrong or not known. The caller calls p12_close in any case.
 */
int p12_open(struct p12 *p, struct span file, const struct store_secret *secret, struct err *e);
void p12_close(struct p12 *p);

/*
 * The bags of a safe, which the caller frees; NULL for a safe that is locked by other means than a
 * password. -1: it can't be opened, or would take too much work.
 */
int p12_bags(const struct p12 *p, PKCS7 *safe, STACK_OF(PKCS12_SAFEBAG) * *out, struct err *e);
void p12_free_bags(STACK_OF(PKCS12_SAFEBAG) * bags);

/* Whether it has a certificate, and Java takes that for one to trust. */
int p12_is_cert(const PKCS12_SAFEBAG *bag);
int p12_is_marked(const struct p12 *p, const PKCS12_SAFEBAG *bag);

/* How deep safes may lie in each other. */
#define P12_DEPTH_MAX 4

#endif
